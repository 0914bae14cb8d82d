#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// Printed forms: which serial went out for which pathway.
namespace records {
namespace {

/// Who made it void stands in the audit alone.
constexpr auto form_columns =
    "SELECT f.serial, f.pathway_id, f.form, f.version, f.pages, f.visit, f.printed_at, f.void_at, "
    "f.void_reason, p.patient_id, "
    "(SELECT max(r.id) FROM reports r WHERE r.serial = f.serial) AS report, "
    "(SELECT a.who FROM audit a WHERE a.entity = 'form' AND a.entity_id = f.serial "
    "AND a.what = 'void' ORDER BY a.seq DESC LIMIT 1) AS void_by "
    "FROM printed_forms f JOIN pathways p ON p.pathway_id = f.pathway_id ";
constexpr auto by_serial = "WHERE f.serial = :serial";
constexpr auto by_pathway = "WHERE f.pathway_id = :pathway ORDER BY f.printed_at, f.serial";
constexpr auto in_order = "ORDER BY f.printed_at, f.serial";
constexpr auto add_form =
    "INSERT INTO printed_forms (serial, pathway_id, form, version, pages, visit, printed_at, "
    "void_at, void_reason) "
    "VALUES (:serial, :pathway, :form, :version, :pages, :visit, :printed_at, :void_at, "
    ":void_reason)";
constexpr auto make_void =
    "UPDATE printed_forms SET void_at = :void_at, void_reason = :reason WHERE serial = :serial";
constexpr auto make_valid =
    "UPDATE printed_forms SET void_at = NULL, void_reason = '' WHERE serial = :serial";
constexpr auto one_geometry = "SELECT hash FROM geometries WHERE form_version = :form_version";
constexpr auto add_geometry =
    "INSERT INTO geometries (form_version, hash) VALUES (:form_version, :hash)";

PrintedForm form_in(const Row& row) {
  PrintedForm form;
  form.serial = known(forms::parse_serial, row.text("serial"));
  form.pathway_id = row.text("pathway_id");
  form.form = row.text("form");
  form.version = static_cast<int>(row.number("version"));
  form.pages = static_cast<int>(row.number("pages"));
  if (!row.null("visit")) form.visit = date_of(row.text("visit"));
  form.printed_at = time_of(row.text("printed_at"));
  if (!row.null("void_at")) {
    form.void_at = time_of(row.text("void_at"));
    form.void_by = row.text("void_by");
  }
  form.void_reason = row.text("void_reason");
  form.patient_id = row.text("patient_id");
  if (!row.null("report")) form.report = id_text('R', row.number("report"));
  return form;
}

std::vector<PrintedForm> find_forms(Database& database, const char* which, Bindings values) {
  std::vector<PrintedForm> found;
  database.each(std::string(form_columns) + which, std::move(values),
                [&](const Row& row) { found.push_back(form_in(row)); });
  return found;
}

std::optional<PrintedForm> find_form(Database& database, forms::Serial serial) {
  auto found = find_forms(database, by_serial, {{"serial", forms::to_text(serial)}});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

}  // namespace

void make_form_void(Database& database, const std::string& serial, const std::string& reason,
                    const std::string& who, Time now) {
  database.change(make_void, {{"serial", serial}, {"void_at", to_text(now)}, {"reason", reason}});
  note(database, {now,
                  who,
                  "void",
                  "form",
                  serial,
                  {{"void_at", nullptr}},
                  {{"void_at", to_text(now)}, {"reason", reason}}});
}

void make_unused_void(Database& database, const std::string& pathway, const std::string& reason,
                      const std::string& who, Time now) {
  for (const auto& form : find_forms(database, by_pathway, {{"pathway", pathway}})) {
    if (form.void_at || !form.report.empty() || form.is_sheet()) continue;
    make_form_void(database, forms::to_text(form.serial), reason, who, now);
  }
}

void make_valid_again(Database& database, const std::string& pathway, const std::string& reason,
                      Time void_at, const std::string& who, Time now) {
  for (const auto& form : find_forms(database, by_pathway, {{"pathway", pathway}})) {
    if (form.void_at != void_at || form.void_reason != reason) continue;
    const auto serial = forms::to_text(form.serial);
    database.change(make_valid, {{"serial", serial}});
    note(database, {now,
                    who,
                    "make valid again",
                    "form",
                    serial,
                    {{"void_at", to_text(void_at)}, {"reason", reason}},
                    {{"void_at", nullptr}}});
  }
}

void Records::issue(const PrintedForm& form, const std::string& who) {
  auto& database = state_->database;
  const auto serial = forms::to_text(form.serial);
  database.write("take note of the printed form", [&] {
    if (find_form(database, form.serial)) {
      throw Refused(fmt::format(
          "cannot take note of the printed form: serial {} has been used before", serial));
    }
    std::optional<std::string> void_at;
    if (form.void_at) void_at = to_text(*form.void_at);
    database.change(add_form, {{"serial", serial},
                               {"pathway", form.pathway_id},
                               {"form", form.form},
                               {"version", form.version},
                               {"pages", form.pages},
                               {"visit", to_text(form.visit)},
                               {"printed_at", to_text(form.printed_at)},
                               {"void_at", void_at},
                               {"void_reason", form.void_reason}});
    note(database,
         {form.printed_at,
          who,
          "print",
          "form",
          serial,
          nullptr,
          {{"pathway", form.pathway_id}, {"form", form.form}, {"version", form.version}}});
  });
}

std::optional<PrintedForm> Records::printed(forms::Serial serial) {
  auto& database = state_->database;
  return database.read("look up the serial", [&] { return find_form(database, serial); });
}

std::vector<PrintedForm> Records::printed_forms(const std::string& pathway) {
  auto& database = state_->database;
  return database.read("list the printed forms", [&] {
    return pathway.empty() ? find_forms(database, in_order, {})
                           : find_forms(database, by_pathway, {{"pathway", pathway}});
  });
}

bool Records::void_serial(forms::Serial serial, const std::string& reason, const std::string& who,
                          Time now) {
  auto& database = state_->database;
  const auto text = forms::to_text(serial);
  return database.write("void the serial", [&] {
    const auto form = find_form(database, serial);
    if (!form)
      throw Refused(fmt::format("cannot void serial {}: no form with it was printed", text));
    if (form->void_at) return false;
    make_form_void(database, text, reason, who, now);
    return true;
  });
}

bool Records::same_geometry(const std::string& form, int version, const std::string& hash) {
  auto& database = state_->database;
  const auto name = fmt::format("{}/{}", form, version);
  return database.write("remember the geometry of the form", [&] {
    std::optional<std::string> known;
    database.each(one_geometry, {{"form_version", name}},
                  [&](const Row& row) { known = row.text("hash"); });
    if (known) return *known == hash;
    database.change(add_geometry, {{"form_version", name}, {"hash", hash}});
    // The one clock in this room: whoever prints asks only whether the geometry is the same.
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    note(database, {now, service, "first printing", "geometry", name, nullptr, {{"hash", hash}}});
    return true;
  });
}

}  // namespace records
