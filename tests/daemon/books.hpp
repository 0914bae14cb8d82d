#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/records/records.hpp"
#include "temp_dir.hpp"

namespace tests {

/// What `act` is refused with; empty if it is not.
template <class Refusal>
std::string refusal(auto&& act) {
  try {
    act();
  } catch (const Refusal& refused) {
    return refused.what();
  }
  return "";
}

inline constexpr records::Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) +
                                     std::chrono::hours(8) + std::chrono::minutes(12);

/// Every commit is synced several times, and what a power cut leaves is not asked here: memory will
/// do.
struct InMemory {
  InMemory() {
    std::error_code ignored;
    if (std::filesystem::is_directory("/dev/shm", ignored)) ::setenv("TMPDIR", "/dev/shm", 0);
  }
};

/// A small hospital: two patients, one clinic, two pathways, a form printed for each.
struct Books {
  InMemory first;
  TempDir dir;
  std::filesystem::path file = dir / "renkei.db";
  records::Records records{file, records::Records::Open::create};
  forms::Serial serial{1001};
  forms::Serial other_serial{2002};

  Books() {
    using std::chrono::year;
    records.import_patients(
        {{"00123456", "患者 太郎", "カンジャ タロウ", year(1948) / 4 / 5, "male"},
         {"00123457", "𠮷田 髙󠄀子", "ヨシダ タカコ", year(1955) / 11 / 23, "female"}},
        "clerk", now);
    records.import_clinics({{"0110113719", "中央クリニック", "011-000-0000", "医師 花子"}}, "clerk",
                           now);
    records.import_pathways(
        {{"P-0001",
          "00123456",
          "0110113719",
          "colorectal",
          year(2026) / 4 / 1,
          "医師 一郎",
          {{"cea", "5.0"}}},
         {"P-0002", "00123457", "0110113719", "colorectal", year(2026) / 5 / 1, "医師 一郎", {}}},
        "clerk", now);
    records.issue(printed(serial, "P-0001"), "clerk");
    records.issue(printed(other_serial, "P-0002"), "clerk");
  }

  static records::PrintedForm printed(forms::Serial serial, const std::string& pathway) {
    records::PrintedForm form;
    form.serial = serial;
    form.pathway_id = pathway;
    form.form = "colorectal-report";
    form.visit = std::chrono::year(2026) / 7 / 1;
    form.printed_at = now;
    return form;
  }

  /// A document in hand; each letter is another file.
  std::string receive(char letter, records::Time at = now) {
    return records
        .receive("fax", std::string("fax-") + letter + ".tif", std::string(64, letter), 1000, at)
        .document;
  }

  static forms::Answer answer(const std::string& field, std::vector<std::string> values,
                              forms::AnswerState state = forms::AnswerState::accepted) {
    forms::Answer answer;
    answer.field = field;
    answer.values = std::move(values);
    answer.state = state;
    answer.confidence = 0.998;
    answer.box = {20, 62.5, 4, 4};
    answer.ink = true;
    return answer;
  }

  records::Filing::ReportDraft draft(const std::vector<forms::Answer>& answers) const {
    records::Filing::ReportDraft draft;
    draft.serial = serial;
    draft.pathway = "P-0001";
    draft.state = records::ReportState::filed;
    draft.form.form = "colorectal-report";
    for (const auto& each : answers) draft.form.answers[each.field] = each;
    draft.pages = {{1, 1}};
    return draft;
  }

  /// One page with one report, filed.
  static records::Filing filing(const std::string& document, records::Filing::ReportDraft draft) {
    records::Filing filing;
    filing.document = document;
    filing.state = records::DocumentState::filed;
    if (draft.state == records::ReportState::held) {
      filing.state = records::DocumentState::held;
      filing.reasons = {"identity-unreadable"};
    }
    records::Page page;
    page.fate = records::Fate::form;
    page.tag = forms::Tag{1, 2, 1, 1, 1, draft.serial};
    page.tag_form = draft.form.form;
    page.quality.dpi_x = 204;
    page.quality.dpi_y = 98;
    page.quality.alignment_error_mm = 0.2;
    filing.pages = {page};
    filing.page_report = {0};
    filing.reports = {std::move(draft)};
    filing.reading = R"({"pages": 1})";
    return filing;
  }

  static records::Filing held(const std::string& document, int pages,
                              const std::string& reason = "no-tag") {
    records::Filing filing;
    filing.document = document;
    filing.reasons = {reason};
    for (int i = 1; i <= pages; ++i) {
      filing.pages.emplace_back();
      filing.pages.back().number = i;
      filing.page_report.push_back(-1);
    }
    return filing;
  }

  static forms::rules::Finding finding(forms::rules::FlagKind kind,
                                       forms::rules::Severity severity) {
    return {kind, severity, {"recurrence"}, "recurrence-marked"};
  }

  /// No fault, and the sums are right.
  void expect_in_order() {
    for (const auto& fault : records.faults()) ADD_FAILURE() << fault.what << ": " << fault.where;
  }
};

/// Another program that writes into the database, past every rule of ours.
class Intruder {
public:
  explicit Intruder(const std::filesystem::path& file) {
    if (sqlite3_open(file.c_str(), &database_) != SQLITE_OK)
      throw std::runtime_error("cannot open");
  }
  ~Intruder() { sqlite3_close(database_); }
  Intruder(const Intruder&) = delete;
  Intruder& operator=(const Intruder&) = delete;

  void run(const std::string& statement) {
    char* said = nullptr;
    if (sqlite3_exec(database_, statement.c_str(), nullptr, nullptr, &said) != SQLITE_OK) {
      const std::string why = said != nullptr ? said : "?";
      sqlite3_free(said);
      throw std::runtime_error(statement + ": " + why);
    }
  }

private:
  sqlite3* database_ = nullptr;
};

}  // namespace tests
