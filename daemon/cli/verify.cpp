#include <algorithm>
#include <iostream>
#include <set>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"

namespace cli {
namespace {

/// What the database knows must lie in the archive. What lies there beyond is a copy whose row was
/// never written: the sender still has the file, so it is told, not blamed.
std::vector<Fault> compare(const std::vector<std::string>& known,
                           const std::vector<std::string>& kept, std::size_t& beyond) {
  const std::set<std::string> there(kept.begin(), kept.end());
  std::vector<Fault> faults;
  std::size_t matched = 0;
  for (const auto& sha256 : known) {
    if (there.contains(sha256)) {
      ++matched;
    } else {
      faults.push_back({{"archive", "missing: " + sha256}, "missing"});
    }
  }
  beyond = there.size() - std::min(there.size(), matched);
  return faults;
}

/// The hash that a path in the archive ends with; empty: none.
std::string hash_in(const std::string& where) {
  constexpr std::size_t length = 64;
  const auto from = where.find_last_of("/ ") + 1;  // 0 if there is none
  const auto name = where.substr(from, where.find('.', from) - from);
  const bool is_hash =
      name.size() == length && name.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? name : "";
}

/// A hash stands alone where its file's bytes are others, and as its own path where what lies there
/// is no file at all.
std::string wrong_with(const std::string& where) {
  const auto hash = hash_in(where);
  const bool in_its_place =
      !hash.empty() && (where == hash || where == hash.substr(0, 2) + "/" + hash);
  if (in_its_place) return "damaged";
  return !hash.empty() && where.ends_with(".damaged") ? "set-aside" : "foreign";
}

const char* words_for(const Fault& fault) {
  if (fault.how == "damaged") return "damaged";
  if (fault.how == "missing") return "missing";
  if (fault.how == "set-aside") return "set aside: damaged before";
  return fault.how.empty() ? "" : "not ours";
}

std::vector<std::string> fault_row(const Fault& fault) {
  if (!fault.document) return {fault.what, words_for(fault), "", "", "", fault.where};
  return {fault.what,
          words_for(fault),
          fault.document->id,
          fault.document->name,
          local_time(fault.document->received_at),
          fault.where};
}

void say_faults(const std::vector<Fault>& faults) {
  std::cout << table({"FAULT", "WRONG", "DOCUMENT", "NAME", "RECEIVED", "WHERE"},
                     rows_of(faults, fault_row), width_of_output());
  const bool lost = std::ranges::any_of(faults, [](const Fault& fault) {
    return fault.document && (fault.how == "damaged" || fault.how == "missing");
  });
  if (!lost) return;
  std::cout
      << "\nHand the original in again from a backup ('renkei submit': the same bytes mend the "
         "archive), or ask its sender for it.\n";
}

}  // namespace

nlohmann::json to_json(const Fault& fault) {
  nlohmann::json answer{{"what", fault.what}, {"where", fault.where}};
  if (fault.what != "archive") return answer;
  const auto hash = hash_in(fault.where);
  answer["how"] = fault.how;
  answer["sha256"] = hash.empty() ? nlohmann::json() : nlohmann::json(hash);
  for (const auto* key : {"document", "name", "received_at"}) answer[key] = nullptr;
  if (!fault.document) return answer;
  answer["document"] = fault.document->id;
  answer["name"] = fault.document->name;
  answer["received_at"] = exchange::to_text(fault.document->received_at);
  return answer;
}

std::vector<Fault> all_faults(const config::Config& config, records::Records& records) {
  std::vector<Fault> faults;
  for (auto& fault : records.faults()) faults.push_back({std::move(fault)});
  const spool::Archive archive(config.archive());
  std::size_t beyond = 0;
  for (auto& fault : compare(records.archived(), archive.all(), beyond))
    faults.push_back(std::move(fault));
  Progress progress("archive");
  for (auto& name :
       archive.faults([&](std::size_t done, std::size_t total) { progress.at(done, total); })) {
    auto how = wrong_with(name);
    faults.push_back({{"archive", std::move(name)}, std::move(how)});
  }
  for (auto& fault : faults) {
    if (fault.what != "archive") continue;
    const auto hash = hash_in(fault.where);
    if (!hash.empty()) fault.document = records.document_by_sha256(hash);
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
      faults.push_back({{"audit chain", "the hash " + hash + ", kept elsewhere, is not in it"}});
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
    for (const auto& fault : faults) list.push_back(to_json(fault));
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
    if (faults.empty()) {
      std::cout << "everything is in order\n";
    } else {
      say_faults(faults);
    }
  }
  return faults.empty() ? Status::done : Status::not_in_order;
}

}  // namespace cli
