#include "bench/safety_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/safety_people.hpp"

namespace bench::safety {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

struct KindRow {
  Kind kind;
  int share;  ///< of the documents
  std::string_view name;
};

constexpr KindRow kind_rows[] = {
    {Kind::single, 20, "single form"},
    {Kind::batch, 7, "batch of several patients"},
    {Kind::upside_down, 3, "upside down"},
    {Kind::two_pages, 4, "form of two sheets"},
    {Kind::two_pages_turned, 3, "its sheets swapped"},
    {Kind::two_patients_interleaved, 2, "two patients' sheets interleaved"},
    {Kind::two_patients_crossed, 4, "sheets of two patients as one form"},
    {Kind::page_missing, 4, "a sheet missing"},
    {Kind::form_in_the_middle, 4, "a second form in the middle"},
    {Kind::two_tags, 4, "two tags on one page"},
    {Kind::wrong_patient, 10, "another's birth date"},
    {Kind::own_attachment, 5, "own attachments"},
    {Kind::others_attachment, 6, "another's attachment"},
    {Kind::attachment_missing, 2, "an attachment missing"},
    {Kind::same_bytes, 3, "same bytes again"},
    {Kind::faxed_again, 4, "faxed again"},
    {Kind::sent_again_changed, 5, "sent again, changed"},
    {Kind::filled_again, 4, "same visit, new form"},
    {Kind::forged_tag, 9, "forged or mutated tag"},
    {Kind::void_serial, 3, "void serial"},
    {Kind::unknown_serial, 2, "serial never issued"},
    {Kind::cover, 4, "cover and form"},
    {Kind::blank_backs, 3, "blank backs"},
    {Kind::letter, 3, "letter without a tag"},
    {Kind::all_blank, 1, "blank paper"},
};
static_assert(std::size(kind_rows) == kinds);

class Planner {
public:
  Planner(const forms::Catalogue& catalogue, std::uint64_t seed, int people)
      : catalogue_(catalogue), chance_(faxsim::Chance(seed).branch("safety")) {
    plan_.people = make_people(catalogue, people, chance_.branch("people"));
    for (const auto& row : kind_rows) {
      for (int i = 0; i < row.share; ++i) deck_.push_back(row.kind);
    }
  }

  Plan make(int pages) {
    using namespace std::chrono_literals;
    records::Time now = sys_days(2026y / 11 / 1) + 1h;
    // Every kind comes once, however few pages are asked for.
    for (std::size_t i = 0; total_pages_ < pages || i < kinds; ++i) {
      faxsim::Chance draw = chance_.branch("document", i);
      now += std::chrono::minutes(draw.whole(1, 9));
      const Kind kind = i < kinds ? kind_rows[i].kind : draw.one_of(deck_);
      add(kind, now, draw);
    }
    return std::move(plan_);
  }

private:
  void add(Kind kind, records::Time now, faxsim::Chance& draw) {
    Document document;
    document.number = plan_.documents.size();
    document.kind = kind;
    document.received_at = now;
    document.quality = static_cast<faxsim::Quality>(draw.whole(0, 3));
    document.degrade = static_cast<faxsim::Degrade>(draw.whole(0, 3));
    document.seed = draw.bits();
    fill(document, draw);
    total_pages_ += static_cast<int>(pages_of(document, plan_.forms).size());
    plan_.documents.push_back(std::move(document));
  }

  void fill(Document& document, faxsim::Chance& draw) {
    switch (document.kind) {
      case Kind::upside_down: document.rotate = 180; [[fallthrough]];
      case Kind::single: one_form(document, draw); return;
      case Kind::batch: batch(document, draw); return;
      case Kind::two_pages:
      case Kind::two_pages_turned:
      case Kind::two_patients_interleaved:
      case Kind::two_patients_crossed:
      case Kind::page_missing:
      case Kind::form_in_the_middle: sheets_of_two(document, draw); return;
      case Kind::two_tags: tampered(document, Tamper::second_tag, draw); return;
      case Kind::forged_tag: {
        const auto tamper = static_cast<Tamper>(draw.whole(static_cast<int>(Tamper::flipped_bit),
                                                           static_cast<int>(Tamper::unknown_key)));
        tampered(document, tamper, draw);
        return;
      }
      case Kind::wrong_patient: wrong_patient(document, draw); return;
      case Kind::own_attachment:
      case Kind::others_attachment:
      case Kind::attachment_missing: attached(document, draw); return;
      case Kind::same_bytes:
      case Kind::faxed_again:
      case Kind::sent_again_changed: again(document, draw); return;
      case Kind::filled_again: filled_again(document, draw); return;
      case Kind::void_serial:
        one_form(document, draw);
        plan_.forms.back().is_void = true;
        return;
      case Kind::unknown_serial:
        one_form(document, draw);
        plan_.forms.back().issued = false;
        return;
      case Kind::cover:
        document.papers.emplace_back(make_cover(2, draw.branch("cover")));
        one_form(document, draw);
        return;
      case Kind::blank_backs:
        one_form(document, draw);
        document.papers.emplace_back(White{});
        one_form(document, draw);
        document.papers.emplace_back(White{});
        return;
      case Kind::letter: document.papers.emplace_back(letter_of(someone(draw), draw)); return;
      case Kind::all_blank: document.papers.emplace_back(White{}); return;
    }
  }

  // --- people and their forms ---

  std::size_t someone(faxsim::Chance& draw) const {
    return static_cast<std::size_t>(draw.whole(0, static_cast<int>(plan_.people.size()) - 1));
  }
  std::size_t someone_else(std::size_t person, faxsim::Chance& draw) const {
    for (;;) {
      const std::size_t other = someone(draw);
      if (plan_.people[other].patient.birth_date != plan_.people[person].patient.birth_date) {
        return other;
      }
    }
  }

  std::size_t new_form(std::size_t person, const forms::Catalogue::Entry& entry,
                       records::Date visit) {
    Form form;
    form.person = person;
    form.entry = &entry;
    form.visit = visit;
    serial_ = (serial_ + 7'919'000'003) % forms::serial_limit;
    form.serial = {serial_};
    plan_.forms.push_back(form);
    return plan_.forms.size() - 1;
  }

  const forms::Catalogue::Entry& report_of(std::size_t person) const {
    const auto& disease = plan_.people[person].pathway.disease;
    return *std::ranges::find_if(catalogue_.all(), [&](const auto& entry) {
      return !entry.definition.sheet && entry.definition.disease == disease &&
             entry.definition.number < two_page_form;
    });
  }
  const forms::Catalogue::Entry& report_of_two_sheets() const {
    return *std::ranges::find_if(catalogue_.all(), [](const auto& entry) {
      return entry.definition.number == two_page_form;
    });
  }

  records::Date visit_before(records::Time now, faxsim::Chance& draw) const {
    return sys_days(std::chrono::floor<days>(now)) - days(draw.whole(0, 10));
  }

  Filled written(std::size_t form, records::Date birth_date, std::optional<std::size_t> about,
                 const Document& document, faxsim::Chance chance) const {
    const Form& printed = plan_.forms[form];
    const Person& owner = plan_.people[printed.person];
    const Whom whom{owner.patient, owner.pathway, document.received_at, printed.visit, birth_date};
    Filled filled;
    filled.form = form;
    filled.about = about;
    const Printed paper{printed.entry, printed.serial, nullptr};
    filled.made = make_case(paper, chance, &whom);
    filled.made.printed = nullptr;
    set(filled, "attached_pages", "");
    return filled;
  }

  /// The answer as written, and what is then expected.
  void set(Filled& filled, const std::string& field, const std::string& value) const {
    auto& made = filled.made;
    const auto& definition = plan_.forms[filled.form].entry->definition;
    auto& answer = made.truth.answers[field];
    answer.field = field;
    answer.doubt.clear();
    answer.state = value.empty() ? forms::AnswerState::blank : forms::AnswerState::accepted;
    answer.values.clear();
    if (!value.empty()) answer.values = {value};
    made.values.fields[field] = answer.values;
    made.values.two_marks.erase(field);
    made.values.cancelled.erase(field);
    const records::Date received =
        std::chrono::floor<days>(made.received_at + std::chrono::hours{9});
    made.expected =
        forms::rules::judge(made.truth, definition, {received, made.pathway.started_on, {}, {}});
  }

  Filled right_form(std::size_t person, const forms::Catalogue::Entry& entry,
                    const Document& document, faxsim::Chance& draw) {
    const auto form = new_form(person, entry, visit_before(document.received_at, draw));
    return written(form, plan_.people[person].patient.birth_date, person, document,
                   draw.branch("case", form));
  }

  // --- documents ---

  void one_form(Document& document, faxsim::Chance& draw) {
    const auto person = someone(draw);
    document.papers.emplace_back(right_form(person, report_of(person), document, draw));
  }

  void batch(Document& document, faxsim::Chance& draw) {
    const int count = draw.whole(2, 5);
    for (int i = 0; i < count; ++i) one_form(document, draw);
  }

  void sheets_of_two(Document& document, faxsim::Chance& draw) {
    const auto one = someone(draw);
    document.papers.emplace_back(right_form(one, report_of_two_sheets(), document, draw));
    if (document.kind == Kind::two_pages_turned) {
      document.order = {2, 1};
    } else if (document.kind == Kind::page_missing) {
      document.order = {draw.whole(1, 2)};
    } else if (document.kind == Kind::form_in_the_middle) {
      one_form(document, draw);
      document.order = {1, 3, 2};
    } else if (document.kind != Kind::two_pages) {
      const auto other = someone_else(one, draw);
      document.papers.emplace_back(right_form(other, report_of_two_sheets(), document, draw));
      const bool all = document.kind == Kind::two_patients_interleaved;
      document.order = all ? std::vector{1, 4, 2, 3} : std::vector{1, 4};
    }
  }

  void tampered(Document& document, Tamper tamper, faxsim::Chance& draw) {
    one_form(document, draw);
    auto& filled = std::get<Filled>(document.papers.back());
    const auto person = plan_.forms[filled.form].person;
    const auto other = someone_else(person, draw);
    const auto other_form =
        new_form(other, report_of(other), visit_before(document.received_at, draw));
    filled.tamper = tamper;
    filled.one_tag_alone = draw.happens(0.3);
    filled.other_form = other_form;
  }

  void wrong_patient(Document& document, faxsim::Chance& draw) {
    const auto person = someone(draw);
    const auto other = someone_else(person, draw);
    const auto own = plan_.people[person].patient.birth_date;
    const bool close = draw.happens(0.6);
    const auto date = close ? near_miss(own, draw) : plan_.people[other].patient.birth_date;
    const auto form = new_form(person, report_of(person), visit_before(document.received_at, draw));
    document.papers.emplace_back(written(form, date, close ? std::nullopt : std::optional(other),
                                         document, draw.branch("case", form)));
  }

  Letter letter_of(std::size_t person, faxsim::Chance& draw) const {
    return make_letter(plan_.people[person], person, draw.happens(0.2), draw.branch("letter"));
  }

  void attached(Document& document, faxsim::Chance& draw) {
    one_form(document, draw);
    auto& filled = std::get<Filled>(document.papers.back());
    const auto person = plan_.forms[filled.form].person;
    const int came = document.kind == Kind::own_attachment ? draw.whole(1, 2) : 1;
    set(filled, "attached_pages",
        std::to_string(came + (document.kind == Kind::attachment_missing ? 1 : 0)));
    for (int i = 0; i < came; ++i) {
      faxsim::Chance own = draw.branch("attached", static_cast<std::uint64_t>(i));
      if (document.kind == Kind::others_attachment) {
        document.papers.emplace_back(letter_of(someone_else(person, own), own));
      } else if (own.happens(0.3)) {
        document.papers.emplace_back(make_nameless_letter(own));
      } else {
        document.papers.emplace_back(letter_of(person, own));
      }
    }
  }

  /// A document of one right form that came before, if any.
  std::optional<std::size_t> earlier(faxsim::Chance& draw) const {
    std::vector<std::size_t> found;
    for (const auto& each : plan_.documents) {
      if (each.kind == Kind::single) found.push_back(each.number);
    }
    if (found.empty()) return std::nullopt;
    return draw.one_of(found);
  }

  void again(Document& document, faxsim::Chance& draw) {
    const auto before = earlier(draw);
    if (!before) {
      document.kind = Kind::single;
      one_form(document, draw);
      return;
    }
    document.papers = plan_.documents[*before].papers;
    if (document.kind == Kind::same_bytes) {
      document.quality = plan_.documents[*before].quality;
      document.degrade = plan_.documents[*before].degrade;
      document.seed = plan_.documents[*before].seed;
      document.same_as = before;
    } else if (document.kind == Kind::sent_again_changed) {
      document.quality = faxsim::Quality::scan300;  // the original, by post
      change(std::get<Filled>(document.papers.front()), draw);
    }
  }

  /// One deviation or marker field reads otherwise than in the version before.
  void change(Filled& filled, faxsim::Chance& draw) const {
    const auto& definition = plan_.forms[filled.form].entry->definition;
    std::vector<const forms::FieldDefinition*> markers;
    for (const auto& field : definition.fields) {
      if (field.marker) markers.push_back(&field);
    }
    std::string field;
    std::string value;
    switch (draw.whole(0, 2)) {
      case 0: {
        const auto* marker = draw.one_of(markers);
        field = marker->name;
        value = fmt::format("{:.{}f}", draw.between(0.1, 9.0), marker->digits_after);
        break;
      }
      case 1:
        field = "outcome";
        value = "death";
        break;
      default:
        field = "recurrence";
        value = "suspected";
        break;
    }
    if (filled.made.truth.find(field)->values == std::vector{value}) return;
    set(filled, field, value);
    filled.change = field;
  }

  void filled_again(Document& document, faxsim::Chance& draw) {
    const auto before = earlier(draw);
    one_form(document, draw);
    if (!before) {
      document.kind = Kind::single;
      return;
    }
    const auto& first = std::get<Filled>(plan_.documents[*before].papers.front());
    const Form old = plan_.forms[first.form];
    document.papers.clear();
    const auto form = new_form(old.person, *old.entry, old.visit);
    Filled same = first;
    same.form = form;
    same.change.reset();
    document.papers.emplace_back(std::move(same));
  }

  static constexpr int two_page_form = 900;

  const forms::Catalogue& catalogue_;
  faxsim::Chance chance_;
  std::vector<Kind> deck_;
  std::uint64_t serial_ = 8'123'456'789'012;
  int total_pages_ = 0;
  Plan plan_;
};

}  // namespace

std::string_view to_text(Kind kind) {
  return std::ranges::find(kind_rows, kind, &KindRow::kind)->name;
}

std::vector<SentPage> pages_of(const Document& document, const std::vector<Form>& forms) {
  std::vector<SentPage> all;
  for (std::size_t i = 0; i < document.papers.size(); ++i) {
    const auto* filled = std::get_if<Filled>(&document.papers[i]);
    const int pages =
        filled == nullptr ? 1 : static_cast<int>(forms[filled->form].entry->layout.pages.size());
    for (int page = 1; page <= pages; ++page) all.push_back({i, page});
  }
  if (document.order.empty()) return all;
  std::vector<SentPage> sent;
  for (const int number : document.order) sent.push_back(all[static_cast<std::size_t>(number) - 1]);
  return sent;
}

Plan make_plan(const forms::Catalogue& catalogue, std::uint64_t seed, int people, int pages) {
  return Planner(catalogue, seed, people).make(pages);
}

}  // namespace bench::safety
