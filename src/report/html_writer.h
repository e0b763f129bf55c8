#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace qwenfit {

/// An attribute; the value may be anybody's text.
struct HtmlAttribute {
  std::string_view name;
  std::string value;
};

/// Writes one HTML document front to back. Names of elements and attributes are the program's own; text and
/// values are escaped, and what is no UTF-8 or controls a terminal becomes `?`. Elements without content end
/// in `/>`, so the document is well-formed XML too, its first line apart.
class HtmlWriter {
 public:
  HtmlWriter();
  /// Opens an element; `close` ends the one opened last.
  HtmlWriter& open(std::string_view name, std::initializer_list<HtmlAttribute> attributes = {});
  HtmlWriter& close();
  /// An element without content.
  HtmlWriter& leaf(std::string_view name, std::initializer_list<HtmlAttribute> attributes = {});
  HtmlWriter& text(std::string_view text);
  /// Text whose line breaks stay.
  HtmlWriter& lines(std::string_view text);
  HtmlWriter& element(std::string_view name, std::string_view content,
                      std::initializer_list<HtmlAttribute> attributes = {});
  /// The program's own text as it stands: the style sheet.
  HtmlWriter& raw(std::string_view text);
  /// An id that no other element of the document has.
  std::string new_id();

  /// Closes what is open.
  std::string take() &&;

 private:
  void begin(std::string_view name, std::initializer_list<HtmlAttribute> attributes);

  std::string text_;
  std::vector<std::string> open_;
  std::size_t ids_ = 0;
};

}  // namespace qwenfit
