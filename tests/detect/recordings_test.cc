// Recorded computers: what tools printed on them becomes the options that describe them.

#include "catch.h"
#include "detect/recorded.h"
#include "query/machine.h"
#include "report/detect.h"
#include "support/schema_check.h"
#include "support/text.h"

using namespace qwenfit;

TEST_CASE("each recorded computer comes out as the options and notes that its file says") {
  const auto names = recorded_names();
  REQUIRE(names.size() >= 40);
  for (const std::string& name : names) {
    INFO(name);
    const Recording computer = recorded(name);
    const Detection found = detected(computer);
    CHECK(joined_words(option_words(found.query)) == computer.expected("options"));
    CHECK(codes_of(found) == computer.expected("notes"));
  }
}

TEST_CASE("options of a recorded computer are a machine to the resolver, or blocked with what to type") {
  for (const std::string& name : recorded_names()) {
    INFO(name);
    const Detection found = detected(name);
    if (found.blocked) {
      CHECK_FALSE(found.blocked->message.empty());
      CHECK(has(found.blocked->message, "type"));
      continue;
    }
    const auto machine = resolve_machine(found.query, Catalog::builtin());
    if (!machine) FAIL(machine.error().message);
    CHECK(machine->headless == found.query.headless);
  }
}

TEST_CASE("what is printed of a recorded computer has no control byte and fits its schema") {
  CatalogInfo info;
  info.version = "0.1.0";
  info.date = "2026-11-21";
  for (const std::string& name : recorded_names()) {
    INFO(name);
    const Detection found = detected(name);
    std::ostringstream table, line, document, beside;
    print_detection(table, found, Style{});
    print_detection_line(line, found);
    print_detection_json(document, found, info);
    print_this_machine(beside, found, false);
    CHECK(is_plain(table.str()));
    CHECK(is_plain(line.str()));
    CHECK(is_plain(beside.str()));
    CHECK(is_plain(document.str()));
    CHECK(schema_faults("qwenfit.detect", document.str()).empty());
  }
}

TEST_CASE("options need no quotes, so that a shell passes them on") {
  for (const std::string& name : recorded_names()) {
    INFO(name);
    const Detection found = detected(name);
    CHECK(detected_options(found) == joined_words(option_words(found.query)));
  }
}

TEST_CASE("tools that a computer cannot need are not asked") {
  const Recording nvidia = recorded("rtx3090_pair_x8");
  (void)look(nvidia);
  CHECK(joined_words(nvidia.asked()) == "nvidia-smi lspci");  // udev told of the modules: no dmidecode
  const Recording amd = recorded("rx7900xt_rocm");
  (void)look(amd);
  CHECK(has(joined_words(amd.asked()), "rocm-smi"));
  const Recording mac = recorded("mac_m1");
  (void)look(mac);
  CHECK_FALSE(has(joined_words(mac.asked()), "nvidia-smi"));
}

TEST_CASE("a computer without anything to read is blocked, and the answer says what to type") {
  const Detection found = detected("nothing");
  REQUIRE(found.blocked);
  CHECK(has(found.blocked->message, "--gpu none --ram 64GB"));
  CHECK(found.query.gpu.empty());
}

TEST_CASE("a card that may be two is a question, not a guess") {
  const Detection found = detected("which_3060");
  REQUIRE(found.blocked);
  CHECK(found.blocked->code == ErrorCode::ambiguous_name);
  CHECK(found.blocked->did_you_mean == std::vector<std::string>{"rtx3060-12gb", "rtx3060-8gb"});
}

TEST_CASE("free memory stands beside the total") {
  const Detection found = detected("rtx3090_pair_x8");
  REQUIRE(found.cards.size() == 2);
  CHECK(found.cards[0].facts.total == 24576 * kMiB);
  CHECK(found.cards[0].facts.free == 2301 * kMiB);
  CHECK(found.cards[0].facts.display == false);
  CHECK(found.cards[1].facts.display == true);
  std::ostringstream table;
  print_detection(table, found, Style{});
  CHECK(has(table.str(), "24.0"));
  CHECK(has(table.str(), "2.2"));
  CHECK(has(table.str(), "21.4 of 24.0 GiB of NVIDIA GeForce RTX 3090 (0000:0a:00.0) are in use"));
}
