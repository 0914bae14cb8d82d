#include "forms/filled_form.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "forms/answers.hpp"
#include "forms/nearly_sure.hpp"
#include "forms/writer.hpp"

namespace forms {
namespace {

constexpr std::pair<AnswerState, std::string_view> state_words[] = {
    {AnswerState::accepted, "accepted"},
    {AnswerState::doubtful, "doubtful"},
    {AnswerState::blank, "blank"},
    {AnswerState::corrected, "corrected"},
};

struct Found {
  const ocr::PageReading* page = nullptr;
  const ocr::Reading* reading = nullptr;
  int times = 0;
};

Found look_up(const std::vector<const ocr::PageReading*>& pages, std::string_view field) {
  Found found;
  for (const auto* page : pages) {
    for (const auto& reading : page->readings) {
      if (reading.field != field) continue;
      if (found.times == 0) found = {page, &reading, 0};
      ++found.times;
    }
  }
  return found;
}

Answer not_read(const FieldDefinition& field) {
  Answer answer;
  answer.field = field.name;
  answer.several = field.several;
  answer.confidence = 0;
  answers::doubt_it(answer, doubt::not_read);
  return answer;
}

Answer answer_of(const answers::Place& place) {
  switch (place.field.kind) {
    case FieldKind::choice: return answers::choice(place);
    case FieldKind::number: return answers::number(place);
    case FieldKind::date:
    case FieldKind::month: return answers::date(place);
    case FieldKind::text: return text_answer(place.field, place.reading, place.form_page);
    case FieldKind::ink: return answers::ink(place);
  }
  return not_read(place.field);
}

/// JBIG2 stores one picture for marks that look alike, so that a digit or a tick may stand where
/// the sender wrote another (as the copiers of 2013 did): nothing from such a page is a fact
/// without a person.
void distrust_symbols(Answer& answer, const FieldDefinition& field) {
  if (answer.state == AnswerState::accepted && field.kind != FieldKind::ink) {
    answers::doubt_it(answer, doubt::symbol_coded);
  }
}

/// Reads again what was not sure, now that the sure digits of the form tell how its writer writes.
class SecondReading {
public:
  /// `said`: what each cell holds for sure, as digits or other classes (below 0: not known).
  void learn(const Found& found, const std::vector<int>& said) {
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (said[i] < 0 || said[i] > 9) continue;
      writer_.learn(found.reading->cells[i], static_cast<std::size_t>(said[i]));
    }
  }

  /// Of a field that is in doubt, the digits that no doubt is about.
  void count_clear_ones(const ocr::Reading& reading) {
    for (const auto& cell : reading.cells) writer_.count_clear(cell);
  }

  /// A sure digit that is not what must stand there: others that look so are not sure either.
  void mistrust(const Found& found, const answers::Place::Cells& cells) {
    for (std::size_t i = 0; i < cells.expected.size(); ++i) {
      if (cells.expected[i] != cells.said[i]) writer_.mistrust(found.reading->cells[i]);
    }
  }

  [[nodiscard]] bool mistrusted(const Found& found) const {
    return std::ranges::any_of(found.reading->cells, [this](const ocr::CellReading& cell) {
      return writer_.mistrusted(cell);
    });
  }

  /// The answer as this hand would have it: what has become sure is taken, what speaks against the
  /// first is remembered.
  [[nodiscard]] Answer again(const FieldDefinition& field, const Found& found,
                             const Expectation& expected, Answer first) const {
    const ocr::Reading reading = reread(*found.reading);
    Answer second = answer_of({field, reading, found.page->form_page, expected});
    if (second.state == AnswerState::accepted) return second;
    first.confidence = std::min(first.confidence, second.confidence);
    first.rivals.insert(first.rivals.end(), second.rivals.begin(), second.rivals.end());
    if (second.values != first.values) {
      first.rivals.push_back(second.values.empty() ? "?" : second.value());
      first.moved = true;
    }
    return first;
  }

  [[nodiscard]] ocr::Reading reread(ocr::Reading reading) const {
    for (auto& cell : reading.cells) cell = writer_.reread(cell);
    return reading;
  }

private:
  answers::Writer writer_;
};

using Month = std::chrono::year_month;

Month month_of(Date date) {
  return date.year() / date.month();
}

/// The next visit lies after this one. Where this one is in doubt, paper that came by post is at
/// most a quarter old. No plan reaches three years ahead.
void check_next_visit(FilledForm& form, const Expectation& expected) {
  const auto next = form.answers.find("next_visit");
  if (next == form.answers.end() || next->second.state != AnswerState::accepted) return;
  const std::string value = next->second.value();
  const Month month = std::chrono::year{std::stoi(value.substr(0, 4))} /
                      std::chrono::month{static_cast<unsigned>(std::stoi(value.substr(5, 2)))};
  const auto visit = form.fact("visit_date");
  const Month received = month_of(expected.received_on);
  const Month earliest =
      visit ? std::chrono::year{std::stoi(visit->substr(0, 4))} /
                  std::chrono::month{static_cast<unsigned>(std::stoi(visit->substr(5, 2)))}
            : received - std::chrono::months{3};
  if (month < earliest || month > received + std::chrono::years{3}) {
    answers::doubt_it(next->second, doubt::implausible);
  }
}

/// A tick beside one that says that there is nothing to tell is more often a stroke that went
/// through a box than news: a person looks. The rules take it for a contradiction.
void check_companions(FilledForm& form) {
  for (const Companion& each : companions) {
    const auto told = form.answers.find(each.field);
    if (told == form.answers.end() || told->second.values.empty()) continue;
    if (told->second.state == AnswerState::accepted && each.alone_in(form)) {
      answers::doubt_it(told->second, doubt::contradicts);
    }
  }
}

}  // namespace

bool Companion::alone_in(const FilledForm& form) const {
  const Answer* told = form.find(of);
  if (told == nullptr || told->state == AnswerState::doubtful) return false;
  return std::ranges::none_of(told->values, [this](const std::string& value) {
    return std::ranges::find(values, value) != values.end();
  });
}

std::string_view to_text(AnswerState state) {
  for (const auto& [known, word] : state_words) {
    if (known == state) return word;
  }
  return "";
}

std::optional<AnswerState> parse_answer_state(std::string_view text) {
  for (const auto& [state, word] : state_words) {
    if (word == text) return state;
  }
  return std::nullopt;
}

std::string Answer::value() const {
  std::string joined;
  for (const auto& each : values) {
    if (&each != &values.front()) joined += ',';
    joined += each;
  }
  return joined;
}

const Answer* FilledForm::find(std::string_view field) const {
  const auto found = answers.find(field);
  return found == answers.end() ? nullptr : &found->second;
}

std::optional<std::string> FilledForm::fact(std::string_view field) const {
  const Answer* answer = find(field);
  if (answer == nullptr || answer->values.empty()) return std::nullopt;
  if (answer->state != AnswerState::accepted && answer->state != AnswerState::corrected) {
    return std::nullopt;
  }
  return answer->value();
}

Answer text_answer(const FieldDefinition& field, const ocr::Reading& reading, int form_page) {
  Answer answer = answers::started(field, reading, form_page);
  answer.ink = reading.ink_mm2 >= answers::text_ink_mm2 || !reading.words.empty();
  if (!answer.ink) return answer;
  answer.state = AnswerState::accepted;
  if (!reading.typed || reading.words.empty()) {
    answer.confidence = 0;
    answers::doubt_it(answer, doubt::handwritten);
    return answer;
  }
  std::string text;
  for (const auto& word : reading.words) {
    text += word.text;
    answer.confidence = std::min(answer.confidence, answers::probability(word.confidence));
  }
  answer.values = {text};
  if (answer.confidence < answers::word_floor) answers::doubt_it(answer, doubt::unsure_words);
  return answer;
}

FilledForm fill(const Definition& definition, const std::vector<const ocr::PageReading*>& pages,
                const Expectation& expected) {
  FilledForm form{definition.form, definition.version, {}, {}};
  SecondReading second;
  for (const auto& field : definition.fields) {
    const Found found = look_up(pages, field.name);
    if (found.times != 1) {
      form.answers.emplace(field.name, not_read(field));
      continue;
    }
    answers::Place::Cells cells;
    Answer answer = answer_of({field, *found.reading, found.page->form_page, expected, &cells});
    second.mistrust(found, cells);
    if (field.name == "birth_date" && expected.birth_date) {
      second.learn(found, answers::cells_of(field, *found.reading, *expected.birth_date));
    } else if (answer.state == AnswerState::accepted) {
      second.learn(found, cells.said);
    } else if (answers::of_digits(field) && answer.doubt == doubt::unsure) {
      second.count_clear_ones(*found.reading);
    }
    form.answers.emplace(field.name, std::move(answer));
  }
  std::set<std::string, std::less<>> mistrusted;
  for (const auto& field : definition.fields) {
    Answer& answer = form.answers.at(field.name);
    const Found found = look_up(pages, field.name);
    if (found.times != 1) continue;
    if (answers::of_digits(field) && answer.doubt == doubt::unsure) {
      answer = second.again(field, found, expected, std::move(answer));
    }
    if (answers::of_digits(field) && second.mistrusted(found)) {
      mistrusted.insert(field.name);
      if (answer.state == AnswerState::accepted) answers::doubt_it(answer, doubt::unsure);
    }
    if (found.page->symbol_coded) distrust_symbols(answer, field);
  }
  check_next_visit(form, expected);
  check_companions(form);
  answers::accept_nearly_sure(form, definition, expected, mistrusted, pages);
  check_next_visit(form, expected);  // that answer too may have been accepted just now
  for (const auto* page : pages) {
    for (const auto& note : page->notes) form.notes.emplace_back(page->form_page, note);
  }
  return form;
}

std::optional<ocr::Reading> reread(const Definition& definition,
                                   const std::vector<const ocr::PageReading*>& pages,
                                   const Expectation& expected, std::string_view field) {
  const Found asked = look_up(pages, field);
  if (asked.times != 1) return std::nullopt;
  SecondReading second;
  for (const auto& other : definition.fields) {
    if (!answers::of_digits(other)) continue;
    const Found found = look_up(pages, other.name);
    if (found.times != 1) continue;
    if (other.name == field) {  // a digit must not bear itself out
      second.count_clear_ones(*found.reading);
      continue;
    }
    answers::Place::Cells cells;
    const Answer answer =
        answer_of({other, *found.reading, found.page->form_page, expected, &cells});
    if (answer.state == AnswerState::accepted) {
      second.learn(found, cells.said);
    } else if (answer.doubt == doubt::unsure) {
      second.count_clear_ones(*found.reading);
    }
  }
  return second.reread(*asked.reading);
}

namespace answers {

Answer started(const FieldDefinition& field, const ocr::Reading& reading, int form_page) {
  Answer answer;
  answer.field = field.name;
  answer.several = field.several;
  answer.page = form_page;
  answer.box = reading.box;
  return answer;
}

void doubt_it(Answer& answer, std::string_view why) {
  answer.state = AnswerState::doubtful;
  if (answer.doubt.empty()) answer.doubt = why;
}

Answer ink(const Place& place) {
  Answer answer = started(place.field, place.reading, place.form_page);
  answer.ink = place.reading.ink_mm2 >= seal_absent_mm2;
  if (!answer.ink) return answer;
  answer.values = {"yes"};
  answer.state = AnswerState::accepted;
  if (place.reading.ink_mm2 < seal_present_mm2) {
    answer.confidence = 0.5;
    doubt_it(answer, doubt::unsure);
  }
  return answer;
}

}  // namespace answers
}  // namespace forms
