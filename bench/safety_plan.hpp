#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bench/made_up.hpp"

/// What a made-up hospital's inbox holds in some weeks: whole documents, right ones and every way
/// in which a document may lead to the wrong patient, lose a deviation or upset the ledger.
namespace bench::safety {

struct Person {
  records::Patient patient;
  records::Pathway pathway;
};

/// A form that lies at a clinic.
struct Form {
  std::size_t person = 0;
  const forms::Catalogue::Entry* entry = nullptr;
  forms::Serial serial;
  records::Date visit;
  bool issued = true;    ///< false: its tag is ours, yet no record knows it
  bool is_void = false;  ///< taken back before the document came
};

/// What was done to the tags of a sheet.
enum class Tamper : std::uint8_t {
  none,
  flipped_bit,     ///< one bit of the 29 bytes, encoded again as a valid code
  swapped_serial,  ///< another form's serial under this form's MAC
  cut_mac,         ///< the last bytes of the MAC are zero
  short_mac,       ///< they are missing
  foreign_key,     ///< signed, but by another hospital
  unknown_key,     ///< by a key that this hospital does not have
  second_tag,      ///< the second of the two tags is another form's, genuine
};

/// One form as filled in.
struct Filled {
  std::size_t form = 0;
  Case made;
  Tamper tamper = Tamper::none;
  bool one_tag_alone = false;         ///< the other of the two tags is genuine
  std::size_t other_form = 0;         ///< whose serial or tag was put in
  std::optional<std::size_t> about;   ///< of whom it tells, by the birth date; none: of a stranger
  std::optional<std::string> change;  ///< field that differs from the version before
};

/// Typed paper: a laboratory page, the clinic's own letter.
struct Letter {
  std::string text;
  std::optional<std::size_t> about;  ///< whom it names; none: it names nobody
  bool news = false;                 ///< it tells of a deviation
};
struct Cover {
  std::string text;
};
struct White {};
using Paper = std::variant<Filled, Letter, Cover, White>;

enum class Kind : std::uint8_t {
  single,
  batch,
  upside_down,
  two_pages,
  two_pages_turned,
  two_patients_interleaved,
  two_patients_crossed,
  page_missing,
  form_in_the_middle,
  two_tags,
  wrong_patient,
  own_attachment,
  others_attachment,
  attachment_missing,
  same_bytes,
  faxed_again,
  sent_again_changed,
  filled_again,
  forged_tag,
  void_serial,
  unknown_serial,
  cover,
  blank_backs,
  letter,
  all_blank,
};
inline constexpr std::size_t kinds = static_cast<std::size_t>(Kind::all_blank) + 1;
[[nodiscard]] std::string_view to_text(Kind kind);

struct Document {
  std::size_t number = 0;
  Kind kind = Kind::single;
  std::vector<Paper> papers;
  std::vector<int> order;  ///< as faxsim::Job
  faxsim::Quality quality = faxsim::Quality::fine;
  faxsim::Degrade degrade = faxsim::Degrade::light;
  std::optional<int> rotate;
  std::uint64_t seed = 0;
  records::Time received_at;
  std::optional<std::size_t> same_as;  ///< the document whose bytes these are
};

/// A page as it was sent: which paper, and which page of it (from 1).
struct SentPage {
  std::size_t paper = 0;
  int page = 1;
};
[[nodiscard]] std::vector<SentPage> pages_of(const Document& document,
                                             const std::vector<Form>& forms);

/// Everything that is sent; a pure function of the seed.
struct Plan {
  std::vector<Person> people;
  std::vector<Form> forms;
  std::vector<Document> documents;
};

/// `number` is the day's: hundreds of people, their forms, and documents of at least so many pages.
[[nodiscard]] Plan make_plan(const forms::Catalogue& catalogue, std::uint64_t seed, int people,
                             int pages);

/// A date that differs from `own` as little as dates of two people do.
[[nodiscard]] records::Date near_miss(records::Date own, faxsim::Chance& chance);

}  // namespace bench::safety
