#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "forms/identity_words.hpp"

/// Whom a text names: words that OCR read on a page without a tag, against the people on record.
/// Pure. Nothing is ever filed by what is found here: it speaks against a patient, or proposes one
/// to a person.
namespace forms {

/// What a page can name somebody by.
struct Identity {
  std::string patient_id, name, kana;
  std::chrono::year_month_day birth_date;
};

/// By what a text names somebody. Names are compared with width, kana and variant kanji
/// (`forms/kanji_variants.txt`) folded and without spaces; long ones may have a character or two
/// read wrongly.
struct NamedBy {
  static constexpr int not_at_all = 99;

  bool number = false;
  bool near_number = false;  ///< all digits but one, in their places: OCR's slip, or the next card
  int name_slips = not_at_all;  ///< characters that differ
  int kana_slips = not_at_all;
  bool birth_date = false;
  bool born = false;  ///< the birth date stands where the text says 生年月日 or 生

  [[nodiscard]] bool by_name() const { return name_slips != not_at_all; }
  [[nodiscard]] bool by_kana() const { return kana_slips != not_at_all; }
  [[nodiscard]] bool at_all() const { return number || by_name() || by_kana() || birth_date; }
  /// "number", "name", "kana", "birth_date".
  [[nodiscard]] std::vector<std::string> reasons() const;
};

/// A text, folded once, to be asked for many people.
class Naming {
public:
  explicit Naming(std::string_view text);

  [[nodiscard]] NamedBy by(const Identity& person) const;

  /// The name, or its reading, without a slip and not as part of a longer one: 林一郎 is not named
  /// by 小林一郎. It begins with its line, after a label or after what is no letter, and ends so,
  /// or with 様, 殿, さん and the like.
  [[nodiscard]] bool by_whole_name(const Identity& person) const;
  [[nodiscard]] bool by_whole_kana(const Identity& person) const;

  /// A number that is called a patient's, as long as `patient_id` and more than a slip from it.
  [[nodiscard]] bool numbered_otherwise(std::string_view patient_id) const;

  /// The text gives a birth date that is no slip of the pen or of OCR away from this one: two or
  /// more of its digits differ, in whatever way it is written. A date that is so called, or lies
  /// years before the text's newest one.
  [[nodiscard]] bool born_otherwise(std::chrono::year_month_day birth_date) const;

  /// The text gives a birth date, which is this one but for a slip at most.
  [[nodiscard]] bool born_about(std::chrono::year_month_day birth_date) const;

  /// The text says whose it is, whether or not that could be read: by words for that, a date of
  /// birth, or a number as long as `patient_id` that is no telephone's and no day.
  [[nodiscard]] bool says_whose(std::string_view patient_id) const;

private:
  struct Day {
    std::chrono::year_month_day date;
    bool born = false;
  };
  [[nodiscard]] bool is_birth(const Day& day) const;

  IdentityWords words_;
  /// Folded, the lines one after the other, and where each of them begins.
  struct Folded {
    std::u32string text;
    std::set<std::size_t> lines;
    [[nodiscard]] bool has_whole(std::u32string_view name) const;
  };
  Folded names_;
  Folded kana_;
  struct Number {
    std::string digits;
    bool called = false;  ///< 番号, ID or No. stands before it
    bool sender = false;  ///< on a line of FAX, TEL or 電話
  };
  /// One line's numbers; `plain` is all before them without spaces, and grows by the line.
  void take_numbers(std::u32string_view line, std::u32string& plain);

  std::vector<Number> numbers_;
  std::vector<Day> days_;
};

struct Proposal {
  std::string patient;               ///< its id
  std::vector<std::string> reasons;  ///< at least one, as NamedBy has them
  friend bool operator==(const Proposal&, const Proposal&) = default;
};

/// Who a text may be about, those with most reasons first, at most five. A name of two characters
/// or a birth date alone names too many to say anything.
[[nodiscard]] std::vector<Proposal> propose(std::string_view text,
                                            const std::vector<Identity>& people);

/// The text is about another person on record than `own`, as far as words can tell: another's
/// number or date of birth, or another's name where `own` is not named better; or a date of birth
/// that is surely not `own`'s where nothing speaks for `own`. `staff`: names of doctors, whoever
/// else bears them.
[[nodiscard]] bool names_another(std::string_view text, const Identity& own,
                                 const std::vector<Identity>& people,
                                 const std::vector<std::string>& staff);

enum class WhosePage : std::uint8_t {
  not_said,  ///< nothing on it says whose it is
  own,
  another,
  unproven,  ///< it says whose it is, and that cannot be read as `own`
};

/// For a page that came with a form of `own`. It is own by a number, a name, its reading or a date
/// of birth without a slip, if nobody on record who is easily taken for `own` (a namesake, a twin)
/// has the same; or by two of number, name and date of birth with a slip each. A name counts if it
/// is no part of a longer one, and does not outweigh a number or a date of birth that is surely
/// another's.
[[nodiscard]] WhosePage whose_page(std::string_view text, const Identity& own,
                                   const std::vector<Identity>& people,
                                   const std::vector<std::string>& staff);

}  // namespace forms
