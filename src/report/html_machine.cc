#include <fmt/format.h>

#include "report/format.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/speed_words.h"
#include "report/words.h"

namespace qwenfit {

void html_machine(HtmlWriter& w, const Question& question, const Answer& answer, const CatalogInfo& info,
                  const SpeedCurves& curves, std::string_view name) {
  const std::string model =
      fmt::format("{} {}", clean(answer.subject->model.name), clean(answer.build->quant_name));
  const std::string machine = clean(question.machine.name);
  w.element("h2", fmt::format("{}{}{} on {}", name, name.empty() ? "" : ": ", model, machine));
  html_facts(
      w, {{"Machine", machine_words(question, {answer})}, {"Settings", settings_words(question, {answer})}});
  html_paragraphs(w, {verdict_sentence(question, {&answer, &answer + 1}),
                      speed_sentence(question, answer, info.speed_words)});
  memory_chart(w, fmt::format("Memory by term: {}{}{}", name, name.empty() ? "" : ", ", model),
               memory_bars(question, answer));
  speed_chart(w, fmt::format("Speed as the context fills: {}{}{}", name, name.empty() ? "" : ", ", model),
              {{model, curve_of(curves, answer)}});
  html_command(w, "The command that runs it", question, answer, info);
  html_list(w, "Notes", html_notes(answer, info));
}

}  // namespace qwenfit
