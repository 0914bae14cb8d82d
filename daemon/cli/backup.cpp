#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/files.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/exchange/json.hpp"

/// A backup is a data folder like any other, made while the service runs, with a note of when.
namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr auto note_name = "backup.json";
constexpr auto inbox_name = "inbox";

void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int reason = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) {
    throw std::system_error(reason, std::generic_category(), "cannot sync " + folder.string());
  }
}

/// With the protection that it has: keys stay the owner's alone. Asked for first: a file of an
/// inbox may be taken in at any moment.
void copy_kept(const fs::path& from, const fs::path& to) {
  const auto kept = fs::status(from).permissions();
  copy_synced(from, to);
  fs::permissions(to, kept);
}

/// Everything under `from`, but nothing that is not a plain file or a folder.
void copy_tree(const fs::path& from, const fs::path& to) {
  if (!fs::exists(from)) return;
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    const auto name = entry.path().filename();
    const auto there = to / name;
    // What begins with a dot is on its way to another name.
    if (entry.is_symlink() || name.string().starts_with(".")) continue;
    if (entry.is_directory()) copy_tree(entry.path(), there);
    if (entry.is_regular_file()) copy_kept(entry.path(), there);
  }
  fs::permissions(to, fs::status(from).permissions());
  sync_folder(to);
}

struct CopiedArchive {
  std::size_t whole = 0;
  std::vector<std::string> missing, damaged;  ///< SHA-256
};

bool can_be_read(const fs::path& file) {
  try {
    static_cast<void>(sha256_of(file));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

/// Only what the copied database knows, and each one tested by its name.
CopiedArchive copy_archive(const spool::Archive& from, const spool::Archive& to,
                           const std::vector<std::string>& known) {
  Progress progress("archive");
  CopiedArchive copied;
  std::size_t done = 0;
  for (const auto& sha256 : known) {
    const auto source = from.path_of(sha256);
    const auto target = to.path_of(sha256);
    progress.at(++done, known.size());
    if (!fs::exists(source)) {
      copied.missing.push_back(sha256);
      continue;
    }
    fs::create_directories(target.parent_path());
    try {
      copy_kept(source, target);
    } catch (const std::system_error&) {
      if (can_be_read(source)) throw;  // it is the copy's disk that refuses
      copied.damaged.push_back(sha256);
      continue;
    }
    if (sha256_of(target) == sha256) {
      ++copied.whole;
    } else {
      copied.damaged.push_back(sha256);
    }
  }
  return copied;
}

/// A backup tells what was lost before it was made; what it lost itself is another matter.
void refuse_new_losses(const CopiedArchive& copied, const fs::path& note) {
  std::ifstream in(note);
  const auto told = nlohmann::json::parse(in, nullptr, false);
  std::vector<std::string> known;
  for (const auto* list : {"missing", "damaged"}) {
    if (told.is_object())
      std::ranges::copy(told.value(list, std::vector<std::string>()), std::back_inserter(known));
  }
  std::string lost;
  const auto look = [&](const std::vector<std::string>& found, const char* what) {
    for (const auto& sha256 : found) {
      if (std::ranges::find(known, sha256) == known.end())
        lost += fmt::format("\n  {} {}", what, sha256);
    }
  };
  look(copied.missing, "missing");
  look(copied.damaged, "damaged");
  if (!lost.empty()) throw std::runtime_error("of the backup's archive, since it was made:" + lost);
}

/// Folders and files beside database and archive, as they lie under DIR.
void copy_the_rest(const fs::path& from, const fs::path& to) {
  for (const auto* folder : {"keys", "forms", "pictures"}) copy_tree(from / folder, to / folder);
  // Secrets of notification lie where renkei.yaml says: usually in DIR.
  for (const auto& entry : fs::directory_iterator(from)) {
    const auto name = entry.path().filename().string();
    const bool ours = name.starts_with("renkei.db") || name == "renkei.anchor" ||
                      name == "renkeid.lock" || name == note_name;
    if (ours || entry.is_symlink() || !entry.is_regular_file()) continue;
    copy_kept(entry.path(), to / name);
  }
}

/// What lies in a source's folder: on no record yet, so that no other copy of it is ours. A file
/// that has gone meanwhile was taken in, and is on record.
void copy_waiting(const fs::path& folder, const fs::path& to) {
  std::error_code none;
  if (!fs::is_directory(folder, none)) return;
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename();
    if (name.string().starts_with(".") || entry.is_symlink(none) || !entry.is_regular_file(none)) {
      continue;
    }
    try {
      copy_kept(entry.path(), to / name);
    } catch (const std::system_error& gone) {
      if (gone.code() != std::errc::no_such_file_or_directory) throw;
    }
  }
  fs::permissions(to, fs::status(folder).permissions());
  sync_folder(to);
}

/// Every source's, by its name, wherever its folder lies.
void copy_inboxes(const config::Config& config, const fs::path& out) {
  for (const auto& source : config.sources)
    copy_waiting(source.folder, out / inbox_name / source.name);
  if (fs::exists(out / inbox_name)) sync_folder(out / inbox_name);
}

/// Copies of files that the copied archive holds whole: they were taken in between the two.
/// Gives how many files still wait.
std::size_t leave_what_waits(const fs::path& out, const CopiedArchive& copied) {
  auto known = records::Records(out / "renkei.db", records::Records::Open::existing).archived();
  for (const auto* lost : {&copied.missing, &copied.damaged}) {
    std::erase_if(known, [&](const std::string& each) {
      return std::ranges::find(*lost, each) != lost->end();
    });
  }
  std::size_t waiting = 0;
  if (!fs::exists(out / inbox_name)) return waiting;
  for (const auto& entry : fs::recursive_directory_iterator(out / inbox_name)) {
    if (!entry.is_regular_file()) continue;
    ++waiting;
    if (std::ranges::find(known, sha256_of(entry.path())) == known.end()) continue;
    fs::remove(entry.path());
    --waiting;
  }
  return waiting;
}

void refuse_if_used(const fs::path& folder, const char* what) {
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder) || !fs::is_empty(folder)) {
    throw WrongInput(folder.string() + " is in use: " + what + " wants an empty or new folder");
  }
}

/// What the copied database knows of the archive, and everything beside the two.
CopiedArchive copy_beside_database(const fs::path& from, const fs::path& archive,
                                   const fs::path& out) {
  records::Records copy(out / "renkei.db", records::Records::Open::existing);
  auto copied =
      copy_archive(spool::Archive(archive), spool::Archive(out / "archive"), copy.archived());
  copy_the_rest(from, out);
  return copied;
}

/// The unfinished copy lies beside the finished one's place, so that it can be renamed into it.
template <typename Fill>
void make_whole(const fs::path& out, const Fill& fill) {
  const fs::path unfinished = out.string() + ".part";
  fs::remove_all(unfinished);
  fs::create_directories(unfinished);
  fs::permissions(unfinished, fs::perms::owner_all);
  try {
    fill(unfinished);
    sync_folder(unfinished);
    fs::remove(out);  // an empty folder
    fs::rename(unfinished, out);
    sync_folder(out.has_parent_path() ? out.parent_path() : fs::path("."));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    throw;
  }
}

fs::path plain(const fs::path& folder) {
  auto path = fs::absolute(folder).lexically_normal();
  return path.filename().empty() ? path.parent_path() : path;
}

std::vector<Fault> faults_in(const Context& context) {
  const auto config = load_config(context);
  auto records = open_records(config);
  return all_faults(config, records);
}

struct Copied {
  std::size_t archived = 0;
  std::size_t waiting = 0;  ///< files of the inboxes
};

struct LeftAside {
  std::string source;
  fs::path folder;
};

/// A source's folder may lie anywhere, and be another machine's by now: what waited for it is not
/// put there unasked.
std::vector<LeftAside> left_aside(const config::Config& config, const fs::path& data) {
  std::vector<LeftAside> left;
  for (const auto& source : config.sources) {
    const auto here = data / inbox_name / source.name;
    std::error_code none;
    if (!fs::exists(here) || fs::is_empty(here)) continue;
    if (!fs::equivalent(here, source.folder, none)) left.push_back({source.name, here});
  }
  return left;
}

int say_outcome(const Context& context, const char* what, const fs::path& where,
                const Copied& copied, const std::vector<LeftAside>& left,
                const std::vector<Fault>& faults) {
  if (context.json) {
    auto list = nlohmann::json::array();
    for (const auto& fault : faults) list.push_back(to_json(fault));
    auto aside = nlohmann::json::array();
    for (const auto& each : left)
      aside.push_back({{"source", each.source}, {"folder", each.folder.string()}});
    say({{what, where.string()},
         {"archived", copied.archived},
         {"waiting", copied.waiting},
         {"left_aside", aside},
         {"in_order", faults.empty()},
         {"faults", list}});
  } else {
    std::cout << fmt::format("{}: {} with {} archived files, and {} that wait in the inboxes\n",
                             what, where.string(), copied.archived, copied.waiting);
    for (const auto& fault : faults)
      std::cout << fmt::format("fault: {}: {}\n", fault.what, fault.where);
    if (faults.empty()) std::cout << "everything is in order\n";
    for (const auto& each : left) {
      std::cout << fmt::format(
          "files that waited for {} lie in {}: hand them in with 'renkei submit --source {}'\n",
          each.source, each.folder.string(), each.source);
    }
  }
  return faults.empty() ? Status::done : Status::not_in_order;
}

}  // namespace

int backup(const Context& context, const fs::path& folder) {
  const auto config = load_config(context);
  const auto out = plain(folder);
  refuse_if_used(out, "backup");
  Copied copied;
  make_whole(out, [&](const fs::path& unfinished) {
    // The inboxes before the database: a file that is taken in meanwhile is in both, never in none.
    // The database before the archive: every file that it knows was archived before its row.
    copy_inboxes(config, unfinished);
    open_records(config).copy_to(unfinished / "renkei.db");
    // One lost file must not cost the copies of all others: the faults of the copy name it.
    const auto archive = copy_beside_database(config.data, config.archive(), unfinished);
    copied.archived = archive.whole;
    copied.waiting = leave_what_waits(unfinished, archive);
    records::Records copy(unfinished / "renkei.db", records::Records::Open::existing);
    write_whole(unfinished / note_name, nlohmann::json{{"made_at", exchange::to_text(context.now)},
                                                       {"archived", copied.archived},
                                                       {"missing", archive.missing},
                                                       {"damaged", archive.damaged},
                                                       {"waiting", copied.waiting},
                                                       {"audit_head", copy.audit_head()}}
                                                .dump(2) +
                                            "\n");
  });
  Context there = context;
  there.data = out;
  return say_outcome(context, "backup", out, copied, {}, faults_in(there));
}

int restore(const Context& context, const fs::path& from) {
  if (!fs::exists(from / note_name) || !fs::exists(from / "renkei.db")) {
    throw WrongInput(from.string() + " is no backup: it has no " + std::string(note_name));
  }
  const auto data = plain(context.data);
  refuse_if_used(data, "restore");
  Copied copied;
  make_whole(data, [&](const fs::path& unfinished) {
    // Plain copies: the backup may lie where nothing can be written.
    for (const auto* name : {"renkei.db", "renkei.anchor"})
      copy_kept(from / name, unfinished / name);
    const auto archive = copy_beside_database(from, from / "archive", unfinished);
    refuse_new_losses(archive, from / note_name);
    copied.archived = archive.whole;
    copy_tree(from / inbox_name, unfinished / inbox_name);
    copied.waiting = leave_what_waits(unfinished, archive);
  });
  const auto config = load_config(context);
  for (const auto& source : config.sources) {
    if (source.folder.string().starts_with(data.string() + "/"))
      fs::create_directories(source.folder);
  }
  fs::permissions(data, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec);
  return say_outcome(context, "restored", data, copied, left_aside(config, data),
                     faults_in(context));
}

}  // namespace cli
