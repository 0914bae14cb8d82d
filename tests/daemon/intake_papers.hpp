#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/intake.hpp"
#include "paper.hpp"

/// A small hospital with two made-up patients, and pages as the reader would tell of them.
namespace tests {

inline constexpr auto received_at =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 30) + std::chrono::hours{1};

inline const forms::Catalogue& catalogue() {
  static const auto all = forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions");
  return all;
}

inline const forms::TagKeys& keys() {
  static const forms::TagKeys all({{1, {1, 2, 3}}});
  return all;
}
inline const forms::TagKeys& foreign_keys() {
  static const forms::TagKeys all({{1, {3, 2, 1}}});
  return all;
}

inline std::vector<std::uint8_t> code(const forms::Tag& tag, const forms::TagKeys& by = keys()) {
  const auto bytes = by.sign(tag);
  return {bytes.begin(), bytes.end()};
}

inline forms::Tag tag(forms::Serial serial, std::string_view disease = "colorectal", int page = 1,
                      int pages = 1) {
  forms::Tag made;
  made.form = static_cast<std::uint16_t>(catalogue().report_for(disease)->definition.number);
  made.page = static_cast<std::uint8_t>(page);
  made.pages = static_cast<std::uint8_t>(pages);
  made.serial = serial;
  return made;
}

// Two made-up patients, each with a pathway and printed forms.
inline constexpr forms::Serial hana{100}, hana_again{101}, taro{200}, void_one{300}, nobody{999};

inline records::PrintedForm printed(forms::Serial serial, std::string pathway) {
  records::PrintedForm form;
  form.serial = serial;
  form.pathway_id = std::move(pathway);
  form.form = "colorectal-report";
  return form;
}

inline intake::Known known() {
  using namespace std::chrono_literals;
  intake::Known all;
  all.printed = [](forms::Serial serial) -> std::optional<records::PrintedForm> {
    if (serial == hana || serial == hana_again) return printed(serial, "P-1");
    if (serial == taro) return printed(serial, "P-2");
    if (serial == void_one) {
      auto form = printed(serial, "P-1");
      form.void_at = received_at - std::chrono::hours{24};
      return form;
    }
    return std::nullopt;
  };
  all.pathway = [](const std::string& id) -> std::optional<records::Pathway> {
    const records::Pathway one{"P-1", "001", "0110113719", "colorectal", 2024y / 4 / 1, "", {}};
    const records::Pathway two{"P-2",          "002", "0110113719",    "colorectal",
                               2025y / 1 / 10, "",    {{"cea", "3.0"}}};
    return id == "P-1" ? std::optional(one) : id == "P-2" ? std::optional(two) : std::nullopt;
  };
  all.patient = [](const std::string& id) -> std::optional<records::Patient> {
    const records::Patient one{"001", "見本花子", "ミホンハナコ", 1950y / 3 / 5, "female"};
    const records::Patient two{"002", "見本太郎", "ミホンタロウ", 1941y / 12 / 8, "male"};
    return id == "001" ? std::optional(one) : id == "002" ? std::optional(two) : std::nullopt;
  };
  all.history = [pathway = all.pathway](const std::string& id, forms::Serial,
                                        forms::Date received_on) {
    forms::rules::History history;
    history.received_on = received_on;
    const auto known = pathway(id).value();
    history.started_on = known.started_on;
    for (const auto& [marker, limit] : known.thresholds) {
      history.thresholds[marker] = std::stod(limit);
    }
    return history;
  };
  all.patients = [one = all.patient] {
    return std::vector<records::Patient>{one("001").value(), one("002").value()};
  };
  all.clinic = [](const std::string&) { return std::nullopt; };
  return all;
}

/// A clean periodic report; Hana's date of birth unless told otherwise.
inline Paper report(std::string_view born = "1950-03-05") {
  Paper paper(catalogue().report_for("colorectal")->definition);
  paper.write("kind", "periodic").write("birth_date", born).write("visit_date", "2026-11-22");
  paper.write("performance_status", "0").write("weight_kg", "52.4").write("recurrence", "none");
  paper.write("outcome", "continuing").write("cea", "3.2").write("next_visit", "2027-02");
  return paper;
}

inline ocr::PageReading form_page(Paper paper, const forms::Tag& tagged) {
  paper.page().codes = {code(tagged)};
  paper.page().form_page = tagged.page;
  return paper.page();
}
inline ocr::PageReading hanas() {
  return form_page(report(), tag(hana));
}
inline ocr::PageReading taros() {
  return form_page(report("1941-12-08"), tag(taro));
}
inline ocr::PageReading dead(std::string_view born = "1950-03-05") {
  return form_page(report(born).write("kind", "deviation").write("outcome", "death"), tag(hana));
}

inline ocr::PageReading plain_page() {
  ocr::PageReading page;
  page.width = 1728;
  page.height = 2290;
  page.quality.dpi_x = 204;
  page.quality.dpi_y = 196;
  return page;
}
inline ocr::PageReading blank_page() {
  auto page = plain_page();
  page.blank = true;
  return page;
}
inline ocr::PageReading worded(std::string text) {
  auto page = plain_page();
  page.words = {{std::move(text), 0.9, {}}};
  return page;
}
/// A code, but no print that it could be laid on.
inline ocr::PageReading unaligned(const forms::Tag& tagged) {
  auto page = plain_page();
  page.codes = {code(tagged)};
  return page;
}
inline ocr::PageReading announcing(ocr::PageReading page, const char* cells) {
  std::ranges::find(page.readings, "attached_pages", &ocr::Reading::field)->cells =
      tests::cells(cells);
  return page;
}

inline reader::Look look(std::vector<ocr::PageReading> pages) {
  reader::Look seen;
  for (auto& page : pages) {
    page.number = static_cast<int>(seen.reading.pages.size()) + 1;
    seen.reading.pages.push_back(std::move(page));
  }
  return seen;
}

inline records::Filing filed(const reader::Look& seen) {
  return intake::interpret("D-000001", seen, catalogue(), keys(), known(), received_at);
}
inline records::Filing filed(std::vector<ocr::PageReading> pages) {
  return filed(look(std::move(pages)));
}

}  // namespace tests
