#include "forms/answers.hpp"

/// Marks to answers: what was ticked, and whether that can be said.
namespace forms::answers {
namespace {

struct Marks {
  std::vector<std::string> marked, unclear, cancelled;
  double all_right = 1;  ///< probability that every mark was told rightly
  bool complete = true;  ///< every option was read, once
};

void sort_in(Marks& marks, const ocr::MarkReading& mark) {
  marks.all_right *= probability(mark.confidence);
  switch (mark.state) {
    case ocr::MarkState::empty: break;
    case ocr::MarkState::marked: marks.marked.push_back(mark.value); break;
    case ocr::MarkState::cancelled: marks.cancelled.push_back(mark.value); break;
    case ocr::MarkState::unclear: marks.unclear.push_back(mark.value); break;
  }
}

/// In the order of the definition, whatever order the reader answered in.
Marks sorted(const FieldDefinition& field, const ocr::Reading& reading) {
  Marks marks;
  marks.complete = reading.marks.size() == field.options.size();
  for (const auto& option : field.options) {
    const auto found = std::ranges::find(reading.marks, option.value, &ocr::MarkReading::value);
    if (found == reading.marks.end()) {
      marks.complete = false;
    } else {
      sort_in(marks, *found);
    }
  }
  return marks;
}

std::string_view doubt_in(const Marks& marks, const Place& place) {
  const auto written = static_cast<double>(marks.marked.size() + marks.cancelled.size());
  if (!marks.complete) return doubt::not_read;
  if (!place.field.several && marks.marked.size() > 1) return doubt::two_marks;
  if (!marks.unclear.empty()) return doubt::unclear_mark;
  if (marks.marked.empty() && !marks.cancelled.empty()) return doubt::cancelled;
  if (place.reading.ink_mm2 > stray_ink_mm2 + ink_a_mark_mm2 * written) return doubt::stray_ink;
  if (marks.all_right < marks_floor) return doubt::unsure;
  return {};
}

}  // namespace

Answer choice(const Place& place) {
  Answer answer = started(place.field, place.reading, place.form_page);
  const Marks marks = sorted(place.field, place.reading);
  answer.values = marks.marked.empty() ? marks.unclear : marks.marked;
  answer.confidence = marks.complete ? marks.all_right : 0;
  answer.ink =
      !answer.values.empty() || !marks.cancelled.empty() || place.reading.ink_mm2 > stray_ink_mm2;
  answer.state = answer.values.empty() ? AnswerState::blank : AnswerState::accepted;
  if (const auto why = doubt_in(marks, place); !why.empty()) doubt_it(answer, why);
  return answer;
}

}  // namespace forms::answers
