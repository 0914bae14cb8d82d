#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/notify/notify.hpp"
#include "daemon/reader/reader.hpp"
#include "spool/spool.hpp"

/// DIR/renkei.yaml, typed. An unknown key is an error that names its line.
namespace config {

struct Hospital {
  std::string name, department, address, phone, fax;
};

struct Desk {
  std::string address = "127.0.0.1";
  int port = 8470;  ///< 0: any free one (tests)
};

struct Config {
  std::filesystem::path data;  ///< DIR
  Hospital hospital;
  Desk desk;
  std::vector<spool::Source> sources;
  std::filesystem::path forms;  ///< folder of definitions
  reader::Settings reader;
  notify::Settings notify;

  // where things lie under DIR
  [[nodiscard]] std::filesystem::path database() const { return data / "renkei.db"; }
  [[nodiscard]] std::filesystem::path archive() const { return data / "archive"; }
  [[nodiscard]] std::filesystem::path keys() const { return data / "keys"; }
  [[nodiscard]] std::filesystem::path pictures() const { return data / "pictures"; }
};

class BadConfig : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;  ///< "renkei.yaml:7: unknown key 'prot' under desk;
                                            ///< known: ..."
};

/// Throws BadConfig, or std::system_error if the file cannot be read.
[[nodiscard]] Config load(const std::filesystem::path& data);
/// What `renkei init` writes; read back by load without a change.
[[nodiscard]] std::string default_text(const Hospital& hospital);

}  // namespace config
