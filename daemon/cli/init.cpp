#include <iostream>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/files.hpp"
#include "daemon/places.hpp"
#include "forms/definition.hpp"
#include "forms/tag_key.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

config::Hospital demo_hospital() {
  return {"見本市立がんセンター", "地域医療連携室", "見本県見本市中央1-2-3", "03-0000-1000",
          "03-0000-1001"};
}

void refuse_if_used(const fs::path& data) {
  if (fs::exists(data) && !fs::is_directory(data)) {
    throw WrongInput(data.string() + " is no folder");
  }
  if (fs::exists(data) && !fs::is_empty(data)) {
    throw WrongInput(data.string() + " is in use: init wants an empty or new folder");
  }
}

/// The hospital's own copies: it may change and add forms without touching what is installed.
void copy_definitions(const fs::path& to) {
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(config::share_folder() / "forms")) {
    if (entry.path().extension() == ".yaml")
      copy_synced(entry.path(), to / entry.path().filename());
  }
}

void make(const fs::path& data, bool demo) {
  fs::create_directories(data);
  fs::permissions(data, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec);
  for (const char* inbox : {"fax", "scan"}) fs::create_directories(data / "inbox" / inbox);
  for (const char* folder : {"archive", "pictures"}) fs::create_directories(data / folder);
  fs::create_directories(data / "keys");
  fs::permissions(data / "keys", fs::perms::owner_all);
  forms::TagKeys::create(data / "keys");
  copy_definitions(data / "forms");
  static_cast<void>(forms::Catalogue::load(data / "forms"));
  const records::Records records(data / "renkei.db", records::Records::Open::create);
  // Last, so that a folder that has it is complete.
  write_whole(data / "renkei.yaml",
              config::default_text(demo ? demo_hospital() : config::Hospital{}));
}

void import_demo(const Context& context) {
  auto records = open_records(load_config(context));
  for (const char* what : {"patients", "clinics", "pathways"}) {
    import_file(context, records, what,
                config::share_folder() / "demo" / (std::string(what) + ".csv"));
  }
}

}  // namespace

int init(const Context& context, const InitOptions& options) {
  refuse_if_used(context.data);
  const bool existed = fs::exists(context.data);
  try {
    make(context.data, options.demo);
  } catch (...) {
    std::error_code ignored;  // half a data folder would be refused the next time
    for (const auto& entry : fs::directory_iterator(context.data, ignored)) {
      fs::remove_all(entry.path(), ignored);
    }
    if (!existed) fs::remove(context.data, ignored);
    throw;
  }
  if (options.demo) import_demo(context);
  if (context.json) {
    std::cout << nlohmann::json{{"data", context.data.string()}, {"demo", options.demo}}.dump(2)
              << '\n';
  } else {
    std::cout << fmt::format("made {}\n", context.data.string());
    if (!options.demo) {
      std::cout << fmt::format("next: write the hospital's name into {}\n",
                               (context.data / "renkei.yaml").string());
    }
  }
  return Status::done;
}

}  // namespace cli
