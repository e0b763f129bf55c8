#include "report/notes.h"

#include <regex>
#include <set>

#include "report/golden.h"

using namespace qwenfit;

namespace {

/// The enumerators of `Note` as its header writes them.
std::vector<std::string> enumerators() {
  const std::string header = read_file(std::string(QWENFIT_ROOT) + "/include/qwenfit/estimate.h");
  const std::size_t begin = header.find('{', header.find("enum class Note "));
  const std::string body =
      std::regex_replace(header.substr(begin, header.find('}', begin) - begin), std::regex("//[^\n]*"), "");
  const std::regex name("[a-z_]+");
  std::vector<std::string> names;
  for (std::sregex_iterator it(body.begin(), body.end(), name), end; it != end; ++it)
    names.push_back(it->str());
  return names;
}

}  // namespace

TEST_CASE("every note has words, under its own name") {
  const std::vector<std::string> names = enumerators();
  REQUIRE(names.size() == static_cast<std::size_t>(Note::count) + 1);
  CHECK(names.back() == "count");
  std::set<std::string_view> texts;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const NoteText& note = note_text(static_cast<Note>(i));
    CHECK(note.code == names[i]);
    CHECK_FALSE(note.text.empty());
    CHECK(note.text.back() != '.');
    CHECK(texts.insert(note.text).second);
  }
}
