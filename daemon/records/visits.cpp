#include <algorithm>

#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"
#include "forms/schedule.hpp"

/// Of which visits the clinics have told.
namespace records {
namespace {

/// Held reports are in nobody's record: they tell of nothing yet.
constexpr auto reports_that_tell =
    "SELECT r.pathway_id, r.id, r.document, v.answers AS visited, f.visit AS planned, "
    "d.received_at "
    "FROM reports r JOIN documents d ON d.id = r.document "
    "LEFT JOIN fields v ON v.report = r.id AND v.name = 'visit_date' AND v.state IN ('accepted', "
    "'corrected') "
    "LEFT JOIN printed_forms f ON f.serial = r.serial "
    "WHERE r.state <> 'held' AND (:all = 1 OR r.pathway_id = :pathway) "
    "AND NOT EXISTS (SELECT 1 FROM reports n WHERE n.serial = r.serial AND n.version > r.version "
    "AND n.state <> 'held') ORDER BY r.id";
constexpr auto letters_that_tell =
    "SELECT pathway_id, document, visit FROM letters "
    "WHERE visit IS NOT NULL AND taken_back_at IS NULL AND (:all = 1 OR pathway_id = :pathway) "
    "ORDER BY document, number";

Date visit_in(const Row& row) {
  const auto visited = list_of(row.null("visited") ? "[]" : row.text("visited"));
  if (visited.size() == 1) return date_of(visited[0]);
  if (!row.null("planned")) return date_of(row.text("planned"));
  return forms::day_in_japan(time_of(row.text("received_at")));
}

}  // namespace

std::vector<Told> Records::told(const std::string& pathway) {
  auto& database = state_->database;
  const Bindings which{{"all", pathway.empty() ? 1 : 0}, {"pathway", pathway}};
  return database.read("look up what clinics have told", [&] {
    std::vector<Told> found;
    database.each(reports_that_tell, which, [&](const Row& row) {
      found.push_back({row.text("pathway_id"), id_text('R', row.number("id")),
                       id_text('D', row.number("document")), visit_in(row)});
    });
    database.each(letters_that_tell, which, [&](const Row& row) {
      found.push_back({row.text("pathway_id"), "", id_text('D', row.number("document")),
                       date_of(row.text("visit"))});
    });
    std::ranges::stable_sort(found, {}, &Told::visit);
    return found;
  });
}

}  // namespace records
