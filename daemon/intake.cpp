#include "daemon/intake.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/reader/answer.hpp"

namespace intake {
namespace {

namespace fs = std::filesystem;

/// An archived file, open for the reader.
class Opened {
public:
  Opened(const spool::Archive& archive, const std::string& sha256)
      : descriptor_(archive.open(sha256)) {}
  ~Opened() { ::close(descriptor_); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }

private:
  int descriptor_;
};

Known known_to(records::Records& records) {
  return {[&](forms::Serial serial) { return records.printed(serial); },
          [&](const std::string& id) { return records.pathway(id); },
          [&](const std::string& id) { return records.patient(id); },
          [&](const std::string& pathway, forms::Serial paper, forms::Date received_on) {
            return records.history_of(pathway, paper, received_on);
          },
          [&] { return records.patients(); },
          [&](const std::string& id) { return records.clinic(id); }};
}

records::Document document_in(records::Records& records, const std::string& id) {
  auto document = records.document(id);
  if (!document) throw records::Refused("no such document: " + id);
  return *std::move(document);
}

/// A picture is there whole or not at all: the desk may look at any moment. It can be drawn again,
/// so it is not synced.
void put_picture(const fs::path& folder, const std::string& name,
                 const std::vector<std::uint8_t>& png) {
  const fs::path unfinished = folder / ("." + name + ".new");
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  file.close();
  if (!file) {
    throw std::system_error(errno, std::generic_category(), "cannot write " + unfinished.string());
  }
  fs::rename(unfinished, folder / name);
}

/// A reader that died or hung may have been unlucky; twice is the file's doing. What it dies of is
/// mostly the search for codes (an assertion of ZXing's): without it the answers may still be read,
/// and tell of a deviation.
reader::Look first_look(const Eyes& eyes) {
  using reader::Codes;
  using reader::Ending;
  reader::Look look = eyes.read(Codes::searched);
  if (look.ending == Ending::answered) return look;
  look = eyes.read(Codes::searched);
  if (look.ending != Ending::crashed) return look;
  reader::Look by_print = eyes.read(Codes::by_print);
  if (by_print.ending != Ending::answered) return look;
  by_print.detail = look.detail;
  return by_print;
}

/// Held only for pages that nobody knows, with no flag to delay: words may show that they are
/// covers.
bool words_would_help(const records::Filing& filing) {
  return filing.reasons == std::vector<std::string>{"no-tag"} && !filing.reports.empty() &&
         std::ranges::all_of(filing.reports, [](const auto& draft) {
           return std::ranges::all_of(draft.findings, [](const auto& finding) {
             return finding.severity == forms::rules::Severity::notice;
           });
         });
}

std::vector<records::Report> reports_of(records::Records& records,
                                        const records::Document& document) {
  std::vector<records::Report> reports;
  for (const auto& id : document.reports) {
    if (auto report = records.report(id)) reports.push_back(*std::move(report));
  }
  return reports;
}

/// Only the words of a page without a code tell which way up it is.
bool turned(const ocr::DocumentReading& first, const ocr::DocumentReading& second) {
  return !std::ranges::equal(
      first.pages, second.pages, {},
      [](const ocr::PageReading& page) { return page.quality.rotation; },
      [](const ocr::PageReading& page) { return page.quality.rotation; });
}

constexpr std::chrono::minutes before_another_try{1};

}  // namespace

void file(const Books& books, const std::string& document, const Eyes& eyes, Time now) {
  const auto received_at = document_in(books.records, document).received_at;
  const auto look = first_look(eyes);
  const auto meaning_of = [&](const reader::Look& seen) {
    return interpret(document, seen, books.catalogue, books.keys, known_to(books.records),
                     received_at);
  };
  auto filing = meaning_of(look);
  if (words_would_help(filing)) {
    auto words = eyes.read_text(look.reading);
    words.codes = look.codes;
    if (words.ending == reader::Ending::answered) filing = meaning_of(words);
  }
  if (look.ending == reader::Ending::answered) filing.reading = reader::to_json(look.reading);
  books.records.file(filing, now);
}

void add_words(const Books& books, const std::string& document, const reader::Look& words,
               bool pictures, Time now) {
  const auto filed = document_in(books.records, document);
  auto second = interpret_text(filed, reports_of(books.records, filed), words, books.catalogue,
                               known_to(books.records));
  second.pictures = pictures;
  books.records.add_second_look(second, now);
}

/// The archived copy is on the disk before its row, and the row before the sender's file may go.
int Intake::take_in(Time now, bool impatient) {
  int taken = 0;
  for (const auto& arrival : rooms_.spool.claim(now, impatient)) {
    rooms_.records.receive(arrival.source, arrival.name, arrival.sha256, arrival.bytes, now);
    rooms_.spool.release(arrival);
    ++taken;
  }
  return taken;
}

std::optional<std::string> Intake::work(Time now) {
  auto id = next_of(rooms_.records.in_hand(), now);
  if (!id) return std::nullopt;
  try {
    read_and_file(*id, now);
  } catch (...) {
    not_before_[*id] = now + before_another_try;
    throw;
  }
  return id;
}

void Intake::read_and_file(const std::string& id, Time now) {
  const auto sha256 = document_in(rooms_.records, id).sha256;
  const Eyes eyes{[&](reader::Codes codes) {
                    return rooms_.reader.read(Opened(rooms_.archive, sha256).descriptor(), codes);
                  },
                  [&](const ocr::DocumentReading& first) {
                    return rooms_.reader.read_text(Opened(rooms_.archive, sha256).descriptor(),
                                                   first);
                  }};
  file(books(), id, eyes, now);
}

std::optional<Intake::SecondLook> Intake::look_again(Time now) {
  const auto id = next_of(rooms_.records.awaiting_second_look(), now);
  if (!id) return std::nullopt;
  try {
    return SecondLook{*id, read_and_add_text(*id, now)};
  } catch (...) {
    not_before_[*id] = now + before_another_try;
    throw;
  }
}

/// Also when nothing can be added: a file that could not be read is not asked for again. Says why
/// it could not.
std::string Intake::read_and_add_text(const std::string& id, Time now) {
  const auto document = document_in(rooms_.records, id);
  const auto first = reader::parse_answer(rooms_.records.first_reading(id));
  reader::Look words;
  bool drawn = false;
  if (first && !first->pages.empty()) {
    drawn = draw(document, *first);
    const auto text = [&] {
      return rooms_.reader.read_text(Opened(rooms_.archive, document.sha256).descriptor(), *first);
    };
    words = text();
    if (words.ending != reader::Ending::answered) words = text();  // it may have been unlucky
    if (drawn && words.ending == reader::Ending::answered && turned(*first, words.reading)) {
      drawn = draw(document, words.reading) || drawn;  // else they stay as the page came
    }
  }
  add_words(books(), id, words, drawn, now);
  return words.ending == reader::Ending::answered ? "" : words.detail;
}

bool Intake::draw(const records::Document& document, const ocr::DocumentReading& first) {
  const auto pictures =
      rooms_.reader.draw(Opened(rooms_.archive, document.sha256).descriptor(), first);
  if (pictures.ending != reader::Ending::answered) return false;
  fs::create_directories(rooms_.pictures);
  for (std::size_t i = 0; i < pictures.png.size() && i < first.pages.size(); ++i) {
    put_picture(rooms_.pictures, fmt::format("{}-{}.png", document.id, first.pages[i].number),
                pictures.png[i]);
  }
  return true;
}

/// One document that the machine refuses must not keep the others waiting.
std::optional<std::string> Intake::next_of(const std::vector<std::string>& waiting,
                                           Time now) const {
  for (const auto& id : waiting) {
    const auto tried = not_before_.find(id);
    if (tried == not_before_.end() || tried->second <= now) return id;
  }
  return std::nullopt;
}

}  // namespace intake
