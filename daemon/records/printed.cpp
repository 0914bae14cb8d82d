#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// Printed forms: which serial went out for which pathway.
namespace records {
namespace {

constexpr auto one_form =
    "SELECT serial, pathway_id, form, version, pages, visit, printed_at, void_at, void_reason "
    "FROM printed_forms WHERE serial = :serial";
constexpr auto add_form =
    "INSERT INTO printed_forms (serial, pathway_id, form, version, pages, visit, printed_at, "
    "void_at, void_reason) "
    "VALUES (:serial, :pathway, :form, :version, :pages, :visit, :printed_at, :void_at, "
    ":void_reason)";
constexpr auto make_void =
    "UPDATE printed_forms SET void_at = :void_at, void_reason = :reason WHERE serial = :serial";
constexpr auto one_geometry = "SELECT hash FROM geometries WHERE form_version = :form_version";
constexpr auto add_geometry =
    "INSERT INTO geometries (form_version, hash) VALUES (:form_version, :hash)";

std::optional<PrintedForm> find_form(Database& database, forms::Serial serial) {
  std::optional<PrintedForm> found;
  database.each(one_form, {{"serial", forms::to_text(serial)}}, [&](const Row& row) {
    PrintedForm form;
    form.serial = serial;
    form.pathway_id = row.text("pathway_id");
    form.form = row.text("form");
    form.version = static_cast<int>(row.number("version"));
    form.pages = static_cast<int>(row.number("pages"));
    if (!row.null("visit")) form.visit = date_of(row.text("visit"));
    form.printed_at = time_of(row.text("printed_at"));
    if (!row.null("void_at")) form.void_at = time_of(row.text("void_at"));
    form.void_reason = row.text("void_reason");
    found = std::move(form);
  });
  return found;
}

}  // namespace

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

void Records::void_serial(forms::Serial serial, const std::string& reason, const std::string& who,
                          Time now) {
  auto& database = state_->database;
  const auto text = forms::to_text(serial);
  database.write("void the serial", [&] {
    const auto form = find_form(database, serial);
    if (!form)
      throw Refused(fmt::format("cannot void serial {}: no form with it was printed", text));
    if (form->void_at) return;
    database.change(make_void, {{"serial", text}, {"void_at", to_text(now)}, {"reason", reason}});
    note(database, {now,
                    who,
                    "void",
                    "form",
                    text,
                    {{"void_at", nullptr}},
                    {{"void_at", to_text(now)}, {"reason", reason}}});
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
