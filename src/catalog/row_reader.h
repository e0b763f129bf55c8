#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "catalog/fields.h"
#include "catalog/ids.h"
#include "catalog/tables.h"

namespace qwenfit {

/// Rows keep the order in which a file writes their keys.
using RowJson = nlohmann::ordered_json;

/// Largest number of a data file: a petabyte, and few enough that sums of thousands stay within 64 bits.
inline constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 50;

/// Reads the fields of one object. A missing key or null leaves the member as it is.
class RowReader {
 public:
  RowReader(const RowJson& object, Arena& arena, std::string_view file, std::string pointer,
            Findings& findings)
      : object_(object), arena_(arena), file_(file), pointer_(std::move(pointer)), findings_(findings) {}

  template <typename Member>
  void operator()(const char* key, Member& member) {
    const RowJson* value = find(key);
    if (value != nullptr && !value->is_null()) read(key, *value, member);
  }
  template <typename Member>
  void derived(Member&) {}

  /// The value under `key`, where '.' goes into an object; nullptr when missing.
  const RowJson* find(std::string_view key) const {
    const RowJson* at = &object_;
    while (true) {
      const auto dot = std::min(key.find('.'), key.size());
      if (!at->is_object()) return nullptr;
      const auto found = at->find(std::string(key.substr(0, dot)));
      if (found == at->end()) return nullptr;
      at = &*found;
      if (dot == key.size()) return at;
      key.remove_prefix(dot + 1);
    }
  }
  void fault(std::string_view key, std::string text) {
    std::string path(key);
    for (char& c : path) c = c == '.' ? '/' : c;
    findings_.push_back({std::string(file_), pointer_ + "/" + path, std::move(text)});
  }

 private:
  void read(const char* key, const RowJson& value, std::string_view& member) {
    if (!value.is_string()) return fault(key, "expected text");
    member = arena_.keep(value.get<std::string>());
  }
  void read(const char* key, const RowJson& value, bool& member) {
    if (!value.is_boolean()) return fault(key, "expected true or false");
    member = value.get<bool>();
  }
  template <std::unsigned_integral T>
  void read(const char* key, const RowJson& value, T& member) {
    constexpr std::uint64_t most = std::min<std::uint64_t>(kMaxNumber, std::numeric_limits<T>::max());
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
      return fault(key, "expected a whole number from 0 to " + std::to_string(most));
    }
    member = static_cast<T>(value.get<std::uint64_t>());
  }
  void read(const char* key, const RowJson& value, double& member) {
    if (!value.is_number() || !std::isfinite(value.get<double>()) || value.get<double>() < 0) {
      return fault(key, "expected a number of at least 0");
    }
    member = value.get<double>();
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void read(const char* key, const RowJson& value, Enum& member) {
    const auto found = value.is_string() ? enum_from_id<Enum>(value.get<std::string>()) : std::nullopt;
    if (found) {
      member = *found;
      return;
    }
    std::string choices;
    for (const auto id : ids_of(Enum{})) choices += (choices.empty() ? "" : ", ") + std::string(id);
    fault(key, "expected one of " + choices);
  }
  template <typename T>
  void read(const char* key, const RowJson& value, std::optional<T>& member) {
    T inner{};
    read(key, value, inner);
    member = inner;
  }
  template <Nested T>
  void read(const char* key, const RowJson& value, T& member) {
    if (!value.is_object()) return fault(key, "expected an object");
    RowReader inner(value, arena_, file_, pointer_ + "/" + key, findings_);
    fields(inner, member);
    derive(inner, member);
  }
  void read(const char* key, const RowJson& value, Names& member) {
    member = read_list(key, value, arena_.names);
  }
  void read(const char* key, const RowJson& value, std::span<const GuideFigure>& member) {
    member = read_list(key, value, arena_.guide);
  }
  void read(const char* key, const RowJson& value, std::span<const ReportedTotal>& member) {
    member = read_list(key, value, arena_.reported);
  }
  void read(const char* key, const RowJson& value, std::span<const DeviceLimit>& member) {
    member = read_list(key, value, arena_.limits);
  }
  void read(const char* key, const RowJson& value, std::span<const PriceRange>& member) {
    member = read_list(key, value, arena_.prices);
  }
  void read(const char* key, const RowJson& value, std::span<const RuntimeKvType>& member) {
    member = read_list(key, value, arena_.runtime_kv_types);
  }
  void read(const char* key, const RowJson& value, std::span<const ContextTier>& member) {
    member = read_list(key, value, arena_.context_tiers);
  }
  void read(const char* key, const RowJson& value, std::span<const PassTier>& member) {
    member = read_list(key, value, arena_.passes);
  }
  void read(const char* key, const RowJson& value, std::span<const Caveat>& member) {
    member = read_list(key, value, arena_.caveats);
  }
  void read(const char* key, const RowJson& value, std::span<const QuantNeed>& member) {
    member = read_list(key, value, arena_.quant_needs);
  }
  template <typename T>
  std::span<const T> read_list(const char* key, const RowJson& value, std::deque<std::vector<T>>& lists) {
    if (!value.is_array()) {
      fault(key, "expected a list");
      return {};
    }
    auto& list = lists.emplace_back();
    for (const RowJson& element : value) {
      const std::string item = std::string(key) + "/" + std::to_string(list.size());
      T member{};
      read(item.c_str(), element, member);
      list.push_back(member);
    }
    return list;
  }

  /// Nothing is worked out for most structures.
  template <typename T>
  void derive(const RowReader&, T&) {}

  const RowJson& object_;
  Arena& arena_;
  std::string_view file_;
  std::string pointer_;
  Findings& findings_;
};

/// Works out the members of a row that rest on more than one field of the file.
void derive(const RowReader& reader, Arena& arena, ModelRow& row);
void derive(const RowReader& reader, Arena& arena, QuantRow& row);
void derive(const RowReader& reader, Arena& arena, DeviceRow& row);
void derive(const RowReader& reader, Arena& arena, MetalLimitRow& row);

}  // namespace qwenfit
