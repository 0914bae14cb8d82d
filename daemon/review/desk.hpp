#pragma once

#include <filesystem>
#include <memory>
#include <string>

/// The desk: web pages on loopback for coordinators and doctors. Read-only so far.
namespace review {

struct Settings {
  std::string address = "127.0.0.1";
  int port = 8470;                 ///< 0: any free one
  std::filesystem::path database;  ///< the desk opens its own connections
  std::filesystem::path forms;     ///< definitions, for field labels
  std::filesystem::path pictures;  ///< page pictures: DOCUMENT-PAGE.png
  std::filesystem::path assets;    ///< templates, style sheet, script
  std::string hospital;            ///< in the page head
};

class Desk {
public:
  /// Binds and begins to serve from threads of its own. Throws std::runtime_error naming the
  /// address if it cannot.
  explicit Desk(Settings settings);
  ~Desk();  ///< stops serving
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  [[nodiscard]] int port() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace review
