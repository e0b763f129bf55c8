#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// A report read strictly: elements that nest and end, quoted attributes, known entities, nothing that a
/// browser would fetch or run.
namespace qwenfit {

struct HtmlReading {
  std::string fault;                           ///< empty: none
  std::vector<std::vector<std::string>> rows;  ///< of tables: what stands in their cells
  std::vector<std::string> headings;           ///< `h1 text`, `h2 text`
  std::string commands;                        ///< what stands in `pre`
  std::string text;                            ///< everything between elements, blanks as they are
  std::size_t drawings = 0;                    ///< `svg` with a title and a description
};

class HtmlReader {
 public:
  explicit HtmlReader(std::string_view page) : page_(page) {}

  HtmlReading read() {
    constexpr std::string_view kStart = "<!DOCTYPE html>\n<html lang=\"en\">";
    if (!page_.starts_with(kStart)) fault("the start");
    at_ = page_.find('\n');
    while (at_ < page_.size() && result_.fault.empty()) {
      if (page_[at_] == '<')
        tag();
      else
        words();
    }
    if (!open_.empty()) fault("<" + open_.back() + "> is not closed");
    for (const std::string& id : wanted_) {
      if (!ids_.contains(id)) fault("no element has the id " + id);
    }
    return result_;
  }

 private:
  void fault(const std::string& what) {
    if (result_.fault.empty()) result_.fault = what + " at " + std::to_string(at_);
  }
  bool is_in(const char* name) const { return std::find(open_.begin(), open_.end(), name) != open_.end(); }

  static bool is_known(const std::string& name) {
    static const std::set<std::string> kKnown = {
        "html", "head", "meta",   "title",      "style",   "body",   "main",  "footer",  "h1",      "h2",
        "h3",   "p",    "ul",     "li",         "dl",      "dt",     "dd",    "div",     "span",    "strong",
        "pre",  "code", "figure", "figcaption", "caption", "table",  "thead", "tbody",   "tr",      "th",
        "td",   "svg",  "desc",   "rect",       "line",    "circle", "text",  "polygon", "polyline"};
    return kKnown.contains(name);
  }

  void tag() {
    const std::size_t end = page_.find('>', at_);
    if (end == std::string_view::npos) return fault("a tag without end");
    std::string_view inside = page_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    if (inside.starts_with("/")) {
      if (open_.empty() || open_.back() != inside.substr(1))
        return fault("</" + std::string(inside.substr(1)) + ">");
      return open_.pop_back();
    }
    const bool empty = inside.ends_with("/");
    if (empty) inside.remove_suffix(1);
    const std::string name(inside.substr(0, inside.find(' ')));
    if (!is_known(name)) return fault("<" + name + ">");
    attributes(name, inside.substr(name.size()));
    if (name == "tr") result_.rows.emplace_back();
    if (name == "th" || name == "td") result_.rows.back().emplace_back();
    if (!empty) opened(name);
  }

  void opened(const std::string& name) {
    open_.push_back(name);
    if (name.size() == 2 && name[0] == 'h' && name[1] < '9') result_.headings.push_back(name + " ");
    if (name != "style") return;
    const std::size_t end = page_.find("</style>", at_);
    const std::string_view sheet = page_.substr(at_, end - at_);
    for (const char* outside : {"url(", "@import", "http", "expression", "\\"}) {
      if (sheet.find(outside) != std::string_view::npos) fault(std::string("the style sheet has ") + outside);
    }
    at_ = end;
  }

  void attributes(const std::string& name, std::string_view rest) {
    std::map<std::string, std::string> found;
    while (!rest.empty()) {
      const auto equals = rest.find("=\"");
      if (rest.front() != ' ' || equals == std::string_view::npos)
        return fault("attributes of <" + name + ">");
      const auto end = rest.find('"', equals + 2);
      if (end == std::string_view::npos) return fault("attributes of <" + name + ">");
      const std::string key(rest.substr(1, equals - 1));
      if (!found.emplace(key, unescaped(rest.substr(equals + 2, end - equals - 2))).second)
        fault(key + " twice");
      if (key.starts_with("on") || key == "src" || key == "href" || key == "style" || key == "xlink:href")
        fault("attribute " + key);
      rest.remove_prefix(end + 1);
    }
    if (found.contains("id") && !ids_.insert(found["id"]).second) fault("the id " + found["id"] + " twice");
    if (name != "svg" || found.contains("aria-hidden")) return;
    const std::string both = found["aria-labelledby"];
    if (found["role"] != "img" || both.find(' ') == std::string::npos)
      return fault("a drawing without words");
    wanted_.push_back(both.substr(0, both.find(' ')));
    wanted_.push_back(both.substr(both.find(' ') + 1));
    ++result_.drawings;
  }

  std::string unescaped(std::string_view text) {
    static const std::map<std::string, char> kEntities = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"#39", '\''}};
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '<' || text[i] == '"' || text[i] == '\'') fault("a bare " + std::string(1, text[i]));
      if (text[i] != '&') {
        result += text[i];
        continue;
      }
      const auto end = std::min(text.find(';', i), text.size());
      const auto entity = kEntities.find(std::string(text.substr(i + 1, end - i - 1)));
      if (entity == kEntities.end()) {
        fault("a bare &");
        return result;
      }
      result += entity->second;
      i = end;
    }
    return result;
  }

  void words() {
    const std::size_t end = std::min(page_.find('<', at_), page_.size());
    const std::string text = unescaped(page_.substr(at_, end - at_));
    at_ = end;
    result_.text += text;
    if (is_in("table") && (is_in("th") || is_in("td"))) result_.rows.back().back() += text;
    if (is_in("pre")) result_.commands += text;
    if (!open_.empty() && open_.back().size() == 2 && open_.back()[0] == 'h' && !result_.headings.empty())
      result_.headings.back() += text;
  }

  std::string_view page_;
  std::size_t at_ = 0;
  std::vector<std::string> open_, wanted_;
  std::set<std::string> ids_;
  HtmlReading result_;
};

}  // namespace qwenfit
