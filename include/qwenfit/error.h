#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace qwenfit {

/// One enum for every failure; `exit_code_of` is the only table from kinds to exit codes.
enum class ErrorCode : std::uint8_t {
  usage,  ///< option missing, malformed or out of range
  unknown_model,
  unknown_gpu,
  unknown_cpu,
  unknown_quant,
  unknown_option_value,
  ambiguous_name,   ///< the name fits several devices of different memory
  never_existed,    ///< a configuration that was never made
  bad_combination,  ///< each option is fine, together they are not
  bad_file,         ///< catalog, batch line or other input file
};
std::string_view error_code_id(ErrorCode code);

/// 2 for usage and unknown names, 3 for bad input files.
int exit_code_of(ErrorCode code);

/// What went wrong, for a person: one line, where, and what to type instead.
struct Error {
  ErrorCode code = ErrorCode::usage;
  std::string message;
  std::string where;                      ///< option, or file and JSON pointer
  std::vector<std::string> did_you_mean;  ///< nearest names or the choices, best first
};

/// A value or the reason why there is none.
template <typename T>
class Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace qwenfit
