#include "report/detect.h"

#include <ostream>

#include <fmt/format.h>

#include "detect/describe_words.h"
#include "report/document.h"
#include "report/format.h"
#include "report/grid.h"
#include "report/shell.h"

namespace qwenfit {
namespace {

std::string link_cell(const CardFacts& card) {
  return card.link ? fmt::format("{}.0 x{}", card.link->generation, card.link->lanes) : std::string(kUnknown);
}

std::string screen_cell(const CardFacts& card) {
  if (!card.display) return std::string(kUnknown);
  return *card.display ? "yes" : "no";
}

std::string option_cell(const DetectedCard& card) {
  if (!card.option.empty()) return card.option;
  return card.choices.empty() ? "left out" : "which?";
}

Grid cards_grid(const Detection& d) {
  Grid grid{.columns = {text_column("GPU"), number_column("total", "GiB"), number_column("free", "GiB"),
                        text_column("PCIe", 2), text_column("screen", 3), text_column("option", 1)},
            .rows = {},
            .marked = {}};
  for (const DetectedCard& card : d.cards) {
    const bool none_left = card.facts.free && card.facts.total && *card.facts.free < *card.facts.total / 4;
    grid.rows.push_back({{clean(shown_name(card.facts))},
                         {gib(card.facts.total)},
                         {gib(card.facts.free), none_left ? Paint::caution : Paint::none},
                         {link_cell(card.facts)},
                         {screen_cell(card.facts)},
                         {clean(option_cell(card))}});
  }
  return grid;
}

std::string memory_words(const MachineFacts& facts) {
  if (!facts.modules) return {};
  const MemoryModules& m = *facts.modules;
  std::string words = fmt::format("{} {}", m.count, m.count == 1 ? "module" : "modules");
  if (!m.kind.empty()) words += fmt::format(", {}-{}", m.kind, m.rate_mts);
  if (m.channels > 0) words += fmt::format(", {} {}", m.channels, m.channels == 1 ? "channel" : "channels");
  return words;
}

void print_host(std::ostream& out, const Detection& d, std::size_t width) {
  const MachineFacts& facts = d.facts;
  std::string ram =
      d.installed ? fmt::format("{} GiB, {} free", gib(d.installed), gib(facts.ram_available)) : "not read";
  if (const auto words = memory_words(facts); !words.empty()) ram += " (" + words + ")";
  out << wrapped("RAM  " + clean(ram), width, 5);
  if (!facts.cpu.empty()) {
    const std::string count = facts.sockets > 1 ? std::to_string(facts.sockets) + "x " : "";
    out << wrapped("CPU  " + count + clean(facts.cpu), width, 5);
  }
}

void write_card(JsonWriter& w, const DetectedCard& card) {
  const CardFacts& facts = card.facts;
  w.begin_object();
  w.field("name", clean(shown_name(facts)));
  w.text_or_null("id", card.row != nullptr ? card.row->id : std::string_view());
  w.text_or_null("option", card.option);
  w.text_or_null("pci_address", facts.bus);
  w.text_or_null("pci_id", facts.device == 0 ? "" : fmt::format("{:04x}:{:04x}", facts.vendor, facts.device));
  w.field("total_bytes", facts.total);
  w.field("used_bytes", facts.used);
  w.field("free_bytes", facts.free);
  w.key("pcie");
  if (facts.link) {
    w.begin_object();
    w.field("generation", facts.link->generation);
    w.field("lanes", facts.link->lanes);
    w.end_object();
  } else {
    w.value(nullptr);
  }
  w.field("display", facts.display);
  w.key("choices");
  w.begin_array();
  for (const std::string& id : card.choices) w.value(id);
  w.end_array();
  w.end_object();
}

void write_query(JsonWriter& w, const Query& query) {
  w.key("query");
  w.begin_object();
  w.key("gpu");
  w.begin_array();
  for (const std::string& gpu : query.gpu) w.value(gpu);
  w.end_array();
  w.text_or_null("ram", query.ram);
  w.text_or_null("cpu", query.cpu);
  w.text_or_null("os", query.os);
  w.text_or_null("wired-limit-mb", query.wired_limit_mb);
  w.field("headless", query.headless);
  w.end_object();
}

void write_host(JsonWriter& w, const Detection& d) {
  const MachineFacts& facts = d.facts;
  w.key("ram");
  w.begin_object();
  w.field("installed_bytes", d.installed);
  w.field("total_bytes", facts.ram_total);
  w.field("free_bytes", facts.ram_available);
  w.field("limit_bytes", facts.ram_limit);
  w.key("modules");
  if (facts.modules) {
    const MemoryModules& m = *facts.modules;
    w.begin_object();
    w.field("count", m.count);
    w.text_or_null("kind", m.kind);
    w.field("rate_mts", m.rate_mts > 0 ? std::optional(m.rate_mts) : std::nullopt);
    w.field("channels", m.channels > 0 ? std::optional(m.channels) : std::nullopt);
    w.end_object();
  } else {
    w.value(nullptr);
  }
  w.end_object();
  w.key("cpu");
  w.begin_object();
  w.text_or_null("name", clean(facts.cpu));
  w.text_or_null("id", d.processor != nullptr ? d.processor->id : std::string_view());
  w.field("sockets", facts.sockets);
  w.end_object();
}

void write_tools(JsonWriter& w, const Detection& d) {
  w.key("tools");
  w.begin_array();
  for (const ToolReport& tool : d.facts.tools) {
    w.begin_object();
    w.field("name", clean(tool.name));
    w.field("state", tool_state_id(tool.state));
    w.end_object();
  }
  w.end_array();
  w.key("notes");
  w.begin_array();
  for (const DetectNote& note : d.notes) {
    w.begin_object();
    w.field("code", note.code);
    w.field("text", clean(note.text));
    w.end_object();
  }
  w.end_array();
}

}  // namespace

std::string detected_options(const Detection& detection) {
  std::string text;
  for (const std::string& word : option_words(detection.query))
    text += (text.empty() ? "" : " ") + shell_word(word);
  return text;
}

void print_detection_line(std::ostream& out, const Detection& detection) {
  out << detected_options(detection) << '\n';
}

void print_this_machine(std::ostream& err, const Detection& detection, bool quiet) {
  if (!quiet) err << "qwenfit: this computer: " << detected_options(detection) << '\n';
  for (const DetectNote& note : detection.notes) {
    if (!quiet)
      err << "  note: " << clean(note.text) << '\n';
    else if (note.left_out)
      err << "qwenfit: note: " << clean(note.text) << '\n';
  }
}

void print_detection(std::ostream& out, const Detection& d, const Style& style) {
  const std::size_t width = screen_width(style);
  if (const std::string options = detected_options(d); !options.empty())
    out << (d.blocked ? "This computer, as far as it could be read:\n  " : "This computer:\n  ") << options
        << "\n\n";
  if (!d.cards.empty()) {
    print_grid(out, cards_grid(d), style);
    out << '\n';
  }
  print_host(out, d, width);
  for (const DetectNote& note : d.notes) out << wrapped("Note: " + clean(note.text), width, 6);
  if (d.blocked)
    out << wrapped("Not ready for --gpu auto: " + clean(d.blocked->message), width, 2);
  else
    out << "Next: qwenfit --gpu auto --model 27b\n";
}

void print_detection_json(std::ostream& out, const Detection& d, const CatalogInfo& info) {
  JsonWriter w(true);
  begin_document(w, "qwenfit.detect/1", info);
  w.text_or_null("options", detected_options(d));
  w.field("ready", !d.blocked);
  write_query(w, d.query);
  w.key("gpus");
  w.begin_array();
  for (const DetectedCard& card : d.cards) write_card(w, card);
  w.end_array();
  write_host(w, d);
  write_tools(w, d);
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace qwenfit
