#pragma once

#include <string>

#include "catch.h"
#include "qwenfit/catalog.h"

/// Row of the built-in catalog; fails the test when the name is unknown.
inline const qwenfit::ModelRow& model_row(const std::string& name) {
  const auto found = qwenfit::Catalog::builtin().model(name);
  REQUIRE(found);
  return **found;
}
