#include <algorithm>
#include <limits>

#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// What the record of a pathway tells the rules about one of its papers.
namespace records {
namespace {

constexpr auto pathway_facts =
    "SELECT started_on, thresholds FROM pathways WHERE pathway_id = :pathway";
constexpr auto marker_values =
    "SELECT f.name, f.answers, d.answers AS visited, u.received_at "
    "FROM reports r JOIN documents u ON u.id = r.document JOIN fields f ON f.report = r.id "
    "LEFT JOIN fields d ON d.report = r.id AND d.name = 'visit_date' AND d.state IN ('accepted', "
    "'corrected') "
    "WHERE r.pathway_id = :pathway AND r.serial <> :except AND r.state <> 'held' AND f.state IN "
    "('accepted', 'corrected') "
    "AND NOT EXISTS (SELECT 1 FROM reports n WHERE n.serial = r.serial AND n.version > r.version "
    "AND n.state <> 'held') "
    "ORDER BY r.id";
constexpr auto visits_told =
    "SELECT v.answers FROM reports r JOIN fields v ON v.report = r.id AND v.name = 'visit_date' "
    "AND v.state IN ('accepted', 'corrected') "
    "WHERE r.pathway_id = :pathway AND r.serial <> :except AND r.id < :before "
    "AND r.state <> 'held' AND NOT EXISTS (SELECT 1 FROM reports n WHERE n.serial = r.serial "
    "AND n.version > r.version AND n.state <> 'held') "
    "ORDER BY r.id";

using Markers = std::map<std::string, std::vector<forms::rules::MarkerValue>, std::less<>>;

std::map<std::string, double, std::less<>> thresholds_in(std::string_view text) {
  std::map<std::string, double, std::less<>> found;
  const auto thresholds = json_of(text);
  for (const auto& [marker, limit] : thresholds.items()) {
    if (!limit.is_string()) continue;
    if (const auto value = number_in(limit.get<std::string>())) found.emplace(marker, *value);
  }
  return found;
}

Markers markers_in(Database& database, const std::string& pathway,
                   const std::string& except_serial) {
  Markers markers;
  database.each(marker_values, {{"pathway", pathway}, {"except", except_serial}},
                [&](const Row& row) {
                  const auto answers = list_of(row.text("answers"));
                  if (answers.size() != 1) return;
                  const auto value = number_in(answers[0]);
                  if (!value) return;
                  const auto visited = list_of(row.null("visited") ? "[]" : row.text("visited"));
                  const auto on =
                      visited.size() == 1 ? date_of(visited[0]) : date_of(row.text("received_at"));
                  markers[row.text("name")].push_back({on, *value});
                });
  for (auto& [name, values] : markers) {
    std::stable_sort(values.begin(), values.end(),
                     [](const auto& a, const auto& b) { return a.on < b.on; });
  }
  return markers;
}

/// Of two papers that tell of one visit the later is the one too many: each looks at those before
/// it.
std::vector<Date> visits_in(Database& database, const std::string& pathway, const Paper& paper) {
  std::vector<Date> visits;
  database.each(visits_told,
                {{"pathway", pathway}, {"except", paper.serial}, {"before", paper.report}},
                [&](const Row& row) {
                  const auto visited = list_of(row.text("answers"));
                  if (visited.size() == 1) visits.push_back(date_of(visited[0]));
                });
  return visits;
}

}  // namespace

forms::rules::History history_in(Database& database, const std::string& pathway,
                                 const Paper& paper) {
  forms::rules::History history;
  history.received_on = paper.received_on;
  if (pathway.empty()) return history;
  database.each(pathway_facts, {{"pathway", pathway}}, [&](const Row& row) {
    history.started_on = date_of(row.text("started_on"));
    history.thresholds = thresholds_in(row.text("thresholds"));
  });
  history.markers = markers_in(database, pathway, paper.serial);
  history.visits = visits_in(database, pathway, paper);
  return history;
}

forms::rules::History Records::history_of(const std::string& pathway, forms::Serial paper,
                                          Date received_on) {
  auto& database = state_->database;
  return database.read("look up the history", [&] {
    constexpr auto newest = std::numeric_limits<std::int64_t>::max();
    return history_in(database, pathway, {forms::to_text(paper), newest, received_on});
  });
}

}  // namespace records
