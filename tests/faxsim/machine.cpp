#include "tests/faxsim/machine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace faxsim {
namespace {

// The one table of what the levels mean.
// clang-format off
constexpr std::array<Level, 4> levels = {{
    {.skew_sigma = 0, .skew_max = 0, .shift = 0, .scale_min = 1, .scale_max = 1, .stretch = 0,
     .blur_min = 0.045, .blur_max = 0.045, .threshold_min = 0.5, .threshold_max = 0.5, .uneven = 0,
     .noise = 0, .dust = 0, .hairs = 0, .streaks = 0, .line_events = 0, .line_run = 0, .block = 0,
     .garbage = 0, .halftone = 0, .tti = 0, .tti_push = 0, .clip = 0, .upside_down = 0, .punch = 0,
     .surround = 0},
    {.skew_sigma = 0.3, .skew_max = 1, .shift = 1.5, .scale_min = 0.99, .scale_max = 1, .stretch = 0.001,
     .blur_min = 0.045, .blur_max = 0.07, .threshold_min = 0.42, .threshold_max = 0.55, .uneven = 0.02,
     .noise = 0.02, .dust = 8, .hairs = 0, .streaks = 0, .line_events = 0.1, .line_run = 1, .block = 0,
     .garbage = 0, .halftone = 0, .tti = 0.8, .tti_push = 0.3, .clip = 2, .upside_down = 0, .punch = 0,
     .surround = 0},
    {.skew_sigma = 0.7, .skew_max = 2.2, .shift = 3, .scale_min = 0.97, .scale_max = 1, .stretch = 0.004,
     .blur_min = 0.05, .blur_max = 0.09, .threshold_min = 0.34, .threshold_max = 0.58, .uneven = 0.05,
     .noise = 0.04, .dust = 40, .hairs = 0.3, .streaks = 0.15, .line_events = 1, .line_run = 2, .block = 0,
     .garbage = 0, .halftone = 0, .tti = 0.85, .tti_push = 0.4, .clip = 4, .upside_down = 0.02, .punch = 0.1,
     .surround = 0.15},
    {.skew_sigma = 1.3, .skew_max = 3, .shift = 5, .scale_min = 0.82, .scale_max = 1, .stretch = 0.01,
     .blur_min = 0.06, .blur_max = 0.13, .threshold_min = 0.28, .threshold_max = 0.64, .uneven = 0.1,
     .noise = 0.08, .dust = 200, .hairs = 2, .streaks = 0.8, .line_events = 5, .line_run = 4, .block = 0.25,
     .garbage = 0.1, .halftone = 0.3, .tti = 0.9, .tti_push = 0.5, .clip = 5, .upside_down = 0.1, .punch = 0.25,
     .surround = 0.3},
}};
// clang-format on

struct Grid {
  double px_x, px_y;  ///< pixels a mm
  double dpi_x, dpi_y;
  bool fax;
};

// ITU-T T.4: 8.04 px/mm across; 3.85, 7.7, 15.4 lines/mm along. The tags say whole dpi.
Grid grid_of(Quality quality) {
  switch (quality) {
    case Quality::standard: return {8.04, 3.85, 204, 98, true};
    case Quality::fine: return {8.04, 7.7, 204, 196, true};
    case Quality::superfine: return {8.04, 15.4, 204, 391, true};
    case Quality::scan300: break;
  }
  return {300 / 25.4, 300 / 25.4, 300, 300, false};
}

/// Affine map, mm of the paper to pixels of the sheet; pixel k covers [k, k+1).
struct Affine {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;

  [[nodiscard]] ocr::Point operator()(ocr::Point p) const {
    return {a * p.x + b * p.y + c, d * p.x + e * p.y + f};
  }
  /// First this, then `next`.
  [[nodiscard]] Affine then(const Affine& next) const {
    return {next.a * a + next.b * d, next.a * b + next.b * e, next.a * c + next.b * f + next.c,
            next.d * a + next.e * d, next.d * b + next.e * e, next.d * c + next.e * f + next.f};
  }
};

Affine shifted(double x, double y) {
  return {1, 0, x, 0, 1, y};
}
Affine scaled(double x, double y) {
  return {x, 0, 0, 0, y, 0};
}
Affine turned(double degrees) {  // clockwise, as y runs down
  const double angle = degrees * std::numbers::pi / 180;
  return {std::cos(angle), -std::sin(angle), 0, std::sin(angle), std::cos(angle), 0};
}

/// How this page lies in the machine.
struct Lie {
  Affine map;
  int width = 0, height = 0;  ///< of the sheet, pixels
  int rotation = 0;
  double skew = 0, scale = 1, stretch = 1;
};

int line_width(Paper paper, bool sideways) {
  if (sideways) return 2432;  // A4 across needs an A3 feeder
  switch (paper) {
    case Paper::b4: return 2048;
    case Paper::a3: return 2432;
    case Paper::a4: break;
  }
  return 1728;
}

Lie lay(const Canvas& paper, const Feed& feed, const Level& how, const Grid& grid, Chance chance) {
  Lie lie;
  const bool upside_down = chance.happens(how.upside_down);
  lie.rotation = feed.rotate.value_or(upside_down ? 180 : 0);
  lie.skew = feed.skew.value_or(
      how.skew_sigma > 0 ? chance.normal_within(0, how.skew_sigma, how.skew_max) : 0);
  const double shrink = chance.between(how.scale_min, how.scale_max);
  lie.scale = feed.scale.value_or(grid.fax ? shrink : 1);
  const double slip = chance.normal_within(0, how.stretch + 1e-12, 3 * how.stretch + 1e-9);
  lie.stretch = feed.stretch.value_or(1 + (grid.fax ? slip : slip * 0.2));
  const ocr::Point drawn{chance.between(-how.shift, how.shift),
                         chance.between(-how.shift, how.shift)};
  const ocr::Point shift = feed.shift.value_or(drawn);

  const bool sideways = lie.rotation % 180 == 90;
  const double across = sideways ? paper.height_mm() : paper.width_mm();
  const double along = sideways ? paper.width_mm() : paper.height_mm();
  const double length = along * lie.scale * lie.stretch;
  lie.width = grid.fax ? line_width(feed.paper, sideways)
                       : static_cast<int>(std::lround(across * grid.px_x));
  lie.height = static_cast<int>(std::lround((grid.fax ? length : along) * grid.px_y));
  const double line_mm = lie.width / grid.px_x;
  lie.map = shifted(-paper.width_mm() / 2, -paper.height_mm() / 2)
                .then(turned(lie.rotation + lie.skew))
                .then(scaled(lie.scale, lie.scale * lie.stretch))
                .then(shifted(line_mm / 2 + shift.x, lie.height / grid.px_y / 2 + shift.y))
                .then(scaled(grid.px_x, grid.px_y));
  return lie;
}

/// The paper as the sensor's spot sees it, on the sheet's grid: darkness, or colour.
cv::Mat expose(Canvas& paper, const Lie& lie, const Level& how, const Grid& grid, bool black_around,
               Chance chance) {
  cairo_surface_t* surface = paper.finish();
  const bool colour = paper.colour();
  const cv::Mat seen(cairo_image_surface_get_height(surface),
                     cairo_image_surface_get_width(surface), colour ? CV_8UC4 : CV_8U,
                     cairo_image_surface_get_data(surface),
                     static_cast<std::size_t>(cairo_image_surface_get_stride(surface)));
  const double sigma = chance.between(how.blur_min, how.blur_max) * paper.dpi() / 25.4;
  cv::Mat soft;
  const int reach = sigma < 1 ? 5 : (sigma < 1.5 ? 7 : 9);
  cv::GaussianBlur(seen, soft, {reach, reach}, sigma, sigma, cv::BORDER_REPLICATE);
  // To OpenCV's convention, in which whole numbers are the middles of pixels.
  const Affine forward = scaled(25.4 / paper.dpi(), 25.4 / paper.dpi()).then(lie.map);
  const Affine m = shifted(0.5, 0.5).then(forward).then(shifted(-0.5, -0.5));
  cv::Mat out;
  const cv::Matx23d matrix(m.a, m.b, m.c, m.d, m.e, m.f);
  const double black = colour ? 0 : 255;
  const double beside = black_around ? black : 255 - black;
  cv::warpAffine(soft, out, matrix, {lie.width, lie.height}, cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                 cv::Scalar::all(beside));
  if (grid.px_y < 5 && chance.happens(0.5)) {
    // At standard resolution half the machines read every second line and leave the other out; the
    // rest, as here, take the mean of both.
    Affine half = m;
    half.f += 0.5;
    cv::Mat between;
    cv::warpAffine(soft, between, cv::Matx23d(half.a, half.b, half.c, half.d, half.e, half.f),
                   {lie.width, lie.height}, cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                   cv::Scalar::all(beside));
    cv::addWeighted(out, 0.5, between, 0.5, 0, out);
  }
  return out;
}

/// Normal noise to take runs from: drawing each pixel's own would cost more than all the rest.
std::vector<std::int8_t> noise_tile(double sigma, Chance& chance) {
  std::vector<std::int8_t> tile(1 << 15);
  for (auto& value : tile) {
    value = static_cast<std::int8_t>(std::clamp(chance.normal(0, sigma * 255), -127.0, 127.0));
  }
  return tile;
}

void to_black_and_white(cv::Mat& picture, const Level& how, Chance chance) {
  const double threshold = chance.between(how.threshold_min, how.threshold_max) * 255;
  const double slope_x = chance.between(-how.uneven, how.uneven) * 255;
  const double slope_y = chance.between(-how.uneven, how.uneven) * 255;
  const auto noise = noise_tile(how.noise, chance);
  const int last = static_cast<int>(noise.size()) - picture.cols;
  std::vector<std::int16_t> across(static_cast<std::size_t>(picture.cols));
  for (int x = 0; x < picture.cols; ++x) {
    across[static_cast<std::size_t>(x)] =
        static_cast<std::int16_t>(slope_x * (static_cast<double>(x) / picture.cols - 0.5));
  }
  for (int y = 0; y < picture.rows; ++y) {
    const auto level_here = static_cast<std::int16_t>(
        threshold + slope_y * (static_cast<double>(y) / picture.rows - 0.5));
    const std::int8_t* grain = noise.data() + chance.whole(0, last);
    std::uint8_t* row = picture.ptr(y);
    const std::int16_t* column = across.data();
    for (int x = 0; x < picture.cols; ++x) {
      row[x] = row[x] + grain[x] > level_here + column[x] ? 0 : 255;
    }
  }
}

/// A grey or colour scan: paper is not quite white, ink not quite black.
void to_tones(cv::Mat& picture, bool darkness, const Level& how, Chance chance) {
  const double white = chance.between(232, 252);
  const double black = chance.between(8, 40);
  if (darkness) {
    picture.convertTo(picture, CV_8U, -(white - black) / 255, white);
  } else {
    cv::cvtColor(picture, picture, cv::COLOR_BGRA2RGB);  // as cairo keeps it
    picture.convertTo(picture, CV_8U, (white - black) / 255, black);
  }
  const auto noise = noise_tile(how.noise * 0.5, chance);
  const int width = picture.cols * picture.channels();
  const int last = static_cast<int>(noise.size()) - width;
  for (int y = 0; y < picture.rows; ++y) {
    const std::int8_t* grain = noise.data() + chance.whole(0, last);
    std::uint8_t* row = picture.ptr(y);
    for (int x = 0; x < width; ++x) row[x] = cv::saturate_cast<std::uint8_t>(row[x] + grain[x]);
  }
}

/// Which row of the picture each sent row is: rows get lost and repeated on the line.
std::vector<int> sent_rows(int rows, const Level& how, Chance chance, int& lost) {
  std::vector<int> order(static_cast<std::size_t>(rows));
  for (int y = 0; y < rows; ++y) order[static_cast<std::size_t>(y)] = y;
  if (how.line_events <= 0) return order;
  double expected = how.line_events;
  while (chance.happens(expected / (1 + expected))) {  // geometric, with this mean
    const int run = chance.whole(1, how.line_run);
    const int at = chance.whole(10, static_cast<int>(order.size()) - 20);
    const auto begin = order.begin() + at;
    switch (chance.whole(0, 2)) {
      case 0: order.erase(begin, begin + run); break;
      case 1: order.insert(begin, static_cast<std::size_t>(run), *begin); break;
      default: std::fill(begin, begin + run, *(begin - 1));  // a bad row shows the one before
    }
    lost += run;
  }
  return order;
}

cv::Mat header_line(const Feed& feed, int width, const Grid& grid, Chance chance) {
  const double height_mm = chance.between(2.6, 4.2);
  const int rows = static_cast<int>(height_mm * grid.px_y);
  static constexpr std::array clinics = {"ﾏﾙﾔﾏﾅｲｶｸﾘﾆｯｸ",   "みどり内科医院", "SAKURA CLINIC",
                                         "中央胃腸科外科", "ﾀｶﾊｼ ｲｲﾝ",       ""};
  const std::string page = std::to_string(feed.page);
  const std::string when =
      "2026-" + std::to_string(chance.whole(10, 12)) + "-" + std::to_string(chance.whole(10, 28)) +
      " " + std::to_string(chance.whole(9, 18)) + ":" + std::to_string(chance.whole(10, 59));
  const std::string text = when + "   " + chance.one_of(clinics) + "   FAX:0" +
                           std::to_string(chance.whole(110000000, 999999999)) + "    P. " +
                           std::string(page.size() < 3 ? 3 - page.size() : 0, '0') + page + "/" +
                           std::to_string(feed.pages);
  // Drawn at the line's own grid: header letters are made by the machine, not scanned.
  Picture strip{width, static_cast<int>(std::lround(height_mm * grid.px_x)), grid.px_x * 25.4, {}};
  strip.samples.assign(
      static_cast<std::size_t>(strip.width) * static_cast<std::size_t>(strip.height), 255);
  Canvas canvas(strip, false);
  canvas.text(text, {chance.between(4, 15), 0, canvas.width_mm(), canvas.height_mm()},
              "IPAexGothic", height_mm * 0.72, print_black);
  cairo_surface_t* surface = canvas.finish();
  const cv::Mat drawn(strip.height, strip.width, CV_8U, cairo_image_surface_get_data(surface),
                      static_cast<std::size_t>(cairo_image_surface_get_stride(surface)));
  cv::Mat line;
  cv::resize(drawn, line, {width, rows}, 0, 0, cv::INTER_AREA);
  cv::threshold(line, line, 110, 255, cv::THRESH_BINARY_INV);
  return line;
}

void clip_edges(cv::Mat& picture, const Level& how, const Grid& grid, Chance chance) {
  const auto edge = [&](double px) { return static_cast<int>(chance.between(0, how.clip) * px); };
  const int left = edge(grid.px_x), right = edge(grid.px_x), top = edge(grid.px_y),
            bottom = edge(grid.px_y);
  const cv::Scalar white = cv::Scalar::all(255);
  if (left > 0) picture.colRange(0, left).setTo(white);
  if (right > 0) picture.colRange(picture.cols - right, picture.cols).setTo(white);
  if (top > 0) picture.rowRange(0, top).setTo(white);
  if (bottom > 0) picture.rowRange(picture.rows - bottom, picture.rows).setTo(white);
}

/// Two holes of 6 mm, 80 mm apart, 12 mm from the left edge: the Japanese binder. What lies
/// behind them is dark.
void punch_holes(Canvas& paper) {
  for (const double offset : {-40.0, 40.0}) {
    cairo_t* cr = paper.cairo();
    paper.set_ink(print_black);
    cairo_arc(cr, 7.5, paper.height_mm() / 2 + offset, 3, 0, 2 * std::numbers::pi);
    cairo_fill(cr);
  }
}

void add_garbage(cv::Mat& picture, Chance chance) {
  const int top = chance.whole(0, picture.rows - 40);
  const int rows = chance.whole(3, 24);
  for (int y = top; y < top + rows; ++y) {
    std::uint8_t* row = picture.ptr(y);
    bool black = false;
    for (int x = 0; x < picture.cols;) {
      const int run = chance.whole(1, black ? 40 : 400);
      std::fill(row + x, row + std::min(picture.cols, x + run), black ? 0 : 255);
      x += run;
      black = !black;
    }
  }
}

struct Line {
  cv::Mat picture;
  std::vector<int> rows;  ///< of the sheet: row of the picture before; -1: none
  int lost = 0;
  std::string header = "none";
};

/// What the telephone line and the receiving machine add.
Line transmit(const cv::Mat& picture, const Feed& feed, const Level& how, const Grid& grid,
              const Chance& chance) {
  Line line;
  line.rows = sent_rows(picture.rows, how, chance.branch("rows"), line.lost);
  Chance header = chance.branch("header");
  const bool drawn = header.happens(how.tti);
  const bool push = header.happens(how.tti_push);
  const bool keeps_length = header.happens(0.5);
  cv::Mat text;
  if (feed.tti.value_or(drawn)) {
    text = header_line(feed, picture.cols, grid, header);
    line.header = push ? "pushed" : "overlay";
    if (push) {
      line.rows.insert(line.rows.begin(), static_cast<std::size_t>(text.rows), -1);
      if (keeps_length) line.rows.resize(line.rows.size() - static_cast<std::size_t>(text.rows));
    }
  }
  line.picture.create(static_cast<int>(line.rows.size()), picture.cols, CV_8U);
  for (int y = 0; y < line.picture.rows; ++y) {
    const int from = line.rows[static_cast<std::size_t>(y)];
    if (from < 0) {
      line.picture.row(y).setTo(cv::Scalar(255));
    } else {
      picture.row(from).copyTo(line.picture.row(y));
    }
  }
  if (!text.empty()) {
    cv::Mat top = line.picture.rowRange(0, text.rows);
    cv::min(top, text, top);
  }
  return line;
}

/// Where points of the paper came to lie, lost rows and header line and all.
class Where {
public:
  Where(const Lie& lie, const std::vector<int>& rows)
      : map_(lie.map), first_(static_cast<std::size_t>(lie.height), -1) {
    for (std::size_t y = 0; y < rows.size(); ++y) {
      if (rows[y] >= 0 && first_[static_cast<std::size_t>(rows[y])] < 0) {
        first_[static_cast<std::size_t>(rows[y])] = static_cast<int>(y);
      }
    }
    int last = -1;
    for (std::size_t y = 0; y < first_.size(); ++y) {
      if (first_[y] < 0) first_[y] = last + 1;  // lost: where it would have been
      last = first_[y];
    }
  }

  [[nodiscard]] ocr::Point operator()(ocr::Point mm) const {
    ocr::Point at = map_(mm);
    const auto row = static_cast<std::ptrdiff_t>(std::floor(at.y));
    const auto inside =
        std::clamp<std::ptrdiff_t>(row, 0, static_cast<std::ptrdiff_t>(first_.size()) - 1);
    at.y += first_[static_cast<std::size_t>(inside)] - static_cast<double>(inside);
    return at;
  }

private:
  Affine map_;
  std::vector<int> first_;
};

nlohmann::json truth_of(const Canvas& paper, const Lie& lie, const Line& line) {
  const Where where(lie, line.rows);
  nlohmann::json truth;
  truth["rotation"] = lie.rotation;
  truth["skew"] = lie.skew;
  truth["scale"] = lie.scale;
  truth["stretch"] = lie.stretch;
  truth["lost_rows"] = line.lost;
  truth["header"] = line.header;
  const Affine& m = lie.map;
  const double shift = where({0, 0}).y - m({0, 0}).y;
  truth["transform"] = {m.a, m.b, m.c, m.d, m.e, m.f + shift};
  const double width = paper.width_mm(), height = paper.height_mm();
  for (const ocr::Point mm : {ocr::Point{0, 0}, {width, 0}, {width, height}, {0, height}}) {
    const auto px = where(mm);
    truth["corners"].push_back({px.x, px.y});
  }
  for (int row = 0; row <= 8; ++row) {
    for (int column = 0; column <= 4; ++column) {
      const ocr::Point mm{12 + (width - 24) * column / 4, 14 + (height - 28) * row / 8};
      const auto px = where(mm);
      truth["grid"].push_back({mm.x, mm.y, px.x, px.y});
    }
  }
  return truth;
}

Sheet to_sheet(const cv::Mat& picture, const Grid& grid, bool bilevel) {
  Sheet sheet;
  sheet.width = picture.cols;
  sheet.height = picture.rows;
  sheet.channels = picture.channels();
  sheet.bilevel = bilevel;
  sheet.dpi_x = grid.dpi_x;
  sheet.dpi_y = grid.dpi_y;
  sheet.samples.assign(picture.datastart, picture.dataend);
  return sheet;
}

}  // namespace

const Level& level(Degrade degrade) {
  return levels[static_cast<std::size_t>(degrade)];
}

Sent send(Canvas& paper, const Feed& feed, const Chance& chance) {
  const Level& how = level(feed.degrade);
  const Grid grid = grid_of(feed.quality);
  const bool bilevel = grid.fax || feed.scan == Scan::mono;
  Chance faults = chance.branch("faults");
  const bool punched = faults.happens(how.punch);
  const bool black_around = !grid.fax && faults.happens(how.surround);
  const bool screened = faults.happens(how.halftone) && !paper.colour();
  const bool blocked = faults.happens(how.block);
  const bool garbled = faults.happens(how.garbage) && grid.fax;

  if (punched) punch_holes(paper);
  const Lie lie = lay(paper, feed, how, grid, chance.branch("lie"));
  cv::Mat picture = expose(paper, lie, how, grid, black_around, chance.branch("expose"));
  if (screened) add_halftone(picture, grid.px_x, grid.px_y, chance.branch("halftone"));
  if (bilevel) {
    to_black_and_white(picture, how, chance.branch("tone"));
  } else {
    to_tones(picture, !paper.colour(), how, chance.branch("tone"));
  }
  const Glass glass{picture, grid.px_x, grid.px_y};
  add_dust(glass, how.dust, how.hairs, chance.branch("dust"));
  add_streaks(glass, how.streaks, chance.branch("streaks"));
  if (blocked) add_block(glass, chance.branch("block"));
  if (grid.fax) clip_edges(picture, how, grid, chance.branch("clip"));
  if (garbled) add_garbage(picture, chance.branch("garbage"));

  Line line;
  if (grid.fax) {
    line = transmit(picture, feed, how, grid, chance.branch("line"));
  } else {
    line.picture = picture;
    for (int y = 0; y < picture.rows; ++y) line.rows.push_back(y);
  }
  return {to_sheet(line.picture, grid, bilevel), truth_of(paper, lie, line)};
}

}  // namespace faxsim
