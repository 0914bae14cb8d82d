#include <iostream>
#include <set>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"

namespace cli {
namespace {

/// What the database knows must lie in the archive. What lies there beyond is a copy whose row was
/// never written: the sender still has the file, so it is told, not blamed.
std::vector<records::Fault> compare(const std::vector<std::string>& known,
                                    const std::vector<std::string>& kept, std::size_t& beyond) {
  const std::set<std::string> there(kept.begin(), kept.end());
  std::vector<records::Fault> faults;
  std::size_t matched = 0;
  for (const auto& sha256 : known) {
    if (there.contains(sha256)) {
      ++matched;
    } else {
      faults.push_back({"archive", "missing: " + sha256});
    }
  }
  beyond = there.size() - std::min(there.size(), matched);
  return faults;
}

}  // namespace

std::vector<records::Fault> all_faults(const config::Config& config, records::Records& records) {
  auto faults = records.faults();
  const spool::Archive archive(config.archive());
  std::size_t beyond = 0;
  for (auto& fault : compare(records.archived(), archive.all(), beyond))
    faults.push_back(std::move(fault));
  Progress progress("archive");
  for (auto& name :
       archive.faults([&](std::size_t done, std::size_t total) { progress.at(done, total); })) {
    faults.push_back({"archive", std::move(name)});
  }
  return faults;
}

int verify(const Context& context, const VerifyOptions& options) {
  const auto config = load_config(context);
  auto records = open_records(config);
  if (options.new_anchor) {
    require_user(records, options.by);
    records.renew_anchor(options.by, options.note, context.now);
  }
  auto faults = all_faults(config, records);
  for (const auto& hash : options.known) {
    if (!records.audit_knows(hash)) {
      faults.push_back({"audit chain", "the hash " + hash + ", kept elsewhere, is not in it"});
    }
  }
  const auto known = records.archived();
  std::size_t beyond = 0;
  static_cast<void>(compare(known, spool::Archive(config.archive()).all(), beyond));

  std::size_t in_hand = 0;
  std::size_t filed = 0;
  std::size_t held = 0;
  for (const auto& document : records.documents({})) {
    in_hand += document.state == records::DocumentState::received ? 1 : 0;
    filed += document.state == records::DocumentState::filed ? 1 : 0;
    held += document.state == records::DocumentState::held ? 1 : 0;
  }

  if (context.json) {
    auto list = nlohmann::json::array();
    for (const auto& fault : faults) list.push_back({{"what", fault.what}, {"where", fault.where}});
    std::cout << nlohmann::json{{"in_order", faults.empty()},
                                {"documents",
                                 {{"received", filed + held + in_hand},
                                  {"filed", filed},
                                  {"held", held},
                                  {"in_hand", in_hand}}},
                                {"archived", known.size()},
                                {"archived_beyond_records", beyond},
                                {"audit_head", records.audit_head()},
                                {"faults", list}}
                     .dump(2)
              << '\n';
  } else {
    std::cout << fmt::format("received {} = filed {} + held {} + in hand {}\n",
                             filed + held + in_hand, filed, held, in_hand)
              << fmt::format("archive: {} files, {} beyond the records\n", known.size(), beyond);
    std::vector<std::vector<std::string>> rows;
    rows.reserve(faults.size());
    for (const auto& fault : faults) rows.push_back({fault.what, fault.where});
    std::cout << (faults.empty() ? "everything is in order\n" : table({"FAULT", "WHERE"}, rows));
  }
  return faults.empty() ? Status::done : Status::not_in_order;
}

}  // namespace cli
