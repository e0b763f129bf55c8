#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "advise/sweep.h"
#include "report/grid.h"
#include "report/html_writer.h"
#include "report/report.h"
#include "report/view.h"

/// Parts that HTML reports share. A report is one file that asks for nothing else: no script, no address that
/// a browser would fetch, and a policy that forbids both.
namespace qwenfit {

struct Price;

/// The style sheet of every report.
std::string_view html_style();

/// A report up to its heading of the first level.
HtmlWriter html_page(std::string_view title);
/// What the report was made by and from; ends the report.
std::string end_html_page(HtmlWriter&& w, const CatalogInfo& info);

/// Names and what belongs to them, side by side where there is room.
void html_facts(HtmlWriter& w, const std::vector<std::pair<std::string, std::string>>& facts);
/// A paragraph each; empty ones are left out.
void html_paragraphs(HtmlWriter& w, const std::vector<std::string>& texts);
/// The same as a list under a heading of the third level; nothing where there are none.
void html_list(HtmlWriter& w, std::string_view heading, const std::vector<std::string>& texts);
/// The whole grid whatever its ranks, units under the titles; the first column names the rows.
void html_grid(HtmlWriter& w, const Grid& grid, std::string_view caption);
/// A heading and the command that runs an answer, or why there is none; nothing for what does not run.
void html_command(HtmlWriter& w, std::string_view heading, const Question& question, const Answer& answer,
                  const CatalogInfo& info);
/// Every note of an answer, those of a screen among them.
std::vector<std::string> html_notes(const Answer& answer, const CatalogInfo& info);
std::vector<std::string> html_notes(const ModelAnswers& group, const Answer& shown, const CatalogInfo& info);

/// A price with where it comes from.
struct HtmlPrice {
  std::string name;
  const Price* each = nullptr;  ///< null: unknown
};
/// Date, condition and source of each price; of several of a name the first.
void html_prices(HtmlWriter& w, const std::vector<HtmlPrice>& prices);

}  // namespace qwenfit
