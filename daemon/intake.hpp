#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/reader/reader.hpp"
#include "daemon/records/records.hpp"
#include "forms/definition.hpp"
#include "forms/tag_key.hpp"
#include "spool/spool.hpp"

/// One page's life from the inbox to the record: the page of code that tells the whole trip.
namespace intake {

using Time = std::chrono::sys_seconds;

/// Pure: what the readings of one document mean. No clock, no file, no database but the questions
/// it asks.
struct Known {
  std::function<std::optional<records::PrintedForm>(forms::Serial)> printed;
  std::function<std::optional<records::Pathway>(const std::string&)> pathway;
  std::function<std::optional<records::Patient>(const std::string&)> patient;
  /// Records::history_of.
  std::function<forms::rules::History(const std::string& pathway, forms::Serial paper,
                                      forms::Date received_on)>
      history;
  std::function<std::vector<records::Patient>()> patients;
  std::function<std::optional<records::Clinic>(const std::string&)> clinic;
};

[[nodiscard]] records::Filing interpret(const std::string& document, const reader::Look& look,
                                        const forms::Catalogue& catalogue,
                                        const forms::TagKeys& keys, const Known& known,
                                        Time received_at);

/// What the words of the second look add: text answers and findings that they give rise to; pages
/// that turn out to be another patient's, or a cover; whom pages without a tag may be about.
[[nodiscard]] records::SecondLook interpret_text(const records::Document& document,
                                                 const std::vector<records::Report>& reports,
                                                 const reader::Look& look,
                                                 const forms::Catalogue& catalogue,
                                                 const Known& known);

/// What the trip of one document asks of the reader.
struct Eyes {
  std::function<reader::Look(reader::Codes)> read;
  std::function<reader::Look(const ocr::DocumentReading& first)> read_text;
};

/// What a document is filed by.
struct Books {
  records::Records& records;
  const forms::Catalogue& catalogue;
  const forms::TagKeys& keys;
};

/// Reads a document in hand and files it: the words are read before only where they may show that
/// pages are covers, and no flag has to wait for them. Throws records::Refused.
void file(const Books& books, const std::string& document, const Eyes& eyes, Time now);

/// The second look at a filed document: its words, and whether its pictures were drawn. `words` may
/// have failed. Throws records::Refused.
void add_words(const Books& books, const std::string& document, const reader::Look& words,
               bool pictures, Time now);

class Intake {
public:
  struct Rooms {
    spool::Spool& spool;
    spool::Archive& archive;
    records::Records& records;
    reader::Reader& reader;
    const forms::Catalogue& catalogue;
    const forms::TagKeys& keys;
    std::filesystem::path pictures;
  };
  explicit Intake(Rooms rooms) : rooms_(std::move(rooms)) {}

  /// Archives what is ready, commits its rows, lets the senders' files go. The number taken in.
  int take_in(Time now, bool impatient);

  /// Reads and files one document in hand: its id, or none. Throws what the machine refused; the
  /// document stays in hand and is tried again after a minute, others first.
  std::optional<std::string> work(Time now);

  struct SecondLook {
    std::string document;
    std::string trouble;  ///< why its text could not be read, twice; empty if it was
  };
  /// Text and pictures for one filed document, if there is one. Throws like work().
  std::optional<SecondLook> look_again(Time now);

private:
  void read_and_file(const std::string& id, Time now);
  [[nodiscard]] std::string read_and_add_text(const std::string& id, Time now);
  [[nodiscard]] bool draw(const records::Document& document, const ocr::DocumentReading& first);
  [[nodiscard]] std::optional<std::string> next_of(const std::vector<std::string>& waiting,
                                                   Time now) const;

  [[nodiscard]] Books books() const { return {rooms_.records, rooms_.catalogue, rooms_.keys}; }

  Rooms rooms_;
  std::map<std::string, Time> not_before_;  ///< documents whose last try the machine refused
};

}  // namespace intake
