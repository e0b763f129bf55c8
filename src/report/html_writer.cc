#include "report/html_writer.h"

#include <utility>

#include "report/format.h"

namespace qwenfit {
namespace {

std::string html_escaped(std::string_view text) {
  std::string result;
  for (const char c : clean(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// Whether a line break before the element reads better and changes nothing.
bool is_block(std::string_view name) {
  for (const std::string_view inline_name : {"span", "strong", "code", "th", "td", "title", "desc", "a"}) {
    if (name == inline_name) return false;
  }
  return true;
}

}  // namespace

HtmlWriter::HtmlWriter() : text_("<!DOCTYPE html>\n") {}

void HtmlWriter::begin(std::string_view name, std::initializer_list<HtmlAttribute> attributes) {
  if (is_block(name) && text_.back() != '\n') text_ += '\n';
  text_ += '<';
  text_ += name;
  for (const HtmlAttribute& attribute : attributes) {
    text_ += ' ';
    text_ += attribute.name;
    text_ += "=\"" + html_escaped(attribute.value) + '"';
  }
}

HtmlWriter& HtmlWriter::open(std::string_view name, std::initializer_list<HtmlAttribute> attributes) {
  begin(name, attributes);
  text_ += '>';
  open_.emplace_back(name);
  return *this;
}

HtmlWriter& HtmlWriter::close() {
  text_ += "</" + open_.back() + ">";
  open_.pop_back();
  return *this;
}

HtmlWriter& HtmlWriter::leaf(std::string_view name, std::initializer_list<HtmlAttribute> attributes) {
  begin(name, attributes);
  text_ += "/>";
  return *this;
}

HtmlWriter& HtmlWriter::text(std::string_view text) {
  text_ += html_escaped(text);
  return *this;
}

HtmlWriter& HtmlWriter::lines(std::string_view text) {
  for (bool first = true; first || !text.empty(); first = false) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!first) text_ += '\n';
    text_ += html_escaped(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return *this;
}

HtmlWriter& HtmlWriter::element(std::string_view name, std::string_view content,
                                std::initializer_list<HtmlAttribute> attributes) {
  return open(name, attributes).text(content).close();
}

HtmlWriter& HtmlWriter::raw(std::string_view text) {
  text_ += text;
  return *this;
}

std::string HtmlWriter::new_id() {
  return "f" + std::to_string(++ids_);
}

std::string HtmlWriter::take() && {
  while (!open_.empty()) close();
  text_ += '\n';
  return std::move(text_);
}

}  // namespace qwenfit
