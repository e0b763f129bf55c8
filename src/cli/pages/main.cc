// Host tool: writes the manual page and the shells' completions into a folder, for installation.

#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/complete.h"
#include "cli/man.h"
#include "qwenfit/catalog.h"

namespace {

namespace fs = std::filesystem;

bool save(const fs::path& path, const auto& print) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  std::ofstream out(path, std::ios::binary);
  print(out);
  out.close();
  if (!out) std::cerr << path.string() << ": cannot be written\n";
  return static_cast<bool>(out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: qwenfit_pages OUT_DIR\n";
    return 2;
  }
  const fs::path folder(argv[1]);
  bool good = save(folder / "qwenfit.1", [](std::ostream& out) {
    qwenfit::print_man_page(out, QWENFIT_VERSION, qwenfit::Catalog::builtin().rows().date);
  });
  for (const auto shell : qwenfit::known_shells()) {
    const auto* script = qwenfit::script_for(shell);
    good &= save(folder / shell / script->file, [&](std::ostream& out) { out << script->text; });
  }
  return good ? 0 : 1;
}
