#include "daemon/records/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/records/records.hpp"

namespace records {
namespace {

namespace fs = std::filesystem;

/// The file may only be ours to read: it holds patients. Its folder is synced by SQLite with the
/// first commit.
void make_file(const fs::path& file) {
  const int made = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (made < 0) {
    throw Refused(fmt::format("cannot make the database {}: {}", file.string(),
                              errno == EEXIST ? "there is one already" : std::strerror(errno)));
  }
  ::close(made);
}

/// SQLite would open a file that it may not write and complain much later.
void check_file(const fs::path& file) {
  if (::access(file.c_str(), F_OK) != 0) {
    throw Refused(
        fmt::format("cannot open the database {}: {}", file.string(), std::strerror(errno)));
  }
  if (::access(file.c_str(), R_OK | W_OK) != 0 ||
      ::access(fs::absolute(file).parent_path().c_str(), W_OK | X_OK) != 0) {
    throw Refused(fmt::format(
        "cannot open the database {}: no permission to write it or its folder", file.string()));
  }
}

std::string connection(const fs::path& file, bool create) {
  if (create) {
    make_file(file);
  } else {
    check_file(file);
  }
  auto path = fs::absolute(file).string();
  if (path.find('"') != std::string::npos) {
    throw Refused(
        fmt::format("cannot open the database {}: its path holds a quotation mark", path));
  }
  return "db=\"" + path + '"';
}

std::string why(const soci::soci_error& error) {
  const auto* lite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  switch (lite != nullptr ? lite->result() & 0xff : 0) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program holds it locked";
    case SQLITE_FULL: return "the disk is full";
    case SQLITE_IOERR: return "the disk reports an error";
    case SQLITE_CORRUPT: return "it is damaged";
    case SQLITE_NOTADB: return "it is no database, or damaged";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "no permission to write it";
    case SQLITE_CANTOPEN: return "it cannot be opened";
    case SQLITE_NOMEM: return "not enough memory";
    case SQLITE_CONSTRAINT: return "that would contradict what is on record";
    default: return {};
  }
}

}  // namespace

bool Row::null(const std::string& column) const {
  return row_.get_indicator(column) == soci::i_null;
}

std::string Row::text_at(std::size_t at) const {
  if (row_.get_indicator(at) == soci::i_null) return {};
  switch (row_.get_properties(at).get_data_type()) {
    case soci::dt_integer: return std::to_string(row_.get<int>(at));
    case soci::dt_long_long: return std::to_string(row_.get<long long>(at));
    case soci::dt_unsigned_long_long: return std::to_string(row_.get<unsigned long long>(at));
    case soci::dt_double: return fmt::format("{}", row_.get<double>(at));
    case soci::dt_string:
    case soci::dt_date:
    case soci::dt_blob:
    case soci::dt_xml: break;
  }
  return row_.get<std::string>(at);
}

std::string Row::text(const std::string& column) const {
  for (std::size_t at = 0; at < row_.size(); ++at) {
    if (row_.get_properties(at).get_name() == column) return text_at(at);
  }
  throw soci::soci_error("no column " + column);
}

std::int64_t Row::number(const std::string& column) const {
  // A computed column (count, max) arrives as text: SQLite gives its type no name.
  const auto words = text(column);
  return words.empty() ? 0 : std::stoll(words);
}

double Row::real(const std::string& column) const {
  if (null(column)) return 0;
  if (row_.get_properties(column).get_data_type() == soci::dt_double)
    return row_.get<double>(column);
  return std::stod(text(column));
}

void Row::append_to(std::string& bytes) const {
  for (std::size_t at = 0; at < row_.size(); ++at) {
    if (row_.get_indicator(at) == soci::i_null) {
      bytes += "~,";
      continue;
    }
    const auto words = text_at(at);
    bytes += std::to_string(words.size());
    bytes += ':';
    bytes += words;
    bytes += ',';
  }
}

void Bindings::add(const Bound& bound) {
  auto& held = held_.emplace_back();
  held.name = bound.name_;
  if (const auto* number = std::get_if<std::int64_t>(&bound.value_)) {
    held.value = static_cast<long long>(*number);
  } else if (const auto* real = std::get_if<double>(&bound.value_)) {
    held.value = *real;
  } else if (const auto* text = std::get_if<std::string>(&bound.value_)) {
    held.value = *text;
  } else {
    held.value = std::string();
    held.indicator = soci::i_null;
  }
}

void Bindings::bind_to(soci::statement& statement) {
  for (auto& held : held_) {
    std::visit(
        [&](auto& value) { statement.exchange(soci::use(value, held.indicator, held.name)); },
        held.value);
  }
}

Statement::Statement(soci::session& session, const std::string& text, Bindings values)
    : values_(std::move(values)), statement_(session) {
  values_.bind_to(statement_);
  statement_.exchange(soci::into(row_.raw()));
  statement_.alloc();
  statement_.prepare(text);
  statement_.define_and_bind();
  statement_.execute(false);
}

bool Statement::next() {
  return statement_.fetch();
}

Database::Transaction::Transaction(soci::session& session, const char* begin) : session_(session) {
  session_ << begin;
}

Database::Transaction::~Transaction() {
  if (!open_) return;
  try {
    session_ << "ROLLBACK";
  } catch (const soci::soci_error&) {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}

void Database::Transaction::commit() {
  session_ << "COMMIT";
  open_ = false;
}

Database::Database(const fs::path& file, bool create, std::chrono::milliseconds patience)
    : file_(file) {
  try {
    session_.open(*soci::factory_sqlite3(), connection(file, create));
    set_up(patience);
  } catch (const soci::soci_error& error) {
    refuse("open it", error);
  }
}

/// What is asked for is read back: SQLite answers a refusal with the old value and no error.
void Database::set_up(std::chrono::milliseconds patience) {
  const auto pragma = [this](const std::string& text) {
    std::string answer;
    session_ << text, soci::into(answer);
    return answer;
  };
  const auto insist = [&](const std::string& name, const std::string& value,
                          const std::string& expected) {
    pragma("PRAGMA " + name + " = " + value);
    const auto found = pragma("PRAGMA " + name);
    if (found != expected) {
      throw Refused(fmt::format("cannot open the database {}: {} is {} and cannot be made {}",
                                file_.string(), name, found, value));
    }
  };
  const auto wait = std::to_string(patience.count());
  insist("busy_timeout", wait, wait);
  insist("journal_mode", "DELETE", "delete");
  insist("synchronous", "EXTRA", "3");
  insist("foreign_keys", "ON", "1");
  insist("trusted_schema", "OFF", "0");
}

std::int64_t Database::change(const std::string& text, Bindings values) {
  soci::statement statement(session_);
  values.bind_to(statement);
  statement.alloc();
  statement.prepare(text);
  statement.define_and_bind();
  statement.execute(true);
  return statement.get_affected_rows();
}

std::vector<std::string> Database::damage() {
  std::vector<std::string> found;
  each("PRAGMA integrity_check(100)", {}, [&](const Row& row) {
    auto said = row.text("integrity_check");
    if (said != "ok") found.push_back(std::move(said));
  });
  each("PRAGMA foreign_key_check", {}, [&](const Row& row) {
    found.push_back(fmt::format("row {} of {} points to a row of {} that is not there",
                                row.text("rowid"), row.text("table"), row.text("parent")));
  });
  return found;
}

/// In one step: a writer waits meanwhile, so that the copy is of one moment and never begins anew.
void Database::copy_to(const fs::path& file) {
  using namespace sqlite_api;
  auto* from = static_cast<soci::sqlite3_session_backend*>(session_.get_backend())->conn_;
  make_file(file);
  sqlite3* to = nullptr;
  int answer = sqlite3_open_v2(file.c_str(), &to, SQLITE_OPEN_READWRITE, nullptr);
  if (answer == SQLITE_OK) {
    auto* copying = sqlite3_backup_init(to, "main", from, "main");
    answer = copying == nullptr ? sqlite3_errcode(to) : sqlite3_backup_step(copying, -1);
    if (copying != nullptr) sqlite3_backup_finish(copying);
    if (answer == SQLITE_DONE) answer = SQLITE_OK;
  }
  sqlite3_close(to);
  if (answer != SQLITE_OK) {
    std::error_code ignored;
    fs::remove(file, ignored);
    throw Refused(fmt::format("cannot copy the database {} to {}: {}", file_.string(),
                              file.string(), sqlite3_errstr(answer)));
  }
}

void Database::refuse(std::string_view what, const soci::soci_error& error) const {
  // Never what(): SOCI adds the bound values to it, and those are about patients.
  const auto known = why(error);
  throw Refused(fmt::format("cannot {}: database {}: {}", what, file_.string(),
                            known.empty() ? error.get_error_message() : known));
}

}  // namespace records
