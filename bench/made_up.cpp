#include "bench/made_up.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bench {
namespace {

using forms::Date;
using std::chrono::days;
using std::chrono::sys_days;

forms::TagKeys bench_keys() {
  forms::TagKeys::Key key{};
  key.fill(0x42);  // no secret
  return forms::TagKeys({{1, key}});
}

Date plus(Date date, int number) {
  return sys_days(date) + days(number);
}

Date birth_date(faxsim::Chance& chance) {
  using namespace std::chrono_literals;
  // Cancer patients in follow-up: 50 to 90 years old mostly; a few of the Taisho and Heisei years.
  const double draw = chance.unit();
  const int low = draw < 0.02 ? 1920 : (draw < 0.95 ? 1932 : 1975);
  const int high = draw < 0.02 ? 1926 : (draw < 0.95 ? 1974 : 1998);
  const Date first = std::chrono::year(low) / 1 / 1;
  const Date last = std::chrono::year(high) / 12 / 31;
  return plus(first, chance.whole(0, static_cast<int>((sys_days(last) - sys_days(first)).count())));
}

/// The forms offer no earlier era.
constexpr Date first_of_taisho = std::chrono::year{1912} / 7 / 30;

/// Another's birth date; half of them differ as little as dates of two people do.
Date other_birth_date(Date own, faxsim::Chance& chance) {
  for (;;) {
    Date other = birth_date(chance);
    if (chance.happens(0.5)) {
      switch (chance.whole(0, 2)) {
        case 0: other = plus(own, chance.happens(0.5) ? 1 : -1); break;
        case 1: other = own + std::chrono::years(chance.happens(0.5) ? 1 : -10); break;
        default: other = own + std::chrono::months(chance.happens(0.5) ? 1 : -1); break;
      }
    }
    if (other.ok() && other != own && other >= first_of_taisho) return other;
  }
}

enum class Story { regular, recurrence, suspected, death, five_years, exit };

Story draw_story(faxsim::Chance& chance) {
  if (chance.happens(0.75)) return Story::regular;
  const double draw = chance.unit();
  if (draw < 0.35) return Story::recurrence;
  if (draw < 0.55) return Story::suspected;
  if (draw < 0.75) return Story::death;
  return draw < 0.85 ? Story::five_years : Story::exit;
}

/// Fills in one case, field by field.
class Author {
public:
  Author(Case& made, const forms::Definition& definition, const faxsim::Chance& chance,
         const Whom* whom)
      : made_(made), definition_(definition), chance_(chance), whom_(whom) {
    made_.truth.form = definition.form;
    made_.truth.version = definition.version;
    for (const auto& field : definition.fields) {
      forms::Answer answer;
      answer.field = field.name;
      answer.several = field.several;
      made_.truth.answers.emplace(field.name, answer);
    }
  }

  void write() {
    faxsim::Chance plan = chance_.branch("plan");
    story_ = draw_story(plan);
    made_.traits.deviation = story_ != Story::regular;
    dates(chance_.branch("dates"));
    tell_story(chance_.branch("story"));
    state_of_patient(chance_.branch("state"));
    for (const auto& field : definition_.fields) {
      faxsim::Chance own = chance_.branch("field " + field.name);
      if (field.marker) marker(field, own);
      if (field.examination && own.happens(0.75)) {
        set(field.name, own.one_of(field.options).value);
      }
    }
    closing(chance_.branch("closing"));
    accidents(chance_.branch("accidents"));
  }

private:
  void set(const std::string& field, const std::vector<std::string>& values) {
    if (definition_.find(field) == nullptr) return;
    made_.values.fields[field] = values;
    auto& answer = made_.truth.answers[field];
    answer.values = values;
    answer.state = forms::AnswerState::accepted;
    answer.ink = true;
  }
  void set(const std::string& field, const std::string& value) {
    set(field, std::vector<std::string>{value});
  }

  void given_dates() {
    made_.patient = whom_->patient;
    made_.pathway = whom_->pathway;
    made_.received_at = whom_->received_at;
    visit_ = whom_->visit;
    started_ = whom_->pathway.started_on;
    made_.traits.wrong_patient = whom_->birth_date != whom_->patient.birth_date;
    set("birth_date", forms::iso_date(whom_->birth_date));
    set("visit_date", forms::iso_date(visit_));
  }

  void dates(faxsim::Chance chance) {
    using namespace std::chrono_literals;
    if (whom_ != nullptr) {
      given_dates();
      return;
    }
    const Date received = plus(2026y / 11 / 10, chance.whole(0, 45));
    made_.received_at = sys_days(received) + std::chrono::hours(chance.whole(0, 9));
    visit_ = plus(received, -chance.whole(0, 14));
    started_ = plus(visit_, -(story_ == Story::five_years ? 1826 : chance.whole(80, 1700)));
    made_.patient.patient_id = "00123456";
    made_.patient.name = "鈴木 太郎";
    made_.patient.birth_date = birth_date(chance);
    made_.patient.sex = "male";
    made_.pathway.pathway_id = "P-0001";
    made_.pathway.patient_id = made_.patient.patient_id;
    made_.pathway.disease = definition_.disease;
    made_.pathway.started_on = started_;
    Date written = made_.patient.birth_date;
    if (chance.happens(0.03)) {
      made_.traits.wrong_patient = true;
      written = other_birth_date(written, chance);
    }
    set("birth_date", forms::iso_date(written));
    set("visit_date", forms::iso_date(visit_));
  }

  void tell_story(faxsim::Chance chance) {
    const auto outcome = [&](const std::string& value) {
      set("outcome", value);
      set("outcome_date", forms::iso_date(plus(visit_, -chance.whole(0, 25))));
    };
    set("kind", story_ == Story::regular ? "periodic" : "deviation");
    switch (story_) {
      case Story::regular:
        if (chance.happens(0.95)) set("recurrence", "none");
        if (chance.happens(0.95)) set("outcome", "continuing");
        break;
      case Story::recurrence:
        set("recurrence", "confirmed");
        outcome("recurrence");
        sites(chance);
        break;
      case Story::suspected:
        set("recurrence", "suspected");
        set("outcome", "continuing");
        if (chance.happens(0.5)) sites(chance);
        break;
      case Story::death:
        outcome("death");
        if (chance.happens(0.4)) set("recurrence", "none");
        break;
      case Story::five_years:
        outcome("five_year_survival");
        set("recurrence", "none");
        break;
      case Story::exit:
        outcome("other_exit");
        set("recurrence", "none");
        set("exit_reason", chance.one_of(definition_.find("exit_reason")->options).value);
        break;
    }
  }

  void sites(faxsim::Chance& chance) {
    const auto* field = definition_.find("recurrence_site");
    if (field == nullptr) return;
    const int first = chance.whole(0, static_cast<int>(field->options.size()) - 1);
    std::vector<std::string> chosen;
    for (std::size_t i = 0; i < field->options.size(); ++i) {
      if (static_cast<int>(i) == first || chance.happens(0.1))
        chosen.push_back(field->options[i].value);
    }
    set("recurrence_site", chosen);
  }

  void state_of_patient(faxsim::Chance chance) {
    if (chance.happens(0.9)) {
      set("performance_status",
          std::to_string(std::min(4, static_cast<int>(-std::log(1 - chance.unit()) * 1.2))));
    }
    weight(chance);
  }

  /// Most have been reported on before: their weight has changed little since, that of one in
  /// thirty much.
  void weight(faxsim::Chance& chance) {
    const double value = chance.between(34, 96);
    if (chance.happens(0.7)) {
      const double change = chance.happens(0.03) ? 0.12 : 0.025;
      made_.markers["weight_kg"].push_back(
          {plus(visit_, -90), std::round(value * 10 * (1 + chance.normal(0, change))) / 10});
    }
    if (chance.happens(0.9)) number("weight_kg", value, chance);
  }

  /// Now and then a writer leaves the last decimals out; the cells for them stay empty.
  void number(const std::string& name, double value, faxsim::Chance& chance) {
    const auto* field = definition_.find(name);
    if (field == nullptr) return;
    int decimals = field->digits_after;
    if (decimals > 0 && chance.happens(0.04)) --decimals;
    const double most = std::pow(10, field->digits_before) - 1;
    set(name, fmt::format("{:.{}f}", std::min(value, most), decimals));
  }

  void marker(const forms::FieldDefinition& field, faxsim::Chance& chance) {
    const double limit = field.limit.value_or(10);
    const bool ill = story_ == Story::recurrence || story_ == Story::suspected;
    const bool high = chance.happens(ill ? 0.6 : 0.05);
    const double value =
        high ? limit * std::exp(chance.between(0.1, 4.5)) : limit * chance.between(0.04, 0.9);
    // What was filed before lies about the present value, so that few rise by chance alone.
    auto& past = made_.markers[field.name];
    for (int i = chance.whole(0, 4); i > 0; --i) {
      const double before = std::min(value, limit) * chance.between(0.7, 1.4);
      past.push_back({plus(visit_, -90 * i), std::round(before * 10) / 10});
    }
    if (chance.happens(0.85)) number(field.name, value, chance);
  }

  void closing(faxsim::Chance chance) {
    if (story_ != Story::death && chance.happens(0.85)) {
      const auto month = std::chrono::year_month(visit_.year(), visit_.month()) +
                         std::chrono::months(chance.whole(1, 6));
      set("next_visit", fmt::format("{:04}-{:02}", static_cast<int>(month.year()),
                                    static_cast<unsigned>(month.month())));
    }
    if (chance.happens(0.3)) set("attached_pages", "0");
    if (chance.happens(0.85)) set("seal", "yes");
    if (definition_.find("comment") != nullptr && chance.happens(0.2)) {
      static constexpr std::array comments = {
          "経過良好です。引き続き当院で経過観察いたします。", "食欲やや低下。次回採血予定です。",
          "腹部症状なし。内服継続中。", "お世話になっております。特記事項ございません。",
          "先月より腰痛あり、整形外科受診をすすめました。"};
      set("comment", chance.one_of(comments));
      if (chance.happens(0.3)) made_.values.typed_fields.emplace_back("comment");
      made_.traits.prose = true;
    }
  }

  /// What goes wrong while people write.
  void accidents(faxsim::Chance chance) {
    if (chance.happens(0.08)) made_.values.typed = made_.traits.typed = true;
    if (chance.happens(0.05)) cancel(chance);
    if (chance.happens(0.01)) mark_twice(chance);
    if (chance.happens(0.015)) strike(chance);
    if (chance.happens(0.03)) {
      static constexpr std::array notes = {"家族より電話あり", "再発の疑い、至急ご連絡ください",
                                           "ご本人死亡との連絡あり"};
      made_.values.notes.push_back({chance.one_of(notes), std::nullopt, false, 1});
      made_.traits.note = true;
    }
    if (chance.happens(0.03)) {
      made_.values.stray = chance.whole(1, 3);
      made_.traits.stray = true;
    }
  }

  /// A field with one answer, and another option of it.
  std::optional<std::pair<std::string, std::string>> other_option(faxsim::Chance& chance) {
    std::vector<const forms::FieldDefinition*> answered;
    for (const auto& field : definition_.fields) {
      if (field.kind == forms::FieldKind::choice && !field.several &&
          made_.values.fields.contains(field.name)) {
        answered.push_back(&field);
      }
    }
    if (answered.empty()) return std::nullopt;
    const auto* field = chance.one_of(answered);
    for (;;) {
      const auto& option = chance.one_of(field->options);
      if (option.value != made_.values.fields[field->name].front())
        return std::pair(field->name, option.value);
    }
  }

  void cancel(faxsim::Chance& chance) {
    if (const auto wrong = other_option(chance)) {
      made_.values.cancelled[wrong->first] = wrong->second;
      made_.traits.cancelled = true;
    }
  }

  void mark_twice(faxsim::Chance& chance) {
    const auto second = other_option(chance);
    if (!second || made_.values.cancelled.contains(second->first)) return;
    made_.values.two_marks[second->first] = second->second;
    auto& answer = made_.truth.answers[second->first];
    answer.values.push_back(second->second);
    answer.state = forms::AnswerState::doubtful;
    answer.doubt = forms::doubt::two_marks;
    made_.traits.two_marks = true;
  }

  void strike(faxsim::Chance& chance) {
    const auto* weight = made_.truth.find("weight_kg");
    if (weight == nullptr || weight->values.empty() || made_.values.typed) return;
    made_.values.struck["weight_kg"] = fmt::format("{:.1f}", chance.between(34, 96));
    made_.traits.struck = true;
  }

  Case& made_;
  const forms::Definition& definition_;
  faxsim::Chance chance_;
  const Whom* whom_;
  Story story_ = Story::regular;
  Date visit_;
  Date started_;
};

}  // namespace

forms::Letterhead letterhead() {
  using namespace std::chrono_literals;
  forms::Letterhead head;
  head.hospital = "みなと中央病院";
  head.department = "地域医療連携室";
  head.address = "〒100-0000 東京都港町一丁目2番3号";
  head.phone = "03-0000-1234";
  head.fax = "03-0000-5678";
  head.hospital_doctor = "佐藤 一郎";
  head.clinic = "やまだ内科クリニック";
  head.clinic_doctor = "山田 花子";
  head.clinic_fax = "03-0000-9999";
  head.patient_id = "00123456";
  head.patient_name = "鈴木 太郎";
  head.patient_kana = "スズキ タロウ";
  head.patient_sex = "male";
  head.pathway_id = "P-0001";
  head.started_on = 2024y / 5 / 20;
  head.visit = 2026y / 11 / 20;
  return head;
}

forms::Catalogue merged(const std::vector<std::filesystem::path>& folders,
                        const std::filesystem::path& into) {
  std::filesystem::create_directories(into);
  for (const auto& folder : folders) {
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      if (file.is_regular_file()) copy_file(file.path(), into / file.path().filename());
    }
  }
  return forms::Catalogue::load(into);
}

Hospital::Hospital(forms::Catalogue definitions, const std::filesystem::path& folder,
                   const std::vector<std::string>& diseases, int copies)
    : catalogue_(std::move(definitions)), keys_(bench_keys()) {
  std::uint64_t serial = 8'123'456'789'012;
  for (const auto& entry : catalogue_.all()) {
    const auto& definition = entry.definition;
    const bool wanted =
        diseases.empty() || std::ranges::find(diseases, definition.disease) != diseases.end();
    if (definition.sheet || !wanted) continue;
    for (int copy = 0; copy < copies; ++copy) {
      serial += 7'919'000'003;
      const forms::Serial own{serial % forms::serial_limit};
      const auto file = folder / (definition.form + ".pdf");
      forms::print_report(entry, {{own, letterhead()}}, keys_, file);
      printed_.push_back({&entry, own, faxsim::load_blank(file)});
    }
  }
}

Case make_case(const Printed& printed, faxsim::Chance chance, const Whom* whom) {
  Case made;
  made.printed = &printed;
  Author(made, printed.entry->definition, chance, whom).write();
  const Date received = std::chrono::floor<days>(made.received_at + std::chrono::hours{9});
  const forms::rules::History history{received, made.pathway.started_on, {}, made.markers};
  made.expected = forms::rules::judge(made.truth, printed.entry->definition, history);
  return made;
}

intake::Known known(const Case& made) {
  intake::Known known;
  known.printed = [&made](forms::Serial serial) -> std::optional<records::PrintedForm> {
    if (serial != made.printed->serial) return std::nullopt;
    records::PrintedForm form;
    form.serial = serial;
    form.pathway_id = made.pathway.pathway_id;
    form.form = made.printed->entry->definition.form;
    form.version = made.printed->entry->definition.version;
    form.pages = static_cast<int>(made.printed->entry->layout.pages.size());
    return form;
  };
  known.pathway = [&made](const std::string& id) {
    return id == made.pathway.pathway_id ? std::optional(made.pathway) : std::nullopt;
  };
  known.patient = [&made](const std::string& id) {
    return id == made.patient.patient_id ? std::optional(made.patient) : std::nullopt;
  };
  known.history = [&made](const std::string&, forms::Serial, records::Date received_on) {
    return forms::rules::History{received_on, made.pathway.started_on, {}, made.markers, {}};
  };
  known.patients = [&made] { return std::vector{made.patient}; };
  known.clinic = [](const std::string&) { return std::nullopt; };
  return known;
}

}  // namespace bench
