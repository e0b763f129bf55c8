#include "cli/save_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "query/text.h"

namespace qwenfit {
namespace {

namespace fs = std::filesystem;

std::string_view reason(int fault) {
  switch (fault) {
    case ENOENT:
      return "its folder does not exist; make it first or name another";
    case ENOTDIR:
      return "a part of its path is a file, not a folder; name another";
    case EACCES:
    case EPERM:
      return "permission is missing in its folder; name another";
    case EROFS:
      return "its file system takes no new files; name another";
    case ENOSPC:
    case EDQUOT:
      return "no room is left on its disk; make some or name a file on another";
    case EFBIG:
      return "it is larger than files may be here; raise the limit (ulimit -f)";
    case ENAMETOOLONG:
      return "its name is too long; name a shorter one";
    default:
      return std::strerror(fault);
  }
}

/// A new file in a folder that is gone again unless it was put in another's place.
class NewFile {
 public:
  explicit NewFile(const fs::path& folder) {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries && file_ < 0; ++i) {
      path_ = folder / (".qwenfit-" + std::to_string(getpid()) + "-" + std::to_string(i) + ".tmp");
      file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (file_ < 0 && errno != EEXIST) break;
    }
    fault_ = file_ < 0 ? errno : 0;
    made_ = file_ >= 0;
  }
  ~NewFile() {
    if (file_ >= 0) close(file_);
    if (made_) unlink(path_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write_all(std::string_view text) {
    while (fault_ == 0 && !text.empty()) {
      const ssize_t written = write(file_, text.data(), text.size());
      if (written > 0)
        text.remove_prefix(static_cast<std::size_t>(written));
      else if (written == 0 || errno != EINTR)
        fault_ = written == 0 ? ENOSPC : errno;
    }
    if (fault_ == 0 && fsync(file_) != 0 && errno != EINVAL) fault_ = errno;
  }
  void take_mode_of(const fs::path& other) {
    struct stat status {};
    if (fault_ == 0 && stat(other.c_str(), &status) == 0 && fchmod(file_, status.st_mode & 07777U) != 0)
      fault_ = errno;
  }
  void replace(const fs::path& other) {
    if (fault_ != 0) return;
    const int closed = close(file_);
    file_ = -1;
    if (closed != 0 || rename(path_.c_str(), other.c_str()) != 0)
      fault_ = errno;
    else
      made_ = false;
  }
  int fault() const { return fault_; }

 private:
  fs::path path_;
  int file_ = -1;
  int fault_ = 0;
  bool made_ = false;
};

/// What stands before a document: blanks, a byte order mark, comments.
std::string_view without_preamble(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF", kComment = "<!--", kEnd = "-->";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (!text.starts_with(kComment)) return text;
    const auto end = text.find(kEnd, kComment.size());
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kEnd.size());
  }
}

/// Empty, or beginning as HTML does.
bool is_html(const fs::path& path) {
  std::array<char, 4096> start{};
  std::ifstream in(path, std::ios::binary);
  in.read(start.data(), start.size());
  const auto size = static_cast<std::size_t>(in.gcount());
  if (in.bad() || size == 0) return !in.bad();
  const std::string text = lower_case(without_preamble({start.data(), size}));
  const auto begins = [&](std::string_view tag) {
    return text.starts_with(tag) && text.find_first_of("> \t\r\n", tag.size()) == tag.size();
  };
  return begins("<!doctype html") || begins("<html");
}

/// Why what is at `path` must stay; empty where it may be replaced.
std::string_view why_kept(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) return "";
  if (fs::is_directory(status)) return "it is a folder; name a file in it, such as report.html";
  if (!fs::is_regular_file(status)) return "it is no ordinary file; name another";
  if (access(path.c_str(), W_OK) != 0) return "it may not be changed; name another file";
  if (!is_html(path)) return "it is there already and is no HTML; name another file";
  return "";
}

}  // namespace

Result<bool> save_html(const std::string& path, std::string_view text, std::string_view where) {
  const auto refuse = [&](std::string_view why) {
    return Error{ErrorCode::bad_file,
                 in_quotes(path) + " cannot be written: " + std::string(why),
                 std::string(where),
                 {}};
  };
  if (const std::string_view why = why_kept(path); !why.empty()) return refuse(why);
  std::error_code code;
  const bool link = fs::is_symlink(fs::symlink_status(path, code));
  const fs::path target = link ? fs::canonical(path, code) : fs::path(path);
  if (link && code) {
    const bool closed = code == std::errc::permission_denied;
    return refuse(closed ? reason(code.value()) : "its link leads to no file; name another");
  }
  NewFile file(target.has_parent_path() ? target.parent_path() : fs::path("."));
  file.write_all(text);
  if (fs::exists(target, code)) file.take_mode_of(target);
  file.replace(target);
  if (file.fault() != 0) return refuse(reason(file.fault()));
  return true;
}

}  // namespace qwenfit
