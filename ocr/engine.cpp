#include "ocr/engine.hpp"

#include <algorithm>
#include <utility>

#include <opencv2/core.hpp>

#include "ocr/align.hpp"
#include "ocr/codes.hpp"
#include "ocr/digits/digits.hpp"
#include "ocr/fields.hpp"
#include "ocr/frame.hpp"
#include "ocr/grey.hpp"
#include "ocr/known_tags.hpp"
#include "ocr/notes.hpp"
#include "ocr/page_words.hpp"
#include "ocr/second_look.hpp"
#include "ocr/sheet.hpp"
#include "ocr/stopwatch.hpp"
#include "ocr/streaks.hpp"
#include "ocr/text.hpp"

namespace ocr {

struct Engine::Models {
  Digits digits;
  TextEngine text;
  StageTimes times;
};

namespace {

/// All places on the page where one code stands.
struct SeenCode {
  std::vector<std::uint8_t> bytes;
  std::vector<SeenTag> places;
};

GreyView view_of(const cv::Mat& grey) {
  return {grey.data, grey.cols, grey.rows, static_cast<std::ptrdiff_t>(grey.step[0])};
}

std::vector<SeenCode> grouped(const std::vector<Code>& codes) {
  std::vector<SeenCode> groups;
  for (const Code& code : codes) {
    auto group = std::ranges::find(groups, code.bytes, &SeenCode::bytes);
    if (group == groups.end()) group = groups.insert(groups.end(), {code.bytes, {}});
    SeenTag corners;
    std::ranges::transform(code.corners, corners.begin(),
                           [](const Pixel& pixel) { return cv::Point2d(pixel.x, pixel.y); });
    group->places.push_back(corners);
  }
  return groups;
}

std::vector<SeenCode> codes_on(const Page& page, const Sheet& sheet, bool& blank,
                               StageTimes& times) {
  cv::Mat positive;
  GreyView picture = view(page);
  if (sheet.inverted) {
    cv::bitwise_not(sheet.ink, positive);
    picture = view_of(positive);
  }
  std::vector<Code> codes;
  {
    const Stopwatch watch(times.codes);
    codes = find_codes(picture, page.dpi_x, page.dpi_y, Effort::quick);
  }
  if (codes.empty()) {
    {
      const Stopwatch watch(times.notes);
      blank = looks_blank(sheet);
    }
    if (!blank) {
      const Stopwatch watch(times.codes);
      codes = find_codes(picture, page.dpi_x, page.dpi_y, Effort::thorough);
    }
  }
  return grouped(codes);
}

/// What a page says of itself before it is known which form it is.
PageReading begun(const Page& page, const Sheet& sheet) {
  PageReading reading;
  reading.number = page.number;
  reading.width = page.width;
  reading.height = page.height;
  reading.symbol_coded = page.symbol_coded;
  reading.quality.dpi_x = page.dpi_x;
  reading.quality.dpi_y = page.dpi_y;
  reading.quality.lost_rows = page.damaged_rows;
  for (const cv::Range& band : sheet.lost) reading.quality.lost_rows += band.size();
  reading.quality.contrast = sheet.contrast;
  return reading;
}

void note_alignment(const Sheet& sheet, const Alignment& alignment, PageReading& reading) {
  Quality& quality = reading.quality;
  const Transform& placed = alignment.placement.affine;
  const Turn turn = turn_of(placed, sheet.px_per_mm_x, sheet.px_per_mm_y);
  const Scale scale = scale_of(placed);
  quality.rotation = turn.rotation;
  quality.skew_degrees = turn.skew;
  quality.scale = (scale.x / sheet.px_per_mm_x + scale.y / sheet.px_per_mm_y) / 2;
  quality.alignment_error_mm = alignment.error_mm;
  quality.lost_rows += alignment.jumped_rows;
  reading.placed = placed;
}

/// A page that carries a code, but fits no form, can still be turned upright by it.
void note_turn(const Sheet& sheet, const SeenTag& tag, PageReading& reading) {
  const cv::Point2d right = tag[1] - tag[0];
  const cv::Point2d down = tag[3] - tag[0];
  const Transform turned{right.x, down.x, 0, right.y, down.y, 0};
  reading.quality.rotation = turn_of(turned, sheet.px_per_mm_x, sheet.px_per_mm_y).rotation;
}

struct Fit {
  const PageLayout* layout = nullptr;
  Alignment alignment;
};

const PageLayout* page_of(const FormPage& form) {
  if (form.layout == nullptr) return nullptr;
  const auto page = std::ranges::find(form.layout->pages, form.page, &PageLayout::number);
  return page == form.layout->pages.end() ? nullptr : &*page;
}

Fit named(const FormPage& form, Alignment alignment, PageReading& reading) {
  reading.form = form.layout->form;
  reading.version = form.layout->version;
  reading.form_page = form.page;
  return {page_of(form), std::move(alignment)};
}

/// The form of which most lines are found, and fewest missed, where the anchors put them.
std::optional<Fit> fit_by_print(const Sheet& sheet, Forms forms, PageReading& reading) {
  std::optional<Alignment> best;
  FormPage found;
  std::vector<Transform> frames;
  const PageLayout* framed = nullptr;
  for (const FormPage& form : forms) {
    const PageLayout* layout = page_of(form);
    if (layout == nullptr) continue;
    // Forms of one house have their anchors in the same places.
    if (framed == nullptr || layout->anchors != framed->anchors) frames = frames_of(sheet, *layout);
    framed = layout;
    for (const Transform& frame : frames) {
      auto alignment = align_from(sheet, *layout, frame);
      if (!alignment || (best && best->lines_gained >= alignment->lines_gained)) continue;
      best = std::move(alignment);
      found = form;
    }
  }
  if (!best) return std::nullopt;
  return named(found, *std::move(best), reading);
}

/// A single tag seen askew points far beside the other end of the page, where rows of lines look
/// like each other: then few anchors are met, or the rows seem to jump.
bool doubtful(const Sheet& sheet, const Alignment& alignment) {
  constexpr double many_mm = 3;
  return alignment.anchors < 3 || alignment.jumped_rows > many_mm * sheet.px_per_mm_y;
}

/// What the anchors say of a doubtful alignment, if they know better.
Alignment settled_by_anchors(const Sheet& sheet, const PageLayout& layout, Alignment alignment) {
  for (const Transform& frame : frames_of(sheet, layout)) {
    auto other = align_from(sheet, layout, frame);
    if (!other || other->anchors < alignment.anchors) continue;
    const bool smoother = other->jumped_rows < alignment.jumped_rows;
    if (other->anchors > alignment.anchors || smoother) alignment = *std::move(other);
  }
  return alignment;
}

/// The first code that names a form whose print lies on this page; the print itself where the
/// code's corners mislead or no code names a form.
std::optional<Fit> fit_of(const Sheet& sheet, const std::vector<SeenCode>& codes,
                          const FindForm& find_form, Forms forms, PageReading& reading) {
  std::vector<FormPage> claimed;
  for (const SeenCode& code : codes) {
    const std::optional<FormPage> form = find_form(code.bytes);
    if (!form) continue;
    claimed.push_back(*form);
    const PageLayout* layout = page_of(*form);
    if (layout == nullptr) continue;
    auto alignment = align(sheet, *layout, code.places);
    if (!alignment) continue;
    if (doubtful(sheet, *alignment)) {
      alignment = settled_by_anchors(sheet, *layout, *std::move(alignment));
    }
    return named(*form, *std::move(alignment), reading);
  }
  if (reading.blank) return std::nullopt;
  return fit_by_print(sheet, claimed.empty() ? forms : Forms(claimed), reading);
}

bool names_no_form(const std::vector<SeenCode>& codes, const FindForm& find_form) {
  return std::ranges::none_of(
      codes, [&](const SeenCode& code) { return find_form(code.bytes).has_value(); });
}

/// What a page that was aligned by its print alone says of itself: its tags after all, or else its
/// printed serial.
void read_bare(const Sheet& sheet, const FindForm& find_form, Fit& fit, TextEngine& text,
               PageReading& reading) {
  const auto code = read_known_tags(sheet, fit.alignment.placement, *fit.layout);
  const auto form = code ? find_form(*code) : std::nullopt;
  if (!form) {
    reading.serial_print = printed_serial(sheet, fit.alignment.placement, *fit.layout, text);
    return;
  }
  reading.codes.push_back(*code);
  // Sisters differ by a few lines; where those were lost, the code knows better.
  const PageLayout* layout = page_of(*form);
  if (layout == nullptr || layout == fit.layout) return;
  if (auto alignment = align_from(sheet, *layout, fit.alignment.placement.affine)) {
    fit = named(*form, *std::move(alignment), reading);
  }
}

/// Whether a note is a number in the stead of one that was struck out.
bool is_rewriting(const Box& note, const std::vector<Reading>& readings) {
  constexpr double slack_mm = 1.5;
  return std::ranges::any_of(readings, [&](const Reading& reading) {
    if (reading.rewritten.digits.empty()) return false;
    Box all = reading.rewritten.digits.front().box;
    for (const CellReading& digit : reading.rewritten.digits) all = joined(all, digit.box);
    all = grown(all, slack_mm);
    return note.x >= all.x && note.right() <= all.right() && note.y >= all.y &&
           note.bottom() <= all.bottom();
  });
}

bool typed(const Patch& text) {
  cv::Mat grey;
  cv::bitwise_not(text.ink, grey);
  constexpr double mm_per_inch = 25.4;
  const double dpi = text.px_per_mm * mm_per_inch;
  return looks_typed(view_of(grey), dpi, dpi);
}

}  // namespace

Engine::Engine(const EngineFiles& files)
    : models_(new Models{Digits(files.digit_model), TextEngine(files.tessdata), {}}) {
  cv::setNumThreads(1);  // threads would not outlive the fork of the reader's child
}

Engine::~Engine() = default;

const StageTimes& Engine::stages() const {
  return models_->times;
}

PageReading Engine::read(const Page& page, const FindForm& find_form, Forms forms,
                         CodeSearch search) {
  StageTimes& times = models_->times;
  times = {};
  Sheet sheet;
  {
    const Stopwatch watch(times.sheet);
    sheet = sheet_of(page);
  }
  PageReading reading = begun(page, sheet);
  std::vector<SeenCode> codes;
  if (search == CodeSearch::whole_page) {
    codes = codes_on(page, sheet, reading.blank, times);
  } else {
    reading.blank = looks_blank(sheet);
  }
  for (const SeenCode& code : codes) reading.codes.push_back(code.bytes);

  std::optional<Fit> fit;
  {
    const Stopwatch watch(times.align);
    fit = fit_of(sheet, codes, find_form, forms, reading);
    if (fit && names_no_form(codes, find_form)) {
      read_bare(sheet, find_form, *fit, models_->text, reading);
    }
    if (fit) {
      const Placement& placement = fit->alignment.placement;
      erase_streaks(sheet, find_streaks(sheet, placement, *fit->layout));
    }
  }
  if (!fit) {
    if (!codes.empty()) note_turn(sheet, codes.front().places.front(), reading);
    reading.placed = upright(page, reading.quality.rotation);
    return reading;
  }
  note_alignment(sheet, fit->alignment, reading);
  FieldTimes spent;
  FieldReadings fields = read_fields(
      sheet, *fit->layout, fit->alignment.placement,
      [this](std::span<const cv::Mat> crops) { return models_->digits.classify(crops); }, typed,
      &spent);
  reading.readings = std::move(fields.readings);
  times.marks = spent.marks;
  times.cells = spent.cells;
  times.digits = spent.digits;
  times.ink = spent.ink;
  const Stopwatch watch(times.notes);
  Notes notes = find_notes(sheet, fit->alignment.placement, *fit->layout);
  reading.notes = std::move(notes.boxes);
  std::erase_if(reading.notes,
                [&](const Box& note) { return is_rewriting(note, reading.readings); });
  reading.notes.insert(reading.notes.end(), fields.strays.begin(), fields.strays.end());
  reading.quality.noise = notes.noise;
  return reading;
}

PageReading Engine::read_text(const Page& page, PageReading first, const Layout* layout) {
  const PageLayout* printed = nullptr;
  if (layout != nullptr && first.form == layout->form) {
    const auto found = std::ranges::find(layout->pages, first.form_page, &PageLayout::number);
    if (found != layout->pages.end()) printed = &*found;
  }
  if (printed != nullptr) {
    read_text_fields(page, *printed, models_->text, first);
  } else if (!first.blank) {
    read_whole_page(page, models_->text, first);
  }
  return first;
}

}  // namespace ocr
