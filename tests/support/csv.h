#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

/// A table of tests/data: comma-separated, a header line; a quoted field may hold commas.
using CsvRow = std::map<std::string, std::string>;

inline std::vector<std::string> split(const std::string& line, char by) {
  std::vector<std::string> fields;
  std::string field;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == by && !quoted) {
      fields.push_back(field);
      field.clear();
    } else if (c != '\r') {
      field += c;
    }
  }
  fields.push_back(field);
  return fields;
}

inline std::vector<CsvRow> read_csv(const std::string& path) {
  std::ifstream in(path);
  std::vector<CsvRow> rows;
  std::string line;
  if (!std::getline(in, line)) return rows;
  const std::vector<std::string> names = split(line, ',');
  while (std::getline(in, line)) {
    const std::vector<std::string> fields = split(line, ',');
    CsvRow row;
    for (std::size_t i = 0; i < names.size() && i < fields.size(); ++i) row[names[i]] = fields[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

/// A whole number, 0 for an empty field.
inline unsigned long long number(const std::string& text) {
  return text.empty() ? 0 : std::strtoull(text.c_str(), nullptr, 10);
}
