#include "daemon/records/audit.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <unordered_map>

#include "daemon/records/words.hpp"

namespace records {
namespace {

constexpr auto use_number = "UPDATE counters SET last_used = last_used + 1 WHERE name = :name";
constexpr auto last_number = "SELECT last_used FROM counters WHERE name = :name";
constexpr auto newest_row = "SELECT hash FROM audit WHERE seq = (SELECT max(seq) FROM audit)";
constexpr auto newest_seq = "SELECT max(seq) AS newest FROM audit";
constexpr auto add_row =
    "INSERT INTO audit (seq, done_at, who, what, entity, entity_id, was, became, content, hash) "
    "VALUES (:seq, :done_at, :who, :what, :entity, :entity_id, :was, :became, :content, :hash)";
constexpr auto whole_chain =
    "SELECT seq, done_at, who, what, entity, entity_id, was, became, content, hash FROM audit "
    "ORDER BY seq";
constexpr auto newest_seal =
    "SELECT content FROM audit WHERE entity = :entity AND entity_id = :id ORDER BY seq DESC LIMIT "
    "1";
constexpr auto known_hash = "SELECT seq FROM audit WHERE hash = :hash";
constexpr auto trace_rows =
    "SELECT seq, done_at, who, what, entity, entity_id, was, became, hash FROM audit "
    "WHERE entity = :entity AND entity_id = :id ORDER BY seq";

/// Rows that belong to an entity: `key` holds its id.
struct Part {
  const char* table;
  const char* key;
  const char* columns;
};

/// What is sealed as one. An entity with a letter has numbers for keys ("D-000001"), others their
/// own text.
struct Entity {
  const char* name;
  char letter;
  std::vector<Part> parts;  ///< the first has one row for each entity
};

const std::vector<Entity>& entities() {
  static const std::vector<Entity> all = {
      {"patient", 0, {{"patients", "patient_id", "patient_id, name, kana, birth_date, sex"}}},
      {"clinic", 0, {{"clinics", "clinic_id", "clinic_id, name, fax, doctor"}}},
      {"pathway",
       0,
       {{"pathways", "pathway_id",
         "pathway_id, patient_id, clinic_id, disease, started_on, hospital_doctor, thresholds"}}},
      {"form",
       0,
       {{"printed_forms", "serial",
         "serial, pathway_id, form, version, pages, visit, printed_at, void_at, void_reason"}}},
      {"geometry", 0, {{"geometries", "form_version", "form_version, hash"}}},
      {"document",
       'D',
       {{"documents", "id",
         "id, source, name, sha256, bytes, received_at, state, reasons, detail, page_count, "
         "second_look, "
         "pictures"},
        {"arrivals", "document", "document, number, arrived_at, source, name"},
        {"pages", "document",
         "document, number, fate, tag, tag_form, quality, report, form_page, words"}}},
      {"report",
       'R',
       {{"reports", "id",
         "id, document, serial, version, supersedes, state, pathway_id, candidate_pathway, "
         "reasons, form, "
         "form_version, notes"},
        {"fields", "report",
         "report, name, answers, state, confidence, page, box, doubt, ink, several"},
        {"corrections", "report",
         "report, field, number, corrected_at, who, old_answers, old_state, new_answers"}}},
      {"flag",
       'F',
       {{"flags", "id",
         "id, document, report, kind, severity, evidence, reason, state, raised_at, "
         "acknowledged_at, "
         "acknowledged_by, note"}}},
      {"ending",
       0,
       {{"endings", "ending",
         "ending, pathway_id, number, ended_on, why, flag, ended_at, ended_by, note, reopened_at, "
         "reopened_by, reopened_note"}}},
      {"closing", 'F', {{"closings", "flag", "flag, how, closed_at, closed_by, why"}}},
      {"letter",
       0,
       {{"letters", "letter",
         "letter, document, number, pathway_id, visit, pages, filed_at, filed_by, note, "
         "taken_back_at, taken_back_by"}}},
      {"message",
       'M',
       {{"outbox", "id", "id, flag, kind, created_at, attempts, tried_at, trouble, sent_at"}}},
      {"delivery",
       0,
       {{"deliveries", "delivery",
         "delivery, message, channel, attempts, tried_at, next_at, trouble, done_at"}}},
      {"proposal",
       0,
       {{"proposals", "proposal", "proposal, document, number, patient_id, reasons"}}},
      {"user", 0, {{"users", "name", "name, role"}}},
  };
  return all;
}

/// Null if an audit row speaks of something that no program of ours knows.
const Entity* entity_named(const std::string& name) {
  for (const auto& entity : entities()) {
    if (entity.name == name) return &entity;
  }
  return nullptr;
}

class Sha256 {
public:
  Sha256() { crypto_hash_sha256_init(&state_); }
  Sha256& add(const std::string& bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
    return *this;
  }
  [[nodiscard]] std::string hex() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256_final(&state_, hash.data());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text{};
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    return text.data();
  }

private:
  crypto_hash_sha256_state state_{};
};

void append(std::string& bytes, const std::string& text) {
  bytes += std::to_string(text.size());
  bytes += ':';
  bytes += text;
  bytes += ',';
}

/// The hash of one audit row.
std::string link(const std::string& before, const std::vector<std::string>& columns) {
  std::string bytes;
  append(bytes, before);
  for (const auto& column : columns) append(bytes, column);
  return Sha256().add(bytes).hex();
}

const std::string no_hash(64, '0');

/// Gathers the rows of one entity, part by part, and seals them. The order in which a database
/// returns rows of one part must not matter: it depends on its collation.
class Seal {
public:
  void add(const Row& row) {
    auto& bytes = rows_.emplace_back();
    row.append_to(bytes);
  }
  void end_part() {
    std::sort(rows_.begin(), rows_.end());
    std::string part;
    for (const auto& row : rows_) append(part, row);
    rows_.clear();
    hash_.add(fmt::format("{}:", part.size())).add(part);
  }
  [[nodiscard]] std::string hex() { return hash_.hex(); }

private:
  Sha256 hash_;
  std::vector<std::string> rows_;
};

std::string rows_of(const Part& part) {
  return fmt::format("SELECT {} FROM {}", part.columns, part.table);
}

/// The seal of an entity as it stands; empty if there is none.
std::string seal_of(Database& database, const Entity& entity, const std::string& id) {
  std::optional<Bound> key;
  if (entity.letter == 0) {
    key.emplace("key", id);
  } else {
    const auto number = id_number(entity.letter, id);
    if (!number) return {};
    key.emplace("key", *number);
  }
  Seal seal;
  bool first = true;
  for (const auto& part : entity.parts) {
    bool any = false;
    database.each(fmt::format("{} WHERE {} = :key", rows_of(part), part.key), {*key},
                  [&](const Row& row) {
                    seal.add(row);
                    any = true;
                  });
    if (first && !any) return {};
    first = false;
    seal.end_part();
  }
  return seal.hex();
}

using Seals =
    std::unordered_map<std::string, std::string>;  ///< "document D-000001" to its newest seal

Seals check_chain(Database& database, std::vector<Fault>& faults) {
  Seals newest;
  std::string before = no_hash;
  std::int64_t expected = 1;
  database.each(whole_chain, {}, [&](const Row& row) {
    const auto seq = row.number("seq");
    if (seq != expected) {
      faults.push_back(
          {"audit chain", fmt::format("rows {} to {} are missing", expected, seq - 1)});
    }
    std::vector<std::string> columns;
    for (const char* name :
         {"seq", "done_at", "who", "what", "entity", "entity_id", "was", "became", "content"}) {
      columns.push_back(row.text(name));
    }
    const auto hash = row.text("hash");
    if (link(before, columns) != hash) {
      faults.push_back({"audit chain", fmt::format("row {} is not what was written", seq)});
    }
    before = hash;
    expected = seq + 1;
    newest[row.text("entity") + ' ' + row.text("entity_id")] = row.text("content");
  });
  std::int64_t counted = 0;
  database.each(last_number, {{"name", "audit"}},
                [&](const Row& row) { counted = row.number("last_used"); });
  if (counted != expected - 1) {
    faults.push_back({"audit chain", fmt::format("{} rows were written, the last found is {}",
                                                 counted, expected - 1)});
  }
  return newest;
}

/// Alone and in one view: what a pass over everything found may have been changed by another since
/// it began.
bool as_left(Database& database, const Entity& entity, const std::string& id) {
  return database.read("check the audit", [&] {
    std::string expected;
    database.each(newest_seal, {{"entity", entity.name}, {"id", id}},
                  [&](const Row& row) { expected = row.text("content"); });
    return seal_of(database, entity, id) == expected;
  });
}

/// All ids of an entity whose content is not what `newest` says; takes what it has seen out of
/// `newest`.
std::vector<std::string> differing(Database& database, const Entity& entity, Seals& newest) {
  std::vector<std::string> found;
  const auto id_in = [&](const Row& row, const Part& part) {
    const auto key = row.text(part.key);
    return entity.letter == 0 ? key : id_text(entity.letter, std::stoll(key));
  };
  std::vector<std::unique_ptr<Statement>> cursors;
  std::vector<bool> more;
  for (const auto& part : entity.parts) {
    cursors.push_back(database.ask(fmt::format("{} ORDER BY {}", rows_of(part), part.key), {}));
    more.push_back(cursors.back()->next());
  }
  while (more[0]) {
    const auto id = id_in(cursors[0]->row(), entity.parts[0]);
    Seal seal;
    for (std::size_t i = 0; i < cursors.size(); ++i) {
      while (more[i] && id_in(cursors[i]->row(), entity.parts[i]) == id) {
        seal.add(cursors[i]->row());
        more[i] = cursors[i]->next();
      }
      seal.end_part();
    }
    const auto known = newest.extract(std::string(entity.name) + ' ' + id);
    if (known.empty() || known.mapped() != seal.hex()) found.push_back(id);
  }
  return found;
}

}  // namespace

std::int64_t next_number(Database& database, const std::string& name) {
  database.change(use_number, {{"name", name}});
  std::int64_t number = 0;
  database.each(last_number, {{"name", name}},
                [&](const Row& row) { number = row.number("last_used"); });
  if (number < 1)
    throw Refused("the database is damaged: it does not count its " + name + " numbers");
  return number;
}

void note(Database& database, const Change& change) {
  const auto before = head_of(database);
  const auto seq = next_number(database, "audit");
  const auto* entity = entity_named(change.entity);
  assert(entity != nullptr && "every note is about an entity of the table above");
  // People may type F-1 for F-000001: a row under that name would be nobody's.
  if (entity->letter != 0) {
    const auto number = id_number(entity->letter, change.id);
    if (!number || id_text(entity->letter, *number) != change.id)
      throw std::logic_error("an audit row for '" + change.id + "', which is no id");
  }
  const auto content = seal_of(database, *entity, change.id);
  const std::vector<std::string> columns = {std::to_string(seq),
                                            to_text(change.at),
                                            change.who,
                                            change.what,
                                            change.entity,
                                            change.id,
                                            json_text(change.was),
                                            json_text(change.became),
                                            content};
  database.change(add_row, {{"seq", seq},
                            {"done_at", columns[1]},
                            {"who", columns[2]},
                            {"what", columns[3]},
                            {"entity", columns[4]},
                            {"entity_id", columns[5]},
                            {"was", columns[6]},
                            {"became", columns[7]},
                            {"content", columns[8]},
                            {"hash", link(before, columns)}});
}

std::string head_of(Database& database) {
  std::string hash = no_hash;
  database.each(newest_row, {}, [&](const Row& row) { hash = row.text("hash"); });
  return hash;
}

std::int64_t length_of(Database& database) {
  std::int64_t seq = 0;
  database.each(newest_seq, {}, [&](const Row& row) { seq = row.number("newest"); });
  return seq;
}

bool knows_hash(Database& database, const std::string& hash) {
  bool found = hash == no_hash;
  database.each(known_hash, {{"hash", hash}}, [&](const Row&) { found = true; });
  return found;
}

std::vector<AuditRow> trace_of(Database& database, const std::string& entity,
                               const std::string& id) {
  std::vector<AuditRow> rows;
  database.each(trace_rows, {{"entity", entity}, {"id", id}}, [&](const Row& row) {
    rows.push_back({row.number("seq"), time_of(row.text("done_at")), row.text("who"),
                    row.text("what"), row.text("entity"), row.text("entity_id"), row.text("was"),
                    row.text("became"), row.text("hash")});
  });
  return rows;
}

std::vector<Fault> audit_faults(Database& database) {
  std::vector<Fault> faults;
  auto newest = database.read("check the audit", [&] { return check_chain(database, faults); });
  const auto complain = [&](const Entity& entity, const std::string& id) {
    if (!as_left(database, entity, id)) {
      faults.push_back({"audit chain", fmt::format("{} {} is not as its newest audit row left it",
                                                   entity.name, id)});
    }
  };
  for (const auto& entity : entities()) {
    const auto found =
        database.read("check the audit", [&] { return differing(database, entity, newest); });
    for (const auto& id : found) complain(entity, id);
  }
  // What is left was sealed once and is not there now.
  for (const auto& left : newest) {
    const auto gap = left.first.find(' ');
    if (const auto* entity = entity_named(left.first.substr(0, gap))) {
      complain(*entity, left.first.substr(gap + 1));
    }
  }
  return faults;
}

}  // namespace records
