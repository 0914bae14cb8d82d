#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <opencv2/core.hpp>
#include <sstream>

#include "tests/faxsim/faxsim.hpp"

/// `faxsim`: fills a printed form, faxes it, writes the file that the hospital receives.
namespace {

using namespace faxsim;

constexpr int exit_usage = 2;
constexpr int exit_input = 3;
constexpr int exit_machine = 4;

std::string read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  std::ostringstream bytes;
  if (!in || !(bytes << in.rdbuf())) throw BadInput(name + ": cannot be read");
  return bytes.str();
}

nlohmann::json read_json(const std::string& name) {
  try {
    return nlohmann::json::parse(read_file(name));
  } catch (const nlohmann::json::parse_error& fault) {
    throw BadInput(name + ": " + fault.what());
  }
}

void write_file(const std::string& name, const void* bytes, std::size_t size) {
  std::ofstream out(name, std::ios::binary | std::ios::trunc);
  out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  if (!out.flush()) throw std::runtime_error(name + ": cannot be written");
}

constexpr const char* footer = R"(
VALUES.json: {"field": value, ...}, values as `renkei reports show` prints them:
  choice "periodic" or ["lung", "liver"]; number "3.20"; date "2026-11-05"; month "2027-02";
  text "..."; ink "yes"; a date may also be {"era": "showa", "year": "25", "month": "4", "day": "3"}.
Directives beside the fields:
  "_typed": true | [fields]            filled in with Word instead of by hand
  "_cancelled": {"field": "option"}    marked by mistake and struck out
  "_two_marks": {"field": "option"}    a second mark, not struck out
  "_struck": {"field": "digits"}       wrong digits struck out, the right ones written above
  "_margin_note": "text" | {"text", "at": [x, y], "typed": true, "page": 1} | [...]
  "_stray": 3                          pen strokes that mean nothing
  "_mark": tick|check|cross|fill|ring|slash      "_pen": 0.25-0.7 mm
  "_seal": red|black                   "_seal_name": "高橋"
  "_hide": ["tag1", "anchor3"]         covered with white paper
  "_cover" / "_blacken": [[x, y, w, h]]          white / black patches on page 1, mm
  "_rotate": 0|90|180|270  "_scale": 0.9  "_skew": 1.5  "_stretch": 1.01  "_shift": [x, y]
The same seed gives the same bytes. Exit status: 0 done, 2 wrong command line, 3 wrong input, 4 refused.)";

struct Options {
  std::vector<std::string> layouts, blanks, fills, attached, texts;
  std::vector<int> copies, order;
  int blank_pages = 0;
  std::string quality = "fine", degrade = "light", hand = "strokes", coding = "seed",
              fill_order = "seed";
  std::string scan = "grey", paper = "a4", tti = "seed", out, truth;
  int rotate = -1, jpeg = 75;
  bool one_hand = false;
  std::uint64_t seed = 1;
};

void declare(CLI::App& app, Options& o) {
  app.add_option("--layout", o.layouts, "where the form's fields are; begins a form (may repeat)")
      ->expected(1)
      ->take_all();
  app.add_option("--blank", o.blanks, "the printed form, PDF")->expected(1)->take_all();
  app.add_option("--fill", o.fills, "what is written on it; without it the form stays empty")
      ->expected(1)
      ->take_all();
  app.add_option("--copy", o.copies, "which printed copy in --blank is meant, from 1")
      ->expected(1)
      ->take_all();
  app.add_option("--attach", o.attached, "pages of a PDF or a PNG, as they are (may repeat)")
      ->expected(1)
      ->take_all();
  app.add_option("--page-text", o.texts, "a page typed from this text file (may repeat)")
      ->expected(1)
      ->take_all();
  app.add_flag("--blank-page", o.blank_pages, "an empty sheet (may repeat)");
  app.add_option("--pages", o.order, "send these pages only, in this order: 2,1")->delimiter(',');
  app.add_option("--quality", o.quality)
      ->check(CLI::IsMember({"standard", "fine", "superfine", "scan300"}))
      ->capture_default_str();
  app.add_option("--degrade", o.degrade)
      ->check(CLI::IsMember({"none", "light", "normal", "heavy"}))
      ->capture_default_str();
  app.add_option("--hand", o.hand,
                 "strokes, or a folder of digit images (DIR, DIR:test, DIR:train)")
      ->capture_default_str();
  app.add_flag("--one-hand", o.one_hand, "all forms are filled by one person");
  app.add_option("--seed", o.seed)->capture_default_str();
  app.add_option("--rotate", o.rotate, "how every page is fed")
      ->check(CLI::IsMember({0, 90, 180, 270}));
  app.add_option("--tti", o.tti, "the sender's header line")
      ->check(CLI::IsMember({"seed", "on", "off"}))
      ->capture_default_str();
  app.add_option("--paper", o.paper, "width of the fax line")
      ->check(CLI::IsMember({"a4", "b4", "a3"}))
      ->capture_default_str();
  app.add_option("--scan", o.scan, "what a scanner writes (scan300)")
      ->check(CLI::IsMember({"grey", "rgb", "mono"}))
      ->capture_default_str();
  app.add_option("--coding", o.coding, "of TIFF")
      ->check(CLI::IsMember({"seed", "g3", "g3-2d", "g4", "lzw", "deflate", "raw"}))
      ->capture_default_str();
  app.add_option("--fill-order", o.fill_order, "of TIFF")
      ->check(CLI::IsMember({"seed", "msb", "lsb"}))
      ->capture_default_str();
  app.add_option("--jpeg", o.jpeg, "JPEG quality in PDF")
      ->check(CLI::Range(10, 100))
      ->capture_default_str();
  app.add_option("--out", o.out, "FILE.tif, .pdf or .png")->required();
  app.add_option("--truth", o.truth, "FILE.json: what was written, and where it came to lie");
  app.footer(footer);
}

/// Options in the order given: a form is what stands between one --layout and the next.
class Assembly {
public:
  explicit Assembly(const Options& options) : o_(options) {}

  std::vector<Sheets> assemble(const std::vector<CLI::Option*>& given) {
    for (const CLI::Option* option : given) take(option->get_name());
    close();
    return std::move(sheets_);
  }

private:
  void take(const std::string& name) {
    if (name == "--layout") {
      close();
      const auto json = read_json(o_.layouts[layout_++]);
      form_ = FormSheets{nullptr, parse_layout(json), json.value("serial", std::string()), {}, 1};
    } else if (name == "--blank") {
      form(name).blank = open_blank(o_.blanks[blank_++]);
    } else if (name == "--fill") {
      form(name).values = parse_values(read_json(o_.fills[fill_++]));
    } else if (name == "--copy") {
      auto& current = form(name);
      current.first_page =
          1 + (o_.copies[copy_++] - 1) * static_cast<int>(current.layout.pages.size());
    } else if (name == "--attach") {
      close();
      const std::string& file = o_.attached[attach_++];
      sheets_.emplace_back(
          AttachedSheets{file.ends_with(".png") ? load_picture(file) : load_blank(file)});
    } else if (name == "--page-text") {
      close();
      sheets_.emplace_back(TypedSheet{read_file(o_.texts[text_++])});
    } else if (name == "--blank-page") {
      close();
      sheets_.emplace_back(BlankSheet{});
    }
  }

  FormSheets& form(const std::string& option) {
    if (!form_) throw BadInput(option + " must follow the --layout it belongs to");
    return *form_;
  }

  std::shared_ptr<const Blank> open_blank(const std::string& file) {
    auto& known = blanks_[file];
    if (!known) known = load_blank(file);
    return known;
  }

  void close() {
    if (!form_) return;
    if (!form_->blank) throw BadInput("--layout " + o_.layouts[layout_ - 1] + " has no --blank");
    sheets_.emplace_back(std::move(*form_));
    form_.reset();
  }

  const Options& o_;
  std::vector<Sheets> sheets_;
  std::optional<FormSheets> form_;
  std::map<std::string, std::shared_ptr<const Blank>> blanks_;
  std::size_t layout_ = 0, blank_ = 0, fill_ = 0, copy_ = 0, attach_ = 0, text_ = 0;
};

Encoding encoding_of(const Options& o) {
  Encoding encoding;
  encoding.seed = o.seed;
  encoding.jpeg_quality = o.jpeg;
  encoding.coding = parse_coding(o.coding).value();
  if (o.fill_order == "msb") encoding.fill_order = FillOrder::msb;
  if (o.fill_order == "lsb") encoding.fill_order = FillOrder::lsb;
  if (o.out.ends_with(".pdf")) {
    encoding.format = Format::pdf;
  } else if (o.out.ends_with(".png")) {
    encoding.format = Format::png;
  } else if (!o.out.ends_with(".tif") && !o.out.ends_with(".tiff")) {
    throw BadInput("--out " + o.out + ": expected a name ending in .tif, .pdf or .png");
  }
  return encoding;
}

void work(const Options& o, const std::vector<CLI::Option*>& given) {
  const Encoding encoding = encoding_of(o);
  Job job;
  job.sheets = Assembly(o).assemble(given);
  job.order = o.order;
  job.quality = parse_quality(o.quality).value();
  job.degrade = parse_degrade(o.degrade).value();
  job.hand = load_hand(o.hand);
  job.seed = o.seed;
  job.one_hand = o.one_hand;
  job.scan = o.scan == "rgb" ? Scan::rgb : (o.scan == "mono" ? Scan::mono : Scan::grey);
  job.paper = o.paper == "b4" ? Paper::b4 : (o.paper == "a3" ? Paper::a3 : Paper::a4);
  if (o.rotate >= 0) job.rotate = o.rotate;
  if (o.tti != "seed") job.tti = o.tti == "on";
  const Faxed faxed = fax(job);
  const auto bytes = encode(faxed.sheets, encoding);
  write_file(o.out, bytes.data(), bytes.size());
  if (!o.truth.empty()) {
    const std::string text = faxed.truth.dump(1) + "\n";
    write_file(o.truth, text.data(), text.size());
  }
}

int command(int argc, char** argv) {
  CLI::App app("Fills a printed form by hand and faxes it: makes test pages.");
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? 0 : exit_usage;
  }
  try {
    cv::setNumThreads(1);
    work(options, app.parse_order());
    return 0;
  } catch (const BadInput& fault) {
    std::cerr << "faxsim: " << fault.what() << '\n';
    return exit_input;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return command(argc, argv);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "faxsim: %s\n", fault.what());
    return exit_machine;
  }
}
