#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "books.hpp"
#include "forms/definition.hpp"

/// What the tests of people's decisions share.
namespace tests {

inline const records::Records::Definitions definitions = [](const std::string& form, int version) {
  static const auto all = forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions");
  const auto* entry = all.find(form, version);
  return entry == nullptr ? nullptr : &entry->definition;
};

/// A regular report on which nothing is amiss.
inline std::vector<forms::Answer> harmless(const std::string& visit, const std::string& cea) {
  std::vector<forms::Answer> answers = {
      Books::answer("kind", {"periodic"}),         Books::answer("recurrence", {"none"}),
      Books::answer("outcome", {"continuing"}),    Books::answer("visit_date", {visit}),
      Books::answer("birth_date", {"1948-04-05"}), Books::answer("cea", {cea})};
  for (const auto* blank : {"recurrence_site", "exit_reason", "outcome_date", "comment", "ca19_9"})
    answers.push_back(Books::answer(blank, {}, forms::AnswerState::blank));
  return answers;
}

inline std::vector<std::string> kinds(const std::vector<records::Flag>& flags) {
  std::vector<std::string> found;
  for (const auto& flag : flags) {
    found.push_back(std::string(forms::rules::to_text(flag.kind)) + " " +
                    std::string(records::to_text(flag.state)));
  }
  return found;
}

inline std::vector<std::string> whats(Books& books, const std::string& entity,
                                      const std::string& id) {
  std::vector<std::string> found;
  for (const auto& row : books.records.trace(entity, id))
    found.push_back(row.who + ": " + row.what);
  return found;
}

// --- void serials ---------------------------------------------------------------------------

/// R-000001, filed, with nothing amiss.
inline void file_harmless(Books& books, char letter = 'a') {
  books.records.file(
      Books::filing(books.receive(letter), books.draft(harmless("2026-11-05", "3.2"))), now);
}

}  // namespace tests
