#pragma once

#include <optional>
#include <string>
#include <vector>

#include "detect/facts.h"
#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// A card or chip that was found, beside what the options say of it.
struct DetectedCard {
  CardFacts facts;
  const DeviceRow* row = nullptr;    ///< of the catalog; none: not known or not sure
  std::string option;                ///< as after `--gpu`; empty: left out
  std::vector<std::string> choices;  ///< ids, where the catalog has several that it may be
};

struct DetectNote {
  std::string code, text;
  bool left_out = false;  ///< a device is missing for it, or may be
};

/// A computer as options.
struct Detection {
  MachineFacts facts;
  std::vector<DetectedCard> cards;
  Query query;                     ///< the options of the machine; the others empty
  std::optional<Bytes> installed;  ///< system memory, nominal
  const DeviceRow* processor = nullptr;
  std::vector<DetectNote> notes;
  std::optional<Error> blocked;  ///< why the options do not describe it: what to type instead
};

/// Puts what was found into options. Never an option that the resolver would refuse.
Detection describe(MachineFacts facts, const Catalog& catalog);

/// The options as words: `--gpu`, `2xrtx3090`, ... None of them needs quotes.
std::vector<std::string> option_words(const Query& query);

}  // namespace qwenfit
