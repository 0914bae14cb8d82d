#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/words.hpp"

namespace records {
namespace {

constexpr auto sums =
    "SELECT count(*) AS received, "
    "sum(CASE WHEN state = 'filed' THEN 1 ELSE 0 END) AS filed, "
    "sum(CASE WHEN state = 'held' THEN 1 ELSE 0 END) AS held, "
    "sum(CASE WHEN state = 'received' THEN 1 ELSE 0 END) AS in_hand FROM documents";
constexpr auto last_document = "SELECT last_used FROM counters WHERE name = 'document'";

/// Numbers are the key of a page with its document, so count and extremes say whether one is
/// missing.
constexpr auto pages_that_do_not_add_up =
    "SELECT d.id, d.page_count, count(p.number) AS found, min(p.number) AS lowest, max(p.number) "
    "AS highest "
    "FROM documents d LEFT JOIN pages p ON p.document = d.id "
    "GROUP BY d.id, d.page_count "
    "HAVING count(p.number) <> d.page_count "
    "OR (count(p.number) > 0 AND (min(p.number) <> 1 OR max(p.number) <> d.page_count))";
constexpr auto pages_without_a_fate =
    "SELECT document, number, fate FROM pages "
    "WHERE fate NOT IN ('form', 'attachment', 'cover', 'blank', 'unidentified')";
constexpr auto reports_without_a_page =
    "SELECT r.id FROM reports r WHERE NOT EXISTS "
    "(SELECT 1 FROM pages p WHERE p.report = r.id AND p.document = r.document)";
constexpr auto filed_without_a_report =
    "SELECT d.id FROM documents d WHERE d.state = 'filed' "
    "AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.document = d.id) "
    "AND NOT EXISTS (SELECT 1 FROM letters l WHERE l.document = d.id AND "
    "l.taken_back_at IS NULL)";
/// A held report in a filed document would be a page that nobody looks for any more.
constexpr auto held_in_a_filed_one =
    "SELECT r.id FROM reports r JOIN documents d ON d.id = r.document "
    "WHERE d.state = 'filed' AND r.state = 'held'";
constexpr auto flags_without_a_message =
    "SELECT f.id FROM flags f WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.flag = f.id)";

constexpr auto subject = "page ledger";

void check_sums(Database& database, std::vector<Fault>& faults) {
  std::int64_t received = 0;
  database.each(sums, {}, [&](const Row& row) {
    received = row.number("received");
    const auto filed = row.number("filed");
    const auto held = row.number("held");
    const auto in_hand = row.number("in_hand");
    if (received != filed + held + in_hand) {
      faults.push_back(
          {subject, fmt::format("{} documents received, but {} filed + {} held + {} in hand",
                                received, filed, held, in_hand)});
    }
  });
  database.each(last_document, {}, [&](const Row& row) {
    if (row.number("last_used") != received) {
      faults.push_back({subject, fmt::format("{} documents were taken in, {} are on record",
                                             row.number("last_used"), received)});
    }
  });
}

}  // namespace

std::vector<Fault> ledger_faults(Database& database) {
  return database.read("check the page ledger", [&] {
    std::vector<Fault> faults;
    check_sums(database, faults);
    database.each(pages_that_do_not_add_up, {}, [&](const Row& row) {
      faults.push_back({subject, fmt::format("{} has {} pages, {} of them on record",
                                             id_text('D', row.number("id")),
                                             row.number("page_count"), row.number("found"))});
    });
    database.each(pages_without_a_fate, {}, [&](const Row& row) {
      faults.push_back({subject, fmt::format("page {} of {} has no fate", row.number("number"),
                                             id_text('D', row.number("document")))});
    });
    database.each(reports_without_a_page, {}, [&](const Row& row) {
      faults.push_back(
          {subject, fmt::format("{} stands on no page", id_text('R', row.number("id")))});
    });
    database.each(filed_without_a_report, {}, [&](const Row& row) {
      faults.push_back({subject, fmt::format("{} is filed with neither report nor letter",
                                             id_text('D', row.number("id")))});
    });
    database.each(held_in_a_filed_one, {}, [&](const Row& row) {
      faults.push_back({subject, fmt::format("{} is held, and its document is filed",
                                             id_text('R', row.number("id")))});
    });
    database.each(flags_without_a_message, {}, [&](const Row& row) {
      faults.push_back({subject, fmt::format("{} was never put into the outbox",
                                             id_text('F', row.number("id")))});
    });
    return faults;
  });
}

}  // namespace records
