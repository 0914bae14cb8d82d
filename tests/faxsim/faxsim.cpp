#include "tests/faxsim/faxsim.hpp"

#include <algorithm>

#include "tests/faxsim/blank.hpp"
#include "tests/faxsim/fill.hpp"
#include "tests/faxsim/machine.hpp"

namespace faxsim {
namespace {

using nlohmann::json;

/// A page that is ready to be made: one of the job's sheets, by number.
struct Planned {
  std::size_t sheets = 0;  ///< index into Job::sheets
  int page = 0;            ///< of it, from 0
};

std::vector<Planned> plan(const Job& job) {
  std::vector<Planned> pages;
  for (std::size_t i = 0; i < job.sheets.size(); ++i) {
    int count = 1;
    if (const auto* form = std::get_if<FormSheets>(&job.sheets[i])) {
      count = static_cast<int>(form->layout.pages.size());
      if (form->first_page < 1 || form->first_page - 1 + count > page_count(*form->blank)) {
        throw BadInput("the blank form has " + std::to_string(page_count(*form->blank)) +
                       " pages, the layout wants page " + std::to_string(form->first_page) +
                       " to " + std::to_string(form->first_page + count - 1));
      }
      check_names(form->layout, form->values);
    } else if (const auto* attached = std::get_if<AttachedSheets>(&job.sheets[i])) {
      count = page_count(*attached->blank);
    }
    for (int page = 0; page < count; ++page) pages.push_back({i, page});
  }
  if (job.order.empty()) return pages;
  std::vector<Planned> chosen;
  for (const int number : job.order) {
    if (number < 1 || number > static_cast<int>(pages.size())) {
      throw BadInput("there is no page " + std::to_string(number) + " to send; there are " +
                     std::to_string(pages.size()));
    }
    chosen.push_back(pages[static_cast<std::size_t>(number - 1)]);
  }
  return chosen;
}

const Picture& paper_of(const Sheets& sheets, int page) {
  if (const auto* form = std::get_if<FormSheets>(&sheets)) {
    const int number = form->first_page - 1 + page;
    return form->blank->pages[static_cast<std::size_t>(number)];
  }
  if (const auto* attached = std::get_if<AttachedSheets>(&sheets)) {
    return attached->blank->pages[static_cast<std::size_t>(page)];
  }
  return white_sheet();
}

/// What is written by hand needs someone who writes.
struct Writer {
  Habit habit;
  std::unique_ptr<Hand> hand;
};

Writer writer_of(const Job& job, std::size_t sheets, const Chance& chance) {
  const Chance own = chance.branch("writer", job.one_hand ? 0 : sheets);
  const auto source = job.hand ? job.hand : stroke_hands();
  return {draw_habit(own.branch("habit")), source->pick(own.branch("hand"))};
}

Feed feed_of(const Job& job, const Sheets& sheets) {
  Feed feed;
  feed.quality = job.quality;
  feed.degrade = job.degrade;
  feed.scan = job.scan;
  feed.paper = job.paper;
  feed.rotate = job.rotate;
  feed.tti = job.tti;
  if (const auto* form = std::get_if<FormSheets>(&sheets)) {
    const Values& values = form->values;
    if (values.rotate) feed.rotate = values.rotate;
    feed.scale = values.scale;
    feed.skew = values.skew;
    feed.stretch = values.stretch;
    feed.shift = values.shift;
  }
  return feed;
}

json start_truth(const Job& job) {
  json truth;
  truth["seed"] = job.seed;
  truth["quality"] = std::string(to_text(job.quality));
  truth["degrade"] = std::string(to_text(job.degrade));
  truth["pages"] = json::array();
  truth["forms"] = json::array();
  for (const auto& sheets : job.sheets) {
    if (const auto* form = std::get_if<FormSheets>(&sheets)) {
      truth["forms"].push_back({{"form", form->layout.form},
                                {"version", form->layout.version},
                                {"serial", form->serial},
                                {"fields", json::object()},
                                {"notes", json::array()}});
    }
  }
  return truth;
}

}  // namespace

Faxed fax(const Job& job) {
  const Chance chance(job.seed);
  const std::vector<Planned> pages = plan(job);
  if (pages.empty()) throw BadInput("nothing to send");
  const bool colour = job.quality == Quality::scan300 && job.scan == Scan::rgb;
  Faxed faxed;
  faxed.truth = start_truth(job);
  int number = 0;
  for (const Planned& planned : pages) {
    ++number;
    const Sheets& sheets = job.sheets[planned.sheets];
    const Chance own =
        chance.branch("sheet", planned.sheets * 1000 + static_cast<std::size_t>(planned.page));
    Canvas canvas(paper_of(sheets, planned.page), colour);
    json page_truth{{"number", number}};
    if (const auto* form = std::get_if<FormSheets>(&sheets)) {
      const auto index = static_cast<std::size_t>(std::count_if(
          job.sheets.begin(), job.sheets.begin() + static_cast<std::ptrdiff_t>(planned.sheets),
          [](const Sheets& each) { return std::holds_alternative<FormSheets>(each); }));
      const Writer writer = writer_of(job, planned.sheets, chance);
      const auto& page = form->layout.pages[static_cast<std::size_t>(planned.page)];
      json& form_truth = faxed.truth["forms"][index];
      fill_page(canvas, page, form->values, *writer.hand, writer.habit,
                chance.branch("fill", planned.sheets), form_truth);
      form_truth["hand"] = writer.hand->name();
      form_truth["pen_mm"] = form->values.pen_mm.value_or(writer.habit.pen_mm);
      page_truth["form"] = form->layout.form;
      page_truth["form_page"] = page.number;
      page_truth["serial"] = form->serial;
      page_truth["forms_index"] = index;
    } else if (const auto* typed = std::get_if<TypedSheet>(&sheets)) {
      canvas.text(typed->text, {20, 20, canvas.width_mm() - 40, canvas.height_mm() - 40},
                  "IPAexMincho", 4.0, print_black);
    }
    Feed feed = feed_of(job, sheets);
    feed.page = number;
    feed.pages = static_cast<int>(pages.size());
    Sent sent = send(canvas, feed, own.branch("machine", static_cast<std::uint64_t>(number)));
    page_truth.update(sent.truth);
    page_truth["size"] = {sent.sheet.width, sent.sheet.height};
    page_truth["dpi"] = {sent.sheet.dpi_x, sent.sheet.dpi_y};
    faxed.truth["pages"].push_back(std::move(page_truth));
    faxed.sheets.push_back(std::move(sent.sheet));
  }
  return faxed;
}

}  // namespace faxsim
