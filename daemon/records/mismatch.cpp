#include <fmt/format.h>

#include <algorithm>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// What speaks against a person's choice of a record: a slip of the hand must not undo both keys.
namespace records {
namespace {

constexpr auto one_pathway =
    "SELECT w.disease, p.patient_id, p.birth_date FROM pathways w JOIN patients p "
    "ON p.patient_id = w.patient_id WHERE w.pathway_id = :pathway";
/// Whose form a report came on, as its verified tags say.
constexpr auto printed_for =
    "SELECT w.pathway_id, w.patient_id FROM reports r "
    "JOIN printed_forms f ON f.serial = r.serial JOIN pathways w ON w.pathway_id = f.pathway_id "
    "WHERE r.id = :report "
    "AND EXISTS (SELECT 1 FROM pages p WHERE p.report = r.id AND p.tag IS NOT NULL)";
constexpr auto form_and_reasons =
    "SELECT form, form_version, reasons FROM reports WHERE id = :report";
constexpr auto proposed =
    "SELECT patient_id, reasons FROM proposals WHERE document = :document ORDER BY number";

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// Year, month and day of two days of the calendar that are not the same.
int parts_apart(const std::string& one, const std::string& other) {
  if (one.size() != 10 || other.size() != 10) return 0;
  return (one.substr(0, 4) != other.substr(0, 4) ? 1 : 0) +
         (one.substr(5, 2) != other.substr(5, 2) ? 1 : 0) +
         (one.substr(8) != other.substr(8) ? 1 : 0);
}

std::string against_tag(Database& database, std::int64_t report, const Owner& owner) {
  std::string why;
  database.each(printed_for, {{"report", report}}, [&](const Row& row) {
    if (row.text("patient_id") == owner.patient) return;
    why = fmt::format("{} was printed for {}, of another patient ({})", id_text('R', report),
                      row.text("pathway_id"), row.text("patient_id"));
  });
  return why;
}

/// A date that is doubtful may be misread in one of its parts; in two it is another.
std::string against_birth_date(Database& database, std::int64_t report, const Owner& owner,
                               const std::vector<std::string>& reasons) {
  const auto answers = answers_of(database, report);
  const auto written = answers.find("birth_date");
  if (written == answers.end() || written->second.values.empty()) return "";
  const auto& said = written->second.value();
  if (said == owner.birth_date) return "";
  const bool sure = written->second.state == forms::AnswerState::accepted ||
                    written->second.state == forms::AnswerState::corrected;
  const bool another =
      contains(reasons, "identity-mismatch") || parts_apart(said, owner.birth_date) > 1;
  if (!sure && !another) return "";
  return fmt::format("{} says {} for a date of birth, patient {} was born on {}",
                     id_text('R', report), said, owner.patient, owner.birth_date);
}

}  // namespace

std::optional<Owner> owner_of(Database& database, const std::string& pathway) {
  std::optional<Owner> owner;
  database.each(one_pathway, {{"pathway", pathway}}, [&](const Row& row) {
    owner = Owner{row.text("disease"), row.text("patient_id"), row.text("birth_date")};
  });
  return owner;
}

std::string against_report(Database& database, std::int64_t report, const Owner& owner,
                           const Records::Definitions& definitions) {
  if (auto why = against_tag(database, report, owner); !why.empty()) return why;
  std::string why;
  std::vector<std::string> reasons;
  database.each(form_and_reasons, {{"report", report}}, [&](const Row& row) {
    reasons = list_of(row.text("reasons"));
    const auto* form = definitions(row.text("form"), static_cast<int>(row.number("form_version")));
    if (form == nullptr || form->disease == owner.disease) return;
    why = fmt::format("{} is a {}, the pathway is one of {} cancer", id_text('R', report),
                      row.text("form"), owner.disease);
  });
  return why.empty() ? against_birth_date(database, report, owner, reasons) : why;
}

std::string against_words(Database& database, std::int64_t document, const Owner& owner) {
  std::string why;
  bool named = false;
  database.each(proposed, {{"document", document}}, [&](const Row& row) {
    const auto reasons = list_of(row.text("reasons"));
    if (!contains(reasons, "number") && !contains(reasons, "birth_date")) return;
    if (row.text("patient_id") == owner.patient) named = true;
    if (!why.empty()) return;
    why = fmt::format("its words name patient {} ({})", row.text("patient_id"),
                      fmt::join(reasons, ", "));
  });
  return named ? "" : why;
}

}  // namespace records
