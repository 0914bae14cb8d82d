#pragma once

#include <soci/soci.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// The only two files that know SOCI's and SQLite's ways are this one and schema.cpp. Inside the
/// room only.
namespace records {

/// A value for `:name`: a whole number, a real one, text, or NULL (an empty optional).
class Bound {
public:
  template <class Number>
  requires std::is_integral_v<Number> Bound(std::string name, Number value)
      : name_(std::move(name)), value_(static_cast<std::int64_t>(value)) {}
  Bound(std::string name, double value) : name_(std::move(name)), value_(value) {}
  Bound(std::string name, std::string value) : name_(std::move(name)), value_(std::move(value)) {}
  Bound(std::string name, std::string_view value) : Bound(std::move(name), std::string(value)) {}
  Bound(std::string name, const char* value) : Bound(std::move(name), std::string(value)) {}
  template <class Value>
  Bound(std::string name, const std::optional<Value>& value)
      : Bound(value ? Bound(std::move(name), *value) : Bound(std::move(name), std::monostate{})) {}

private:
  friend class Bindings;
  Bound(std::string name, std::monostate) : name_(std::move(name)) {}

  std::string name_;
  std::variant<std::monostate, std::int64_t, double, std::string> value_;
};

/// The values of one statement, kept while it runs: SOCI holds pointers to them.
class Bindings {
public:
  Bindings(std::initializer_list<Bound> values) {
    for (const auto& value : values) add(value);
  }
  void add(const Bound& bound);
  void bind_to(soci::statement& statement);

private:
  struct Held {
    std::string name;
    std::variant<long long, double, std::string> value;
    soci::indicator indicator = soci::i_ok;
  };
  std::vector<Held> held_;
};

/// One row of an answer, by column name. NULL is "", 0 or 0.0: ask null() where that matters.
class Row {
public:
  [[nodiscard]] bool null(const std::string& column) const;
  [[nodiscard]] std::string text(const std::string& column) const;
  [[nodiscard]] std::int64_t number(const std::string& column) const;
  [[nodiscard]] double real(const std::string& column) const;
  /// Every column, one after the other, so that no two different rows give the same bytes: 4:text,
  /// and ~, for NULL.
  void append_to(std::string& bytes) const;
  [[nodiscard]] soci::row& raw() { return row_; }

private:
  [[nodiscard]] std::string text_at(std::size_t at) const;
  soci::row row_;
};

/// A question with its values, asked at once, then walked row by row.
class Statement {
public:
  Statement(soci::session& session, const std::string& text, Bindings values);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Steps to the next row; false after the last.
  bool next();
  [[nodiscard]] const Row& row() const { return row_; }

private:
  Bindings values_;
  Row row_;
  soci::statement statement_;
};

/// One connection: opens the file as the promises want it, keeps transactions, and turns what the
/// database says into records::Refused.
class Database {
public:
  Database(const std::filesystem::path& file, bool create, std::chrono::milliseconds patience);

  /// Rows changed.
  std::int64_t change(const std::string& text, Bindings values);

  /// `use(row)` for each row of the answer.
  template <class Use>
  void each(const std::string& text, Bindings values, Use use) {
    Statement statement(session_, text, std::move(values));
    while (statement.next()) use(statement.row());
  }

  /// For walks that another walk has to keep in step with.
  [[nodiscard]] std::unique_ptr<Statement> ask(const std::string& text, Bindings values) {
    return std::make_unique<Statement>(session_, text, std::move(values));
  }

  /// What the database itself finds wrong: pages, indexes, constraints, foreign keys.
  [[nodiscard]] std::vector<std::string> damage();

  /// One transaction that may write: all of `work` or nothing. `what` completes "cannot ...".
  template <class Work>
  auto write(std::string_view what, Work work) {
    if constexpr (std::is_void_v<decltype(work())>) {
      within("BEGIN IMMEDIATE", what, work);
      if (after_commit_) after_commit_();
    } else {
      auto answer = within("BEGIN IMMEDIATE", what, work);
      if (after_commit_) after_commit_();
      return answer;
    }
  }

  /// Called after every commit of write(). What was committed stays, so it must not throw.
  void after_commit(std::function<void()> act) { after_commit_ = std::move(act); }

  /// This database as it is at one moment, page by page, into a new file.
  void copy_to(const std::filesystem::path& file);

  /// One view of the database, however many statements it takes.
  template <class Work>
  auto read(std::string_view what, Work work) {
    return within("BEGIN", what, work);
  }

private:
  /// Rolls back unless committed.
  class Transaction {
  public:
    Transaction(soci::session& session, const char* begin);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    soci::session& session_;
    bool open_ = true;
  };

  template <class Work>
  auto within(const char* begin, std::string_view what, Work& work) {
    try {
      Transaction transaction(session_, begin);
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        transaction.commit();
      } else {
        auto answer = work();
        transaction.commit();
        return answer;
      }
    } catch (const soci::soci_error& error) {
      refuse(what, error);
    }
  }

  void set_up(std::chrono::milliseconds patience);
  [[noreturn]] void refuse(std::string_view what, const soci::soci_error& error) const;

  std::filesystem::path file_;
  soci::session session_;
  std::function<void()> after_commit_;
};

}  // namespace records
