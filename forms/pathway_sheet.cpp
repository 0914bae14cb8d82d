#include <fmt/format.h>

#include <algorithm>

#include "forms/print_page.hpp"
#include "forms/schedule.hpp"
#include "forms/sheet_page.hpp"
#include "forms/text_width.hpp"

namespace forms {
namespace {

constexpr double month_width = 21;
constexpr double due_width = 32;
constexpr double done_width = 30;
constexpr double words_size = 3;

struct Table {
  double top;
  double head;  ///< height of the heading row
  double row;
  std::vector<double> edges;  ///< x of the vertical lines
};

void put_grid(SheetPage& page, const Table& table, std::size_t rows) {
  const double bottom = table.top + table.head + table.row * static_cast<double>(rows);
  page.frame({page_left, table.top, page_right - page_left, bottom - table.top}, 0.35);
  for (std::size_t i = 0; i < rows; ++i) {
    const double y = table.top + table.head + table.row * static_cast<double>(i);
    page.line({page_left, y}, {page_right, y}, i == 0 ? 0.35 : thin);
  }
  for (std::size_t i = 1; i + 1 < table.edges.size(); ++i) {
    page.line({table.edges[i], table.top}, {table.edges[i], bottom});
  }
}

void put_head(SheetPage& page, const Table& table, const Schedule& schedule) {
  const auto cell = [&](std::size_t column, const std::string& words) {
    const double left = table.edges[column];
    const double width = table.edges[column + 1] - left;
    const auto lines = wrapped(words, words_size, width - 1.6);
    const double step = words_size + 0.6;
    double y = table.top + (table.head - step * static_cast<double>(lines.size())) / 2;
    for (const auto& line : lines) {
      page.centred({left, y, width, step}, words_size, line);
      y += step;
    }
  };
  cell(0, "経過");
  cell(1, "予定日");
  for (std::size_t i = 0; i < schedule.items.size(); ++i) cell(2 + i, schedule.items[i].words.ja);
  cell(2 + schedule.items.size(), "実施日");
}

void put_visit(SheetPage& page, const Table& table, const Schedule& schedule,
               const PlannedVisit& visit, std::size_t at) {
  const double y = table.top + table.head + table.row * static_cast<double>(at);
  const auto cell = [&](std::size_t column) {
    return ocr::Box{table.edges[column], y, table.edges[column + 1] - table.edges[column],
                    table.row};
  };
  page.centred(cell(0), words_size, since_start(visit.month));
  const auto due = cell(1);
  page.slot({due.x + 1, y + (table.row - words_size) / 2, due.width - 2, words_size},
            Slot::visit_due, Align::centre, false, static_cast<int>(at));
  for (std::size_t i = 0; i < schedule.items.size(); ++i) {
    const auto* item = &schedule.items[i];
    if (std::find(visit.items.begin(), visit.items.end(), item) == visit.items.end()) continue;
    page.centred(cell(2 + i), 3.4, "○");
  }
}

}  // namespace

std::string since_start(int month) {
  if (month % 12 == 0) return fmt::format("{}年", month / 12);
  if (month < 12) return fmt::format("{}か月", month);
  return fmt::format("{}年{}か月", month / 12, month % 12);
}

Sheet compose_pathway_sheet(const Definition& definition) {
  const auto& schedule = definition.schedule;
  const auto visits = planned_visits(schedule, std::chrono::year(2001) / 1 / 1);
  SheetPage page(1);
  const double top = furnish(page, definition, 1);
  page.words(page_left, top, 2.7,
             "○印の項目を予定日の前後に実施し、受診ごとに診療経過報告書をお送りください。再発を疑う"
             "ときは予定日を待たずにご連絡ください。");

  Table table{top + 5, 10, 0, {page_left, page_left + month_width}};
  table.edges.push_back(table.edges.back() + due_width);
  const double item =
      (page_right - done_width - table.edges.back()) / static_cast<double>(schedule.items.size());
  for (std::size_t i = 0; i < schedule.items.size(); ++i) {
    table.edges.push_back(table.edges.back() + item);
  }
  table.edges.push_back(page_right);
  const double room = body_bottom - table.top - table.head;
  table.row = std::min(11.5, room / static_cast<double>(visits.size()));
  if (table.row < 5.5 || item < 9) {
    throw DoesNotFit(0, std::nullopt, "more visits or items than a pathway sheet has room for");
  }
  put_grid(page, table, visits.size());
  put_head(page, table, schedule);
  for (std::size_t i = 0; i < visits.size(); ++i) put_visit(page, table, schedule, visits[i], i);

  Sheet sheet;
  sheet.layout.form = definition.form;
  sheet.layout.version = definition.version;
  sheet.layout.pages.push_back(std::move(page.layout));
  sheet.pages.push_back(std::move(page.drawing));
  return sheet;
}

}  // namespace forms
