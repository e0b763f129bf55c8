#pragma once

#include <iosfwd>
#include <string>

#include "detect/describe.h"
#include "report/report.h"

/// Printers of `qwenfit detect`.
namespace qwenfit {

/// The command line that describes the computer, what was found, free beside total, and notes.
void print_detection(std::ostream& out, const Detection& detection, const Style& style);
/// The options alone, on one line, for the command line of another call.
void print_detection_line(std::ostream& out, const Detection& detection);
/// What `auto` stood for, beside an answer: the options and the notes. `quiet`: only why a device may be
/// missing.
void print_this_machine(std::ostream& err, const Detection& detection, bool quiet);
/// `qwenfit.detect/1`.
void print_detection_json(std::ostream& out, const Detection& detection, const CatalogInfo& info);

/// The options as one text: `--gpu 2xrtx3090 --ram 64GiB --os linux`.
std::string detected_options(const Detection& detection);

}  // namespace qwenfit
