#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <thread>

#include "bench/safety_office.hpp"
#include "daemon/reader/answer.hpp"
#include "tests/temp_dir.hpp"

/// Never the wrong patient, never a missed deviation, every page accounted for: thousands of
/// made-up pages through the real reading, the real interpretation and a real database. Exits 1 on
/// any miss.
namespace {

namespace fs = std::filesystem;
namespace safety = bench::safety;

struct Options {
  int pages = 5000;
  int people = 300;
  int jobs = 1;
  std::uint64_t seed = 1;
  std::string hand, keep, readings;
  std::string model = RENKEI_SOURCE_DIR "/ocr/digits/digits.onnx";
  int only = -1;
  std::vector<std::string> kinds;  ///< none: all
  bool held = false;
};

forms::TagKeys own_keys() {
  forms::TagKeys::Key key{};
  key.fill(0x42);  // no secret
  return forms::TagKeys({{1, key}});
}

void put(const fs::path& file, const std::string& text) {
  const fs::path unfinished = file.string() + ".new";
  std::ofstream(unfinished, std::ios::binary) << text;
  fs::rename(unfinished, file);
}

/// What a worker found out about a document, from one process to the other.
std::string packed(const safety::Arrived& arrived) {
  return nlohmann::json{{"sha256", arrived.sha256},
                        {"bytes", arrived.bytes},
                        {"first", reader::to_json(arrived.first)},
                        {"words", reader::to_json(arrived.words)},
                        {"by_print", arrived.codes == reader::Codes::by_print},
                        {"crashed", arrived.crashed}}
      .dump();
}

safety::Arrived unpacked(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const auto json = nlohmann::json::parse(in);
  safety::Arrived arrived;
  arrived.sha256 = json["sha256"];
  arrived.bytes = json["bytes"];
  const auto first = reader::parse_answer(json["first"].get<std::string>());
  const auto words = reader::parse_answer(json["words"].get<std::string>());
  if (!first || !words) throw std::runtime_error(file.string() + ": not what a reader answers");
  arrived.first = *first;
  arrived.words = *words;
  if (json.value("by_print", false)) arrived.codes = reader::Codes::by_print;
  arrived.crashed = json.value("crashed", false);
  return arrived;
}

/// Processes that fax and read, each its share of the documents, in their order.
class Workers {
public:
  Workers(const Options& options, const forms::Catalogue& catalogue, const safety::Plan& plan,
          const fs::path& folder)
      : options_(options),
        catalogue_(catalogue),
        plan_(plan),
        scratch_(folder),
        folder_(options.readings.empty() ? folder : fs::path(options.readings)),
        keeps_(!options.readings.empty()) {
    fs::create_directories(scratch_);
    fs::create_directories(folder_);
    std::fflush(stdout);
    for (int i = 0; i < options.jobs; ++i) children_.push_back(start(i, 0));
  }
  ~Workers() {
    for (const auto child : children_) {
      if (child > 0) ::kill(child, SIGTERM);
    }
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  safety::Arrived wait_for(std::size_t document) {
    const auto file = file_of(document);
    while (!fs::exists(file)) {
      for (std::size_t share = 0; share < children_.size(); ++share) {
        int status = 0;
        pid_t& child = children_[share];
        if (child <= 0 || ::waitpid(child, &status, WNOHANG) != child) continue;
        child = 0;
        if (WIFSIGNALED(status)) child = after_crash(static_cast<int>(share), document);
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
          throw std::runtime_error("a worker died");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    auto arrived = unpacked(file);
    if (!keeps_) fs::remove(file);
    return arrived;
  }

private:
  [[nodiscard]] fs::path file_of(std::size_t document) const {
    return folder_ / fmt::format("{}.json", document);
  }

  /// There if the reader died while it searched this document for codes.
  [[nodiscard]] fs::path died_of(std::size_t document) const {
    return folder_ / fmt::format("{}.died", document);
  }

  [[nodiscard]] bool of_share(std::size_t document, int share) const {
    return static_cast<int>(document) % options_.jobs == share;
  }

  [[nodiscard]] pid_t start(int share, std::size_t from) const {
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) ::_exit(work(share, from));
    return child;
  }

  /// A library gave up on a page, as it may in the service's own reader, which then reads without
  /// searching for codes, and if it dies again gives up. The worker's documents up to `waited_for`
  /// have been fetched.
  pid_t after_crash(int share, std::size_t waited_for) const {
    std::size_t crashed = waited_for;
    while (!of_share(crashed, share) || fs::exists(file_of(crashed))) ++crashed;
    fmt::print(stderr, "the reader died of document {}\n", crashed);
    if (!fs::exists(died_of(crashed))) {
      put(died_of(crashed), "");
      return start(share, crashed);
    }
    safety::Arrived arrived;
    arrived.sha256 = fmt::format("{:064x}", crashed);
    arrived.crashed = true;
    put(file_of(crashed), packed(arrived));
    return start(share, crashed + 1);
  }

  int work(int share, std::size_t from) const try {
    const auto keys = own_keys();
    safety::Press press(catalogue_, keys, plan_, {scratch_, options_.model, options_.hand});
    for (const auto& document : plan_.documents) {
      if (document.number < from || !of_share(document.number, share)) continue;
      const auto file = file_of(document.number);
      if (fs::exists(file)) continue;
      const auto codes =
          fs::exists(died_of(document.number)) ? reader::Codes::by_print : reader::Codes::searched;
      put(file, packed(press.read(press.fax(document), codes)));
    }
    return 0;
  } catch (const std::exception& fault) {
    fmt::print(stderr, "safety: {}\n", fault.what());
    return 1;
  }

  const Options& options_;
  const forms::Catalogue& catalogue_;
  const safety::Plan& plan_;
  fs::path scratch_;
  fs::path folder_;  ///< what was read
  bool keeps_;
  std::vector<pid_t> children_;
};

constexpr std::string_view heading =
    "documents                             docs  pages  filed   held  in records  misfiled  "
    "deviations  unflagged  forged  accepted  ledger  versions  news told\n";

void print_row(std::string_view name, const safety::Count& c) {
  fmt::print(
      "{:<36} {:>5}  {:>5}  {:>5}  {:>5}  {:>10}  {:>8}  {:>10}  {:>9}  {:>6}  {:>8}  {:>6}  "
      "{:>8}  {:>9}\n",
      name, c.documents, c.pages, c.filed, c.held, c.in_records, c.misfiled, c.deviations,
      c.unflagged, c.forged, c.forged_accepted, c.ledger_faults, c.versions_wrong,
      c.news == 0 ? "-" : fmt::format("{} of {}", c.news_told, c.news));
}

void print_held(const safety::Result& result) {
  for (const auto& each : result.why_held) fmt::print("{}\n", each);
  fmt::print("\n");
}

int print_result(const safety::Result& result, const bench::NearMisses& misses) {
  fmt::print("{}", heading);
  for (std::size_t i = 0; i < safety::kinds; ++i) {
    if (result.by_kind[i].documents == 0) continue;
    print_row(to_text(static_cast<safety::Kind>(i)), result.by_kind[i]);
  }
  const auto all = result.all();
  print_row("all", all);
  fmt::print("\nreceived {} = filed {} + held {} + in hand {}\n", result.received, result.filed,
             result.held, result.in_hand);
  fmt::print("changed answers in papers that came again: {}, without a flag {}\n", all.changes,
             all.changes_unflagged);
  misses.print();
  for (const auto& fault : result.faults) fmt::print(stderr, "{}\n", fault);
  const bool locked = misses.all().false_agreement() <= bench::most_false_agreement;
  const bool good = all.clean() && locked;
  fmt::print("\n{}\n", good ? "no miss" : "MISSES, listed above");
  return good ? 0 : 1;
}

/// The files of documents that went wrong, for people to look at.
void keep(const Options& options, const forms::Catalogue& catalogue, const safety::Plan& plan,
          const std::vector<std::size_t>& failed) {
  if (options.keep.empty() || failed.empty()) return;
  fs::create_directories(options.keep);
  const tests::TempDir folder;
  const auto keys = own_keys();
  safety::Press press(catalogue, keys, plan, {folder.path(), options.model, options.hand});
  for (const auto& document : plan.documents) {
    const auto number = document.number;
    if (std::ranges::find(failed, number) == failed.end()) continue;
    const auto bytes = press.fax(document);
    std::ofstream(fs::path(options.keep) / fmt::format("{}.tif", number), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    const auto arrived = press.read(bytes);
    std::ofstream(fs::path(options.keep) / fmt::format("{}.json", number))
        << reader::to_json(arrived.words) << '\n';
  }
}

/// The same documents as ever, without those of other kinds: for a closer look at some.
void leave_only(const std::vector<std::string>& kinds, safety::Plan& plan) {
  if (kinds.empty()) return;
  std::erase_if(plan.documents, [&](const safety::Document& document) {
    return std::ranges::find(kinds, to_text(document.kind)) == kinds.end();
  });
  if (plan.documents.empty()) throw std::runtime_error("no documents of that kind");
}

int run(const Options& options) {
  const tests::TempDir folder;
  const auto catalogue = bench::merged(
      {RENKEI_SOURCE_DIR "/forms/definitions", RENKEI_SOURCE_DIR "/bench/safety_forms"},
      folder / "forms");
  const auto keys = own_keys();
  auto plan = safety::make_plan(catalogue, options.seed, options.people, options.pages);
  leave_only(options.kinds, plan);
  if (options.only >= 0) {
    Options one = options;
    if (one.keep.empty()) one.keep = ".";
    keep(one, catalogue, plan, {static_cast<std::size_t>(options.only)});
    return 0;
  }
  int pages = 0;
  std::size_t taken = 0;
  for (const auto& document : plan.documents) {
    pages += static_cast<int>(pages_of(document, plan.forms).size());
  }
  fmt::print("seed {}; hand: {}; {} documents, {} pages, {} patients\n\n", options.seed,
             options.hand, plan.documents.size(), pages, plan.people.size());
  Workers workers(options, catalogue, plan, folder / "work");
  safety::Office office(catalogue, keys, plan, folder.path());
  for (const auto& document : plan.documents) {
    office.take(document, workers.wait_for(document.number));
    if (++taken % 100 == 0) {
      fmt::print(stderr, "\r{} of {} documents", taken, plan.documents.size());
    }
  }
  fmt::print(stderr, "\r");
  const auto result = office.judge();
  if (options.held) print_held(result);
  const int status = print_result(result, office.near_misses());
  keep(options, catalogue, plan, result.failed);
  return status;
}

int command(int argc, char** argv) {
  CLI::App app("Never the wrong patient, never a missed deviation, every page accounted for.");
  Options options;
  const std::string digits = RENKEI_SHARED_DATA "/digits";
  options.hand = fs::exists(digits) ? digits + ":test" : "strokes";
  app.add_option("--pages", options.pages, "at least so many")->capture_default_str();
  app.add_option("--people", options.people, "patients on record")->capture_default_str();
  app.add_option("--jobs", options.jobs, "processes that fax and read")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--hand", options.hand, "strokes, or a folder of digit images")
      ->capture_default_str();
  app.add_option("--keep", options.keep, "folder for documents that went wrong");
  app.add_option(
      "--readings", options.readings,
      "folder for what was read on every document: a next run of the same seed reads only "
      "what is not there");
  app.add_option("--only", options.only, "write this document and its reading, and do no more");
  app.add_option("--kind", options.kinds, "only documents of this kind, as the table names it");
  app.add_flag("--held", options.held, "list what was held, and why");
  app.add_option("--model", options.model)->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? 0 : 2;
  }
  cv::setNumThreads(1);
  return run(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return command(argc, argv);
  } catch (const faxsim::BadInput& fault) {
    std::fprintf(stderr, "safety: %s\n", fault.what());
    return 3;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "safety: %s\n", fault.what());
    return 4;
  }
}
