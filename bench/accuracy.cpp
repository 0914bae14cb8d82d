#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <opencv2/core/utility.hpp>

#include "bench/cells.hpp"
#include "bench/made_up.hpp"
#include "bench/near_miss.hpp"
#include "bench/reading.hpp"
#include "bench/score.hpp"
#include "daemon/reader/answer.hpp"
#include "forms/schedule.hpp"
#include "tests/temp_dir.hpp"

/// How well faxed forms are read: made-up reports of every disease, quality and degradation through
/// the reader's own engine and the intake's own decisions. Exits 1 below the floors.
namespace {

using faxsim::Degrade;
using faxsim::Quality;

struct Options {
  int pages = 60;  ///< for each quality and degradation
  std::uint64_t seed = 1;
  std::vector<std::string> qualities = {"standard", "fine", "superfine", "scan300"};
  std::vector<std::string> degrades = {"light", "normal", "heavy"};
  std::vector<std::string> diseases;
  std::string hand, keep, cells, answers, readings;
  std::vector<std::string> keep_kinds = {"misread", "missed", "misfiled", "untagged", "unaligned"};
  std::vector<std::filesystem::path> definitions = {RENKEI_SOURCE_DIR "/forms/definitions"};
  std::string model = RENKEI_SOURCE_DIR "/ocr/digits/digits.onnx";
  int only = -1;
  bool quiet = false;
};

/// What is asked of a quality. Straight-through is asked at normal degradation, the rest over all.
struct Floor {
  double tag_rate, misreads, straight, recall, false_alarms;
};
constexpr std::array<Floor, 4> floors = {{{0.995, 5, 0.75, 1, 0.03},
                                          {0.999, 2, 0.90, 1, 0.01},
                                          {0.999, 2, 0.92, 1, 0.01},
                                          {0.999, 1, 0.95, 1, 0.01}}};

double rate(long part, long whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double misreads_of(const bench::Tally& tally) {
  return 1e4 * rate(tally.misreads, tally.accepted);
}

double quantile(std::vector<double> values, double at) {
  if (values.empty()) return 0;
  const auto index =
      static_cast<std::size_t>(std::lround(at * static_cast<double>(values.size() - 1)));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(index));
  return values[index];
}

std::string percent(long part, long whole) {
  return whole > 0 ? fmt::format("{:.2f}%", 100 * rate(part, whole)) : "-";
}

constexpr std::string_view heading =
    "quality    lines    pages  tag     align p50/p99  marks   digits  misread  doubt   straight  "
    "recall   alarms  "
    "held    notes found/false  misfiled\n";

void print_row(const std::string& quality, const std::string& degrade, const bench::Tally& t) {
  fmt::print(
      "{:<10} {:<8} {:>5}  {:<7} {:.2f}/{:.2f} mm   {:<7} {:<7} {:<8.2f} {:<7} {:<9} {:<8} {:<7} "
      "{:<7} {:<18} {}\n",
      quality, degrade, t.pages, percent(t.tagged, t.pages), quantile(t.alignment_mm, 0.5),
      quantile(t.alignment_mm, 0.99), percent(t.mark_errors, t.marks),
      percent(t.digit_errors, t.digits), misreads_of(t), percent(t.doubts, t.readable),
      percent(t.straight, t.plain), percent(t.recalled, t.deviations),
      percent(t.false_alarms, t.quiet), percent(t.own_held, t.own),
      percent(t.notes_found, t.noted) + "/" + percent(t.notes_imagined, t.noteless),
      fmt::format("{} of {}", t.misfiled, t.strangers));
  std::fflush(stdout);
}

std::vector<std::string> below_floors(Quality quality, const bench::Tally& all,
                                      const bench::Tally* normal) {
  const Floor& floor = floors[static_cast<std::size_t>(quality)];
  std::vector<std::string> failed;
  const auto check = [&](bool good, const char* what) {
    if (!good) failed.push_back(fmt::format("{}: {}", to_text(quality), what));
  };
  check(rate(all.tagged, all.pages) >= floor.tag_rate, "tag rate");
  check(misreads_of(all) <= floor.misreads, "misreads");
  check(normal == nullptr || rate(normal->straight, normal->plain) >= floor.straight,
        "straight-through");
  check(all.recalled >= all.deviations, "deviation recall");
  check(rate(all.false_alarms, all.quiet) <= floor.false_alarms, "false alarms");
  check(all.misfiled == 0, "misfiled");
  return failed;
}

/// A page as it was faxed, and what was read on it.
struct Looked {
  std::vector<std::uint8_t> bytes;  ///< none if it was read in an earlier run
  nlohmann::json truth;
  reader::Look look;
};

/// `made`: what the pages were made with.
std::optional<Looked> looked_before(const std::filesystem::path& file, const std::string& made) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  const auto json = nlohmann::json::parse(in);
  if (json.value("made", made) != made)
    throw std::runtime_error(
        fmt::format("{}: was made with {}", file.string(), json["made"].get<std::string>()));
  const auto reading = reader::parse_answer(json["reading"].get<std::string>());
  if (!reading) throw std::runtime_error(file.string() + ": not what a reader answers");
  Looked looked;
  looked.truth = json["truth"];
  looked.look.reading = *reading;
  return looked;
}

void remember(const std::filesystem::path& file, const Looked& looked, const std::string& made) {
  std::filesystem::create_directories(file.parent_path());
  const std::filesystem::path unfinished = file.string() + ".new";
  std::ofstream(unfinished, std::ios::binary) << nlohmann::json{
      {"made", made}, {"truth", looked.truth}, {"reading", reader::to_json(looked.look.reading)}};
  std::filesystem::rename(unfinished, file);
}

/// Writes the page and what is wrong with it where people can look at it.
void keep(const Options& options, const std::string& name, const std::vector<std::uint8_t>& bytes,
          const nlohmann::json& truth, const bench::Verdict& verdict) {
  const std::filesystem::path folder = options.keep;
  std::filesystem::create_directories(folder);
  std::ofstream(folder / (name + ".tif"), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  std::ofstream(folder / (name + ".json")) << truth.dump(1) << '\n';
  std::ofstream(folder / (name + ".txt")) << fmt::format("{}\n", fmt::join(verdict.faults, "\n"));
}

class Run {
public:
  explicit Run(const Options& options)
      : options_(options),
        hospital_(bench::merged(options.definitions, folder_ / "forms"), folder_.path(),
                  options.diseases, 2),
        engine_({options.model, {}}),
        find_(bench::find_form(hospital_.catalogue())),
        pages_(bench::all_pages(hospital_.catalogue())),
        hand_(faxsim::load_hand(options.hand)) {
    if (!options.cells.empty()) cells_.emplace(options.cells);
    if (!options.answers.empty()) answers_.emplace(options.answers);
  }

  bench::Tally measure(Quality quality, Degrade degrade) {
    bench::Tally tally;
    for (int i = 0; i < options_.pages; ++i) {
      if (options_.only >= 0 && i != options_.only) continue;
      tally.add(one(quality, degrade, i).counts);
    }
    return tally;
  }

  [[nodiscard]] const std::vector<bench::Said>& said() const { return said_; }
  [[nodiscard]] const bench::NearMisses& near_misses() const { return near_misses_; }

private:
  bench::Verdict one(Quality quality, Degrade degrade, int index) {
    const std::string name = fmt::format("{}-{}-{}", to_text(quality), to_text(degrade), index);
    const faxsim::Chance chance = faxsim::Chance(options_.seed).branch(name);
    faxsim::Chance draw = chance.branch("case");
    const auto& printed = hospital_.printed();
    // Diseases in turn, so that each has its share of few pages too.
    const bench::Case made = bench::make_case(
        printed[(static_cast<std::size_t>(index) * 2 + (draw.happens(0.5) ? 1 : 0)) %
                printed.size()],
        draw);
    faxsim::Job job;
    job.sheets = {faxsim::FormSheets{made.printed->blank, made.printed->entry->layout,
                                     forms::to_text(made.printed->serial), made.values, 1}};
    job.quality = quality;
    job.degrade = degrade;
    job.hand = hand_;
    job.seed = draw.bits();
    job.scan = draw.happens(0.15) ? faxsim::Scan::mono : faxsim::Scan::grey;
    const Looked looked = look_at(name, job);
    const auto filing = intake::interpret("D-000001", looked.look, hospital_.catalogue(),
                                          hospital_.keys(), bench::known(made), made.received_at);
    const auto& reading = looked.look.reading;
    bench::Verdict verdict = bench::judge_page(made, looked.truth, reading, filing);
    report(name, looked.bytes, looked.truth, verdict);
    if (answers_) answers_->add(name, verdict.said);
    said_.insert(said_.end(), verdict.said.begin(), verdict.said.end());
    test_birth_date(quality, made, reading);
    if (cells_) keep_cells(looked.bytes, reading, made, looked.truth);
    return verdict;
  }

  void test_birth_date(Quality quality, const bench::Case& made,
                       const ocr::DocumentReading& reading) {
    const auto& definition = made.printed->entry->definition;
    const auto* written = made.truth.find("birth_date");
    if (written == nullptr || written->values.empty()) return;
    std::vector<const ocr::PageReading*> pages;
    for (const auto& page : reading.pages) {
      if (page.form == definition.form) pages.push_back(&page);
    }
    near_misses_.add(quality, definition, pages, written->values.front(),
                     forms::day_in_japan(made.received_at));
  }

  Looked look_at(const std::string& name, const faxsim::Job& job) {
    const auto file = std::filesystem::path(options_.readings) / (name + ".json");
    if (!options_.readings.empty()) {
      if (auto before = looked_before(file, made_with())) return std::move(*before);
    }
    const faxsim::Faxed faxed = faxsim::fax(job);
    faxsim::Encoding encoding;
    encoding.seed = job.seed;
    Looked looked{faxsim::encode(faxed.sheets, encoding), faxed.truth, {}};
    looked.look.reading = bench::read(looked.bytes, engine_, find_, pages_);
    if (!options_.readings.empty()) remember(file, looked, made_with());
    return looked;
  }

  [[nodiscard]] std::string made_with() const {
    return fmt::format("--seed {} --hand {} --disease {} --model {}", options_.seed, options_.hand,
                       fmt::join(options_.diseases, ","), options_.model);
  }

  void keep_cells(const std::vector<std::uint8_t>& bytes, const ocr::DocumentReading& reading,
                  const bench::Case& made, const nlohmann::json& truth) {
    if (reading.pages.empty() || reading.pages.front().form.empty()) return;
    const auto document = ocr::open(std::as_bytes(std::span(bytes)));
    cells_->add(document->page(1), reading.pages.front(), made.printed->entry->layout.pages.front(),
                truth);
  }

  void report(const std::string& name, const std::vector<std::uint8_t>& bytes,
              const nlohmann::json& truth, const bench::Verdict& verdict) const {
    const bool wanted = std::ranges::any_of(options_.keep_kinds,
                                            [&](const auto& kind) { return verdict.has(kind); });
    if (!wanted && options_.only < 0) return;
    if (!options_.quiet) {
      for (const auto& fault : verdict.faults) fmt::print(stderr, "{}: {}\n", name, fault);
    }
    if (!options_.keep.empty()) keep(options_, name, bytes, truth, verdict);
  }

  Options options_;
  tests::TempDir folder_;
  bench::Hospital hospital_;
  ocr::Engine engine_;
  ocr::FindForm find_;
  std::vector<ocr::FormPage> pages_;
  std::shared_ptr<const faxsim::HandSource> hand_;
  std::optional<bench::CellFile> cells_;
  std::optional<bench::AnswerFile> answers_;
  std::vector<bench::Said> said_;
  bench::NearMisses near_misses_;
};

int run(const Options& options) {
  Run run(options);
  fmt::print("hand: {}; seed {}; {} pages for each quality and degradation\n", options.hand,
             options.seed, options.pages);
  fmt::print("{}", heading);
  std::vector<std::string> failed;
  for (const auto& quality_name : options.qualities) {
    const Quality quality = faxsim::parse_quality(quality_name).value();
    bench::Tally all;
    std::optional<bench::Tally> normal;
    for (const auto& degrade_name : options.degrades) {
      const bench::Tally tally = run.measure(quality, faxsim::parse_degrade(degrade_name).value());
      print_row(quality_name, degrade_name, tally);
      if (degrade_name == "normal") normal = tally;
      all.add(tally);
    }
    print_row(quality_name, "all", all);
    const auto below = below_floors(quality, all, normal ? &*normal : nullptr);
    failed.insert(failed.end(), below.begin(), below.end());
  }
  bench::print_reliability(run.said());
  run.near_misses().print();
  // Fewer say nothing: a single date that agrees falsely would be too many.
  constexpr long enough_near_misses = 100'000;
  const bench::NearMissCount near = run.near_misses().all();
  if (near.tried >= enough_near_misses && near.false_agreement() > bench::most_false_agreement) {
    failed.emplace_back("near misses of dates of birth");
  }
  if (failed.empty()) {
    fmt::print("all floors met\n");
    return 0;
  }
  fmt::print("below the floor: {}\n", fmt::join(failed, "; "));
  return 1;
}

int command(int argc, char** argv) {
  CLI::App app("How well faxed forms are read.");
  Options options;
  const std::string digits = RENKEI_SHARED_DATA "/digits";
  options.hand = std::filesystem::exists(digits) ? digits + ":test" : "strokes";
  app.add_option("--pages", options.pages, "for each quality and degradation")
      ->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--quality", options.qualities)
      ->delimiter(',')
      ->check(CLI::IsMember({"standard", "fine", "superfine", "scan300"}));
  app.add_option("--degrade", options.degrades)
      ->delimiter(',')
      ->check(CLI::IsMember({"none", "light", "normal", "heavy"}));
  app.add_option("--disease", options.diseases)->delimiter(',');
  app.add_option("--hand", options.hand, "strokes, or a folder of digit images")
      ->capture_default_str();
  app.add_option("--keep", options.keep, "folder for pages that went wrong");
  app.add_option("--keep-what", options.keep_kinds,
                 "misread doubt missed misfiled untagged unaligned misaligned "
                 "alarm held stopped mark digit note")
      ->delimiter(',');
  app.add_option("--cells", options.cells,
                 "write the digit cells here, for training (with a folder of digits and :train)");
  app.add_option("--answers", options.answers,
                 "write every answer's confidence here, as CSV with semicolons");
  auto* readings = app.add_option(
      "--readings", options.readings,
      "folder for what was read on every page: a next run of the same seed reads only what is not "
      "there, and shows what the rules make of it now");
  for (auto* needs_pages : {app.get_option("--keep"), app.get_option("--cells")}) {
    readings->excludes(needs_pages);
  }
  app.add_option("--only", options.only, "this page alone, by its number");
  app.add_option("--forms", options.definitions, "folders of form definitions")
      ->capture_default_str();
  app.add_option("--model", options.model)->capture_default_str();
  app.add_flag("--quiet", options.quiet, "the table alone");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? 0 : 2;
  }
  try {
    cv::setNumThreads(1);
    return run(options);
  } catch (const faxsim::BadInput& fault) {
    fmt::print(stderr, "accuracy: {}\n", fault.what());
    return 3;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return command(argc, argv);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "accuracy: %s\n", fault.what());
    return 4;
  }
}
