#include <algorithm>
#include <cmath>

#include "tests/faxsim/marks.hpp"

namespace faxsim {
namespace {

/// One sign of prose: a kanji-like frame of horizontals and verticals, or a kana-like curve.
std::vector<Stroke> sign(bool kanji, Chance& chance) {
  std::vector<Stroke> strokes;
  if (!kanji) {
    for (int i = chance.whole(1, 3); i > 0; --i) {
      Stroke line{{chance.between(0.1, 0.9), chance.between(0.05, 0.5)}};
      double heading = chance.between(0, 6.28);
      for (int k = chance.whole(2, 5); k > 0; --k) {
        heading += chance.between(0.3, 1.6);
        line.push_back({std::clamp(line.back().x + std::cos(heading) * 0.35, 0.05, 0.95),
                        std::clamp(line.back().y + std::sin(heading) * 0.35, 0.05, 0.95)});
      }
      strokes.push_back(line);
    }
    return strokes;
  }
  for (int i = chance.whole(2, 4); i > 0; --i) {  // horizontals rise a little to the right
    const double y = chance.between(0.1, 0.92);
    const double begin = chance.between(0, 0.35);
    const double end = chance.between(0.6, 1);
    strokes.push_back({{begin, y + 0.04}, {(begin + end) / 2, y}, {end, y - 0.03}});
  }
  for (int i = chance.whole(1, 3); i > 0; --i) {
    const double x = chance.between(0.12, 0.9);
    strokes.push_back({{x, chance.between(0, 0.3)}, {x, 0.5}, {x - 0.02, chance.between(0.7, 1)}});
  }
  for (int i = chance.whole(0, 3); i > 0; --i) {  // sweeps and dots
    const double x = chance.between(0.3, 0.7);
    const double y = chance.between(0.2, 0.6);
    const double side = chance.happens(0.5) ? 1 : -1;
    const double length = chance.between(0.15, 0.45);
    strokes.push_back(
        {{x, y}, {x + side * length * 0.4, y + length * 0.7}, {x + side * length, y + length}});
  }
  return strokes;
}

std::vector<char32_t> characters(const std::string& text) {
  std::vector<char32_t> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : (lead < 0xe0 ? 2 : (lead < 0xf0 ? 3 : 4));
    char32_t code = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
      code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
    }
    out.push_back(code);
    i += length;
  }
  return out;
}

}  // namespace

void scribble(Canvas& canvas, const std::string& text, const ocr::Box& box, double size_mm,
              const Hand& hand, const Habit& habit, Chance& chance) {
  const double pitch = size_mm * 1.08;
  double x = box.x + 1;
  double y = box.y + 0.6;
  const double drift = chance.normal(0, 0.008);  // lines seldom run quite level
  for (const char32_t code : characters(text)) {
    if (code == U'\n' || x + size_mm > box.right()) {
      x = box.x + 1 + chance.between(0, 1);
      y += size_mm * 1.35;
      if (code == U'\n') continue;
    }
    if (y + size_mm > box.bottom() + 1) return;
    const double top = y + drift * (x - box.x) + chance.normal(0, size_mm * 0.05);
    if (code >= U'0' && code <= U'9') {
      hand.write(canvas, static_cast<int>(code - U'0'), {x, top, size_mm * 0.75, size_mm}, habit,
                 chance);
      x += size_mm * 0.7;
      continue;
    }
    if (code == U' ' || code == U'　') {
      x += pitch * 0.6;
      continue;
    }
    const bool kanji = code >= 0x4e00 && code < 0xa000;
    const double scale = size_mm * (kanji ? 0.95 : 0.75) * chance.normal_within(1, 0.08, 0.2);
    for (const Stroke& skeleton : sign(kanji, chance)) {
      Stroke line;
      for (const auto& point : skeleton) {
        const double dx = point.x * scale + chance.normal(0, 0.08);
        const double dy = point.y * scale + chance.normal(0, 0.08);
        line.push_back({x + dx - habit.slant * 0.5 * dy, top + (size_mm - scale) + dy});
      }
      canvas.stroke(smooth(line, 0.25), habit.pen_mm, habit.ink, habit.pressure, chance);
    }
    x += pitch * (kanji ? 1 : 0.85);
  }
}

}  // namespace faxsim
