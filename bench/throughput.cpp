#include <ReadBarcode.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <tiffio.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <opencv2/core/utility.hpp>

#include "bench/made_up.hpp"
#include "bench/reading.hpp"
#include "tests/temp_dir.hpp"

/// Milliseconds of processor time that one faxed page takes, by stage, on one core; and the whole
/// as a multiple of the floor, which is decoding the TIFF with libtiff plus one search by ZXing.
namespace {

struct Options {
  int pages = 12;  ///< of each kind
  int rounds = 3;
  std::uint64_t seed = 1;
  std::string definitions = RENKEI_SOURCE_DIR "/forms/definitions";
  std::string model = RENKEI_SOURCE_DIR "/ocr/digits/digits.onnx";
  bool service = true;  ///< measure renkeid too
};

double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Fax {
  bench::Case made;
  std::vector<std::uint8_t> bytes;
};

/// Milliseconds, summed over the pages.
struct Times {
  double floor_decode = 0, floor_search = 0;
  double decode = 0, read = 0, judge = 0, text = 0;
  ocr::StageTimes stages;
  int pages = 0;

  [[nodiscard]] double whole() const { return decode + read + judge; }
  [[nodiscard]] double floor() const { return floor_decode + floor_search; }
};

/// libtiff alone: all rows of the first page, one byte a pixel, from memory.
std::vector<std::uint8_t> plain_decode(const std::filesystem::path& file, int& width, int& height) {
  TIFF* tiff = TIFFOpen(file.c_str(), "r");
  std::uint32_t columns = 0, rows = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &columns);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &rows);
  std::vector<std::uint8_t> packed(static_cast<std::size_t>(TIFFScanlineSize(tiff)));
  std::vector<std::uint8_t> grey(std::size_t{columns} * rows);
  for (std::uint32_t y = 0; y < rows; ++y) {
    TIFFReadScanline(tiff, packed.data(), y);
    std::uint8_t* out = grey.data() + std::size_t{y} * columns;
    for (std::uint32_t x = 0; x < columns; ++x) {
      out[x] = static_cast<std::uint8_t>(((packed[x / 8] >> (7 - x % 8)) & 1) - 1);
    }
  }
  TIFFClose(tiff);
  width = static_cast<int>(columns);
  height = static_cast<int>(rows);
  return grey;
}

void measure_floor(const std::filesystem::path& file, Times& times) {
  int width = 0, height = 0;
  const double start = processor_ms();
  const auto grey = plain_decode(file, width, height);
  const double decoded = processor_ms();
  const ZXing::ImageView view(grey.data(), width, height, ZXing::ImageFormat::Lum);
  ZXing::DecodeHints hints;
  hints.setFormats(ZXing::BarcodeFormat::QRCode);
  (void)ZXing::ReadBarcode(view, hints);
  times.floor_decode += decoded - start;
  times.floor_search += processor_ms() - decoded;
}

void add(ocr::StageTimes& sum, const ocr::StageTimes& one) {
  sum.sheet += one.sheet;
  sum.codes += one.codes;
  sum.align += one.align;
  sum.marks += one.marks;
  sum.cells += one.cells;
  sum.digits += one.digits;
  sum.ink += one.ink;
  sum.notes += one.notes;
}

void measure_ours(const Fax& fax, ocr::Engine& engine, const bench::Hospital& hospital, bool text,
                  Times& times) {
  const auto find = bench::find_form(hospital.catalogue());
  const double start = processor_ms();
  const auto document = ocr::open(std::as_bytes(std::span(fax.bytes)));
  const ocr::Page page = document->page(1);
  const double decoded = processor_ms();
  reader::Look look;
  look.reading.pages.push_back(engine.read(page, find));
  add(times.stages, engine.stages());
  const double read = processor_ms();
  const auto filing = intake::interpret("D-000001", look, hospital.catalogue(), hospital.keys(),
                                        bench::known(fax.made), fax.made.received_at);
  const double judged = processor_ms();
  times.decode += decoded - start;
  times.read += read - decoded;
  times.judge += judged - read;
  if (text) {
    const auto& first = look.reading.pages.front();
    const auto* entry = hospital.catalogue().find(first.form, first.version);
    (void)engine.read_text(page, first, entry == nullptr ? nullptr : &entry->layout);
    times.text += processor_ms() - judged;
  }
  ++times.pages;
}

std::vector<Fax> make_pages(const Options& options, const bench::Hospital& hospital,
                            faxsim::Coding coding, bool text) {
  std::vector<Fax> pages;
  for (std::uint64_t i = 0; static_cast<int>(pages.size()) < options.pages; ++i) {
    Fax fax;
    const faxsim::Chance chance = faxsim::Chance(options.seed).branch("page", i);
    const auto& printed = hospital.printed()[i % hospital.printed().size()];
    fax.made = bench::make_case(printed, chance);
    if (fax.made.traits.note || (fax.made.traits.prose && !text)) continue;
    if (text) {
      fax.made.values.fields["comment"] = {
          "経過良好です。腫瘍マーカーの上昇はありません。引き続き当院で経過観察いたします。"};
      fax.made.values.typed_fields.emplace_back("comment");
    }
    faxsim::Job job;
    job.sheets = {faxsim::FormSheets{printed.blank, printed.entry->layout, "", fax.made.values, 1}};
    job.degrade = faxsim::Degrade::normal;
    job.rotate = 0;
    job.seed = options.seed + i;
    faxsim::Encoding encoding;
    encoding.coding = coding;
    encoding.fill_order = faxsim::FillOrder::msb;
    encoding.seed = i;
    fax.bytes = faxsim::encode(faxsim::fax(job).sheets, encoding);
    pages.push_back(std::move(fax));
  }
  return pages;
}

void print_row(const std::string& name, const Times& t) {
  const auto ms = [&](double sum) { return sum / t.pages; };
  // The engine times its stages by the wall clock; here they share the processor time of the whole
  // reading, so that what else ran meanwhile does not count.
  ocr::StageTimes s = t.stages;
  const double walls = s.sheet + s.codes + s.align + s.marks + s.cells + s.digits + s.ink + s.notes;
  for (double* stage :
       {&s.sheet, &s.codes, &s.align, &s.marks, &s.cells, &s.digits, &s.ink, &s.notes}) {
    *stage *= walls > 0 ? t.read / walls : 0;
  }
  fmt::print(
      "{:<14} {:>6.1f} {:>6.1f} {:>6.1f} {:>6.1f} {:>6.1f} {:>6.1f} {:>6.1f} {:>6.1f} {:>6.1f} "
      "{:>6.1f} {:>7.1f} "
      "{:>7.1f} + {:<5.1f} {:>5.2f}x  {}\n",
      name, ms(t.decode), ms(s.sheet), ms(s.codes), ms(s.align), ms(s.marks), ms(s.cells),
      ms(s.digits), ms(s.ink), ms(s.notes), ms(t.judge), ms(t.whole()), ms(t.floor_decode),
      ms(t.floor_search), t.whole() / t.floor(),
      t.text > 0 ? fmt::format("{:.0f}", ms(t.text)) : "-");
}

/// The pages' stages, with every round's times kept if it was the quickest: what else ran then is
/// not ours.
Times measure(const std::vector<Fax>& pages, const Options& options, ocr::Engine& engine,
              const bench::Hospital& hospital, bool text) {
  const tests::TempDir folder;
  Times best;
  for (int round = 0; round < options.rounds; ++round) {
    Times times;
    for (const Fax& fax : pages) {
      std::ofstream(folder / "page.tif", std::ios::binary)
          .write(reinterpret_cast<const char*>(fax.bytes.data()),
                 static_cast<std::streamsize>(fax.bytes.size()));
      measure_floor(folder / "page.tif", times);
      measure_ours(fax, engine, hospital, text, times);
    }
    if (round == 0 || times.whole() < best.whole()) best = times;
  }
  return best;
}

int run(const Options& options) {
  const tests::TempDir folder;
  const bench::Hospital hospital(forms::Catalogue::load(options.definitions), folder.path(), {}, 1);
  ocr::Engine engine({options.model, {}});
  fmt::print(
      "fine (204x196), normal degradation, {} pages of each kind, best of {} rounds; milliseconds "
      "a page\n",
      options.pages, options.rounds);
  fmt::print(
      "{:<14} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7} {:>15} {:>6}  {}\n",
      "pages", "decode", "sheet", "codes", "align", "marks", "cells", "digits", "ink", "notes",
      "judge", "whole", "floor", "ratio", "text after");
  struct Kind {
    const char* name;
    faxsim::Coding coding;
    bool text;
  };
  for (const Kind& kind :
       {Kind{"G3", faxsim::Coding::g3, false}, Kind{"G3 2-D", faxsim::Coding::g3_2d, false},
        Kind{"G4", faxsim::Coding::g4, false}, Kind{"G4, free text", faxsim::Coding::g4, true}}) {
    const auto pages = make_pages(options, hospital, kind.coding, kind.text);
    print_row(kind.name, measure(pages, options, engine, hospital, kind.text));
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(
      "floor: libtiff + ZXing. Peak memory of this process, faxsim's blanks included: {} MB\n",
      usage.ru_maxrss / 1024);
  return 0;
}

/// The real service is measured from outside, by a script. 0 if it could be.
int measure_service() {
  const std::string script = RENKEI_SOURCE_DIR "/bench/service.py";
  const std::string programs = RENKEI_PROGRAMS;
  std::array<char*, 4> words = {const_cast<char*>("python3"), const_cast<char*>(script.c_str()),
                                const_cast<char*>(programs.c_str()), nullptr};
  pid_t child = 0;
  int status = 1;
  std::fflush(stdout);
  if (::posix_spawnp(&child, "python3", nullptr, nullptr, words.data(), environ) != 0) return 4;
  return ::waitpid(child, &status, 0) == child && status == 0 ? 0 : 4;
}

int command(int argc, char** argv) {
  CLI::App app("How long one faxed page takes.");
  Options options;
  app.add_option("--pages", options.pages, "of each kind")->capture_default_str();
  app.add_option("--rounds", options.rounds)->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--forms", options.definitions)->capture_default_str();
  app.add_option("--model", options.model)->capture_default_str();
  app.add_flag("!--no-service", options.service, "leave out renkeid: stages alone");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? 0 : 2;
  }
  cv::setNumThreads(1);
  const int measured = run(options);
  return options.service ? std::max(measured, measure_service()) : measured;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return command(argc, argv);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "throughput: %s\n", fault.what());
    return 4;
  }
}
