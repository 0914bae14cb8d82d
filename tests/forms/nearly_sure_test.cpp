#include <gtest/gtest.h>

#include "forms/filled_form.hpp"
#include "small_form.hpp"

namespace {

using namespace std::chrono_literals;
using ocr::MarkState;
using tests::cell;
using tests::Paper;
using tests::write_cells;

/// 53.2 kg, its three only so sure.
void weight(Paper& paper, double sure = 0.94) {
  write_cells(paper, "weight_kg", "_532");
  paper.at("weight_kg").cells[2] = cell('3', sure, '8');
}

/// A marker of three digits, the first not quite sure.
void cea(Paper& paper, const char* written, char rival) {
  write_cells(paper, "cea", written);
  paper.at("cea").cells[2] = cell(written[2], 0.95, rival);
}

forms::Expectation agreed() {
  forms::Expectation known = tests::expected;
  known.birth_date = 1936y / 1 / 5;
  return known;
}

TEST(NearlySure, IsEnoughWhereNothingElseIsInDoubt) {
  tests::expect(
      {{"one number", "weight_kg", [](Paper& p) { weight(p); }, "accepted 53.2"},
       {"less sure", "weight_kg", [](Paper& p) { weight(p, 0.87); }, "doubtful unsure 53.2"},
       {"two that are right together", "weight_kg",
        [](Paper& p) {
          weight(p, 0.97);
          write_cells(p, "visit_date", "_81122");
          p.at("visit_date").cells[5] = cell('2', 0.97, '1');
        },
        "accepted 53.2"},
       {"two that perhaps are not", "weight_kg",
        [](Paper& p) {
          weight(p, 0.93);
          write_cells(p, "visit_date", "_81122");
          p.at("visit_date").cells[5] = cell('2', 0.93, '7');
        },
        "doubtful unsure 53.2"},
       {"beside an unclear mark", "weight_kg",
        [](Paper& p) {
          weight(p);
          p.mark("site", "lung", MarkState::unclear);
        },
        "doubtful unsure 53.2"},
       {"beside words to read", "weight_kg",
        [](Paper& p) {
          weight(p);
          p.write("comment", "x");
        },
        "doubtful unsure 53.2"},
       {"beside an implausible day", "weight_kg",
        [](Paper& p) {
          weight(p);
          p.write("visit_date", "2026-12-24");
        },
        "doubtful unsure 53.2"},
       {"on a page of 98 dpi", "weight_kg",
        [](Paper& p) {
          weight(p);
          p.page().quality.dpi_y = 98;
        },
        "doubtful unsure 53.2"},
       {"on a page that the sender's machine shrank", "weight_kg",
        [](Paper& p) {
          weight(p);
          p.page().quality.scale = 0.9;
        },
        "doubtful unsure 53.2"},
       {"on a page full of specks", "weight_kg",
        [](Paper& p) {
          weight(p);
          p.page().quality.noise = 0.1;
        },
        "doubtful unsure 53.2"},
       {"on a page that lost rows", "weight_kg",
        [](Paper& p) {
          weight(p);
          p.page().quality.lost_rows = 10;
        },
        "doubtful unsure 53.2"},
       {"from a picture whose digits may not be the sender's", "weight_kg",
        [](Paper& p) {
          weight(p);
          p.page().symbol_coded = true;
        },
        "doubtful unsure 53.2"},
       {"a four like one that cannot be meant", "weight_kg",
        [](Paper& p) {
          write_cells(p, "weight_kg", "_524");
          p.at("weight_kg").cells[3] = cell('4', 0.99, '9');
          write_cells(p, "next_visit", "_4_2");
          p.at("next_visit").cells[1] = cell('4', 0.97, '9');
        },
        "doubtful unsure 52.4"},
       {"nor if that one was hardly sure", "weight_kg",
        [](Paper& p) {
          write_cells(p, "weight_kg", "_524");
          p.at("weight_kg").cells[3] = cell('4', 0.97, '9');
          write_cells(p, "next_visit", "_4_2");
          p.at("next_visit").cells[1] = cell('4', 0.92, '9');
        },
        "doubtful unsure 52.4"},
       {"nor that one itself", "next_visit",
        [](Paper& p) {
          write_cells(p, "next_visit", "_4_2");
          p.at("next_visit").cells[1] = cell('4', 0.97, '9');
        },
        "doubtful implausible 2022-02"},
       {"a four is less sure than it says", "weight_kg",
        [](Paper& p) {
          write_cells(p, "weight_kg", "_524");
          p.at("weight_kg").cells[3] = cell('4', 0.93, '9');
        },
        "doubtful unsure 52.4"},
       {"a faint mark", "site", [](Paper& p) { p.mark("site", "lung", MarkState::marked, 0.95); },
        "accepted lung"},
       {"where deviations are told", "outcome",
        [](Paper& p) { p.mark("outcome", "death", MarkState::marked, 0.95); },
        "doubtful unsure death"},
       {"a speck in a cell", "cea", [](Paper& p) { p.at("cea").cells[2] = cell('_', 0.95, '1'); },
        "blank"},
       {"ink in a cell", "cea",
        [](Paper& p) {
          p.at("cea").cells[2] = cell('_', 0.95, '1');
          p.at("cea").ink_mm2 = 3;
        },
        "doubtful unsure"},
       {"a cell that may have been struck out", "weight_kg",
        [](Paper& p) {
          write_cells(p, "weight_kg", "_532");
          p.at("weight_kg").cells[2] = cell('3', 0.85, '#');
        },
        "doubtful unsure 53.2"},
       {"the number of sheets", "attached_pages",
        [](Paper& p) {
          write_cells(p, "attached_pages", "_1");
          p.at("attached_pages").cells[1] = cell('1', 0.95, '2');
        },
        "doubtful unsure 1"},
       {"one of two days of a month", "visit_date",
        [](Paper& p) {
          write_cells(p, "visit_date", "_81122");
          p.at("visit_date").cells[5] = cell('2', 0.95, '1');
        },
        "accepted 2026-11-22"},
       {"one of two months", "visit_date",
        [](Paper& p) {
          write_cells(p, "visit_date", "_81022");
          p.at("visit_date").cells[3] = cell('0', 0.92, '1');
        },
        "doubtful unsure 2026-10-22"},
       {"when something ended", "outcome_date",
        [](Paper& p) {
          write_cells(p.write("outcome", "death"), "outcome_date", "_81122");
          p.at("outcome_date").cells[5] = cell('2', 0.95, '7');
        },
        "doubtful unsure 2026-11-22"},
       {"where other digits of this hand say no", "weight_kg",
        [](Paper& p) {  // three clear threes, none of them like this one, and no eight
          weight(p, 0.93);
          write_cells(p, "cea", "_3330");
        },
        "doubtful unsure 53.2"},
       {"a marker that may stand there", "cea",
        [](Paper& p) { p.at("cea").cells[2] = cell('_', 0.95, '9'); }, "doubtful unsure"},
       {"a marker", "cea", [](Paper& p) { cea(p, "__120", '2'); }, "accepted 1.20"},
       {"that may be above its limit", "cea", [](Paper& p) { cea(p, "__120", '7'); },
        "doubtful unsure 1.20"},
       {"that is above, or is not", "cea", [](Paper& p) { cea(p, "__720", '1'); },
        "accepted 7.20"}},
      agreed());
}

TEST(NearlySure, NotWhereItIsNotKnownWhoseTheFormIs) {
  tests::expect({{"one number", "weight_kg", [](Paper& p) { weight(p); }, "doubtful unsure 53.2"}});
}

TEST(NearlySure, NotWhatTheLastValueMoved) {
  auto known = agreed();
  known.former = {{"weight_kg", 62.0}};
  tests::expect({{"the eye saw another digit", "weight_kg",
                  [](Paper& p) {
                    write_cells(p, "weight_kg", "_823");
                    p.at("weight_kg").cells[1] = cell('8', 0.85, '6');
                  },
                  "doubtful unsure 62.3"}},
                known);
}

TEST(NearlySure, NotWhereAMarkerMayHaveRisen) {
  auto known = agreed();
  known.earlier = {{"cea", {2.1, 4.5}}};
  tests::expect(
      {{"may be above one of the earlier", "cea", [](Paper& p) { cea(p, "__220", '3'); },
        "doubtful unsure 2.20"},
       {"between two either way", "cea", [](Paper& p) { cea(p, "__320", '4'); }, "accepted 3.20"},
       {"below them either way", "cea", [](Paper& p) { cea(p, "__150", '0'); }, "accepted 1.50"}},
      known);
  known.earlier.clear();
  known.thresholds = {{"cea", 1.5}};
  tests::expect({{"above the doctor's own limit", "cea", [](Paper& p) { cea(p, "__120", '2'); },
                  "doubtful unsure 1.20"}},
                known);
}

}  // namespace
