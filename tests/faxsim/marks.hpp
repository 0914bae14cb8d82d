#pragma once

#include <string>

#include "tests/faxsim/hand.hpp"

/// Marks by hand: ticks, circles around words, strikes, seals, stray lines, scribble.
namespace faxsim {

void tick_box(Canvas& canvas, const ocr::Box& box, MarkShape shape, const Habit& habit,
              Chance& chance);
/// Around a printed word.
void circle_word(Canvas& canvas, const ocr::Box& word, const Habit& habit, Chance& chance);
/// Takes a mark back: two lines through it, or ink all over it.
void strike_out(Canvas& canvas, const ocr::Box& box, const Habit& habit, Chance& chance);
/// A line or two through digits.
void strike_through(Canvas& canvas, const ocr::Box& box, const Habit& habit, Chance& chance);
/// A round seal with a name in it, somewhere about `box`.
void press_seal(Canvas& canvas, const ocr::Box& box, const std::string& name,
                const std::string& colour, Chance& chance);
void stray_line(Canvas& canvas, const Habit& habit, Chance& chance);

/// Prose by hand: shapes with the look and density of Japanese handwriting, one for each character
/// of `text`; ASCII digits are written as digits. Nothing but a person can read it.
void scribble(Canvas& canvas, const std::string& text, const ocr::Box& box, double size_mm,
              const Hand& hand, const Habit& habit, Chance& chance);

}  // namespace faxsim
