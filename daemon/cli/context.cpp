#include <iostream>

#include <unistd.h>

#include "daemon/cli/cli.hpp"

namespace cli {

config::Config load_config(const Context& context) {
  if (!std::filesystem::exists(context.data / "renkei.yaml")) {
    throw WrongInput("no renkei.yaml in " + context.data.string() +
                     ": make it with 'renkei --data DIR init', or name another folder");
  }
  return config::load(context.data);
}

records::Records open_records(const config::Config& config) {
  return records::Records(config.database(), records::Records::Open::existing);
}

Progress::Progress(std::string what)
    : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (terminal_ && last_percent_ >= 0) std::cerr << "\r\033[K" << std::flush;
}

void Progress::at(std::size_t done, std::size_t total) {
  if (!terminal_ || total == 0) return;
  const int percent = static_cast<int>(100 * done / total);
  if (percent == last_percent_) return;
  last_percent_ = percent;
  std::cerr << '\r' << what_ << ": " << done << " of " << total << " (" << percent << " %)"
            << std::flush;
}

}  // namespace cli
