#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"

namespace records {
namespace {

constexpr auto one_user = "SELECT name, role FROM users WHERE name = :name";
constexpr auto all_users = "SELECT name, role FROM users ORDER BY name";
constexpr auto add = "INSERT INTO users (name, role) VALUES (:name, :role)";

User user_in(const Row& row) {
  return {row.text("name"), row.text("role")};
}

std::optional<User> find_user(Database& database, const std::string& name) {
  std::optional<User> found;
  database.each(one_user, {{"name", name}}, [&](const Row& row) { found = user_in(row); });
  return found;
}

}  // namespace

bool Records::add_user(const User& user, const std::string& who, Time now) {
  auto& database = state_->database;
  return database.write("add the user", [&] {
    if (find_user(database, user.name)) return false;
    database.change(add, {{"name", user.name}, {"role", user.role}});
    note(database, {now, who, "add", "user", user.name, nullptr, {{"role", user.role}}});
    return true;
  });
}

std::optional<User> Records::user(const std::string& name) {
  auto& database = state_->database;
  return database.read("look up the user", [&] { return find_user(database, name); });
}

std::vector<User> Records::users() {
  auto& database = state_->database;
  return database.read("list the users", [&] {
    std::vector<User> found;
    database.each(all_users, {}, [&](const Row& row) { found.push_back(user_in(row)); });
    return found;
  });
}

}  // namespace records
