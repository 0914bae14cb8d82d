#include <fmt/format.h>

#include <algorithm>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// What the words of a document change: fates of its pages, and whom it may be about.
namespace records {
namespace {

constexpr auto every_patient =
    "SELECT patient_id, name, kana, birth_date, sex FROM patients ORDER BY patient_id";

/// Only what the machine itself had decided, and still stands: an attachment without a report is a
/// letter that a person has filed.
constexpr auto change_fate =
    "UPDATE pages SET fate = :fate, report = NULL, form_page = NULL WHERE document = :document "
    "AND number = :number AND form_page IS NULL "
    "AND (fate = 'unidentified' OR (fate = 'attachment' AND report IS NOT NULL))";
constexpr auto standing_of_document = "SELECT state, reasons FROM documents WHERE id = :id";
constexpr auto what_is_left =
    "SELECT (SELECT count(*) FROM pages WHERE document = :id AND fate = 'unidentified') AS pages, "
    "(SELECT count(*) FROM reports WHERE document = :id AND state = 'held') AS held, "
    "(SELECT count(*) FROM reports WHERE document = :id) AS reports";
constexpr auto set_standing =
    "UPDATE documents SET state = :state, reasons = :reasons WHERE id = :id";

constexpr auto add_proposal =
    "INSERT INTO proposals (proposal, document, number, patient_id, reasons) "
    "VALUES (:proposal, :document, :number, :patient, :reasons)";

}  // namespace

std::vector<Patient> Records::patients() {
  auto& database = state_->database;
  return database.read("list the patients", [&] {
    std::vector<Patient> found;
    database.each(every_patient, {}, [&](const Row& row) {
      found.push_back({row.text("patient_id"), row.text("name"), row.text("kana"),
                       date_of(row.text("birth_date")), row.text("sex")});
    });
    return found;
  });
}

void change_fates(Database& database, std::int64_t document, const SecondLook& look) {
  if (look.fates.empty() && look.reasons.empty()) return;
  for (const auto& [page, fate] : look.fates) {
    database.change(change_fate,
                    {{"document", document}, {"number", page}, {"fate", to_text(fate)}});
  }
  std::string state;
  std::vector<std::string> reasons;
  database.each(standing_of_document, {{"id", document}}, [&](const Row& row) {
    state = row.text("state");
    reasons = list_of(row.text("reasons"));
  });
  for (const auto& reason : look.reasons) {
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
  }
  bool nothing_left = false;
  database.each(what_is_left, {{"id", document}}, [&](const Row& row) {
    nothing_left = row.number("pages") == 0 && row.number("held") == 0 && row.number("reports") > 0;
  });
  if (nothing_left) std::erase(reasons, "no-tag");
  database.change(set_standing,
                  {{"id", document},
                   {"state", to_text(reasons.empty() ? DocumentState::filed : DocumentState::held)},
                   {"reasons", list_text(reasons)}});
}

void put_proposals(Database& database, const SecondLook& look, Time now) {
  const auto document = id_number('D', look.document);
  int number = 0;
  for (const auto& each : look.proposals) {
    const auto id = fmt::format("{}/{}", look.document, ++number);
    database.change(add_proposal, {{"proposal", id},
                                   {"document", *document},
                                   {"number", number},
                                   {"patient", each.patient},
                                   {"reasons", list_text(each.reasons)}});
    note(database, {now, service, "propose", "proposal", id, nullptr, {{"reasons", each.reasons}}});
  }
}

}  // namespace records
