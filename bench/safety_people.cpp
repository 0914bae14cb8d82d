#include "bench/safety_people.hpp"

#include <fmt/format.h>

#include "forms/filled_form.hpp"

namespace bench::safety {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

struct Name {
  const char* kanji;
  const char* kana;
};

/// Families written in two ways stand beside each other.
constexpr Name families[] = {
    {"高橋", "タカハシ"}, {"髙橋", "タカハシ"},   {"斎藤", "サイトウ"},   {"齋藤", "サイトウ"},
    {"斉藤", "サイトウ"}, {"渡辺", "ワタナベ"},   {"渡邊", "ワタナベ"},   {"渡邉", "ワタナベ"},
    {"山崎", "ヤマザキ"}, {"山﨑", "ヤマザキ"},   {"浜田", "ハマダ"},     {"濵田", "ハマダ"},
    {"広瀬", "ヒロセ"},   {"廣瀬", "ヒロセ"},     {"沢田", "サワダ"},     {"澤田", "サワダ"},
    {"国井", "クニイ"},   {"國井", "クニイ"},     {"佐藤", "サトウ"},     {"鈴木", "スズキ"},
    {"田中", "タナカ"},   {"伊藤", "イトウ"},     {"伊東", "イトウ"},     {"中村", "ナカムラ"},
    {"小林", "コバヤシ"}, {"加藤", "カトウ"},     {"吉田", "ヨシダ"},     {"山本", "ヤマモト"},
    {"松本", "マツモト"}, {"長谷川", "ハセガワ"}, {"五十嵐", "イガラシ"}, {"森", "モリ"}};
constexpr Name givens[] = {
    {"花子", "ハナコ"},   {"和子", "カズコ"},   {"幸子", "サチコ"},       {"節子", "セツコ"},
    {"美代子", "ミヨコ"}, {"太郎", "タロウ"},   {"一郎", "イチロウ"},     {"清", "キヨシ"},
    {"正雄", "マサオ"},   {"昭夫", "アキオ"},   {"健二", "ケンジ"},       {"義男", "ヨシオ"},
    {"千代", "チヨ"},     {"久美子", "クミコ"}, {"惠子", "ケイコ"},       {"恵子", "ケイコ"},
    {"裕", "ユタカ"},     {"洋一", "ヨウイチ"}, {"三千代", "ミチヨ"},     {"勝", "マサル"},
    {"ヨシ", "ヨシ"},     {"トメ", "トメ"},     {"光太郎", "コウタロウ"}, {"弘", "ヒロシ"}};

records::Date plus(records::Date date, int number) {
  return sys_days(date) + days(number);
}

records::Date some_birth_date(faxsim::Chance& chance) {
  using namespace std::chrono_literals;
  const double draw = chance.unit();
  const int low = draw < 0.02 ? 1920 : (draw < 0.95 ? 1932 : 1975);
  const int high = draw < 0.02 ? 1926 : (draw < 0.95 ? 1974 : 1998);
  const records::Date first = std::chrono::year(low) / 1 / 1;
  const records::Date last = std::chrono::year(high) / 12 / 31;
  return plus(first, chance.whole(0, static_cast<int>((sys_days(last) - sys_days(first)).count())));
}

/// Full-width digits, as many clinics' machines print them.
std::string wide(const std::string& text) {
  std::string out;
  for (const char each : text) {
    if (each >= '0' && each <= '9') {
      out += "\xef\xbc";
      out += static_cast<char>(0x90 + (each - '0'));
    } else {
      out += each;
    }
  }
  return out;
}

std::string birth_words(records::Date date, faxsim::Chance& chance) {
  switch (chance.whole(0, 3)) {
    case 0:
      return fmt::format("{:04}/{:02}/{:02}", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    case 1:
      return fmt::format("{}年{}月{}日", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    case 2: return wide(forms::japanese_date(date));
    default: return forms::japanese_date(date) + "生";
  }
}

constexpr const char* results[] = {
    "総蛋白　7.1 g/dL　　アルブミン　4.2 g/dL\nAST　22 U/L　　ALT　18 U/L\nクレアチニン　0.78 "
    "mg/dL",
    "WBC　5200 /uL　　Hb　13.1 g/dL　　PLT　21.3 万\nCRP　0.08 mg/dL\nHbA1c　5.8 %",
    "血圧　128/74 mmHg　　脈拍　72\n腹部平坦・軟、圧痛なし\n処方　継続"};

}  // namespace

records::Date near_miss(records::Date own, faxsim::Chance& chance) {
  for (;;) {
    records::Date other = own;
    switch (chance.whole(0, 4)) {
      case 0: other = plus(own, chance.happens(0.5) ? 1 : -1); break;
      case 1: other = own + std::chrono::years(chance.happens(0.5) ? 1 : -1); break;
      case 2: other = own + std::chrono::years(chance.happens(0.5) ? 10 : -10); break;
      case 3: other = own + std::chrono::months(chance.happens(0.5) ? 1 : -1); break;
      default: other = plus(own, chance.happens(0.5) ? 10 : -10); break;
    }
    if (other.ok() && other != own && other.year() >= std::chrono::year(1913)) return other;
  }
}

std::vector<Person> make_people(const forms::Catalogue& catalogue, int count,
                                faxsim::Chance chance) {
  using namespace std::chrono_literals;
  std::vector<const forms::Catalogue::Entry*> reports;
  for (const auto& entry : catalogue.all()) {
    if (!entry.definition.sheet) reports.push_back(&entry);
  }
  std::vector<Person> people;
  for (int i = 0; i < count; ++i) {
    Person person;
    person.patient.patient_id = fmt::format("{:08}", 10'203'000 + i * 37 + chance.whole(0, 30));
    const Name* family = &chance.one_of(families);
    const Name* given = &chance.one_of(givens);
    person.patient.name = std::string(family->kanji) + "　" + given->kanji;
    person.patient.kana = std::string(family->kana) + "　" + given->kana;
    person.patient.birth_date = some_birth_date(chance);
    person.patient.sex = chance.happens(0.5) ? "female" : "male";
    if (!people.empty() && chance.happens(0.08)) {  // twins, and namesakes
      const auto& other = chance.one_of(people).patient;
      person.patient.birth_date =
          chance.happens(0.3) ? other.birth_date : near_miss(other.birth_date, chance);
      if (chance.happens(0.3)) {
        person.patient.name = other.name;
        person.patient.kana = other.kana;
      }
    }
    person.pathway.pathway_id = fmt::format("P-{:04}", i + 1);
    person.pathway.patient_id = person.patient.patient_id;
    person.pathway.clinic_id = "0110113719";
    person.pathway.disease = chance.one_of(reports)->definition.disease;
    person.pathway.started_on = plus(2026y / 7 / 1, -chance.whole(0, 1400));
    person.pathway.hospital_doctor = "医師 一郎";
    people.push_back(std::move(person));
  }
  return people;
}

Letter make_letter(const Person& person, std::size_t index, bool news, faxsim::Chance chance) {
  Letter letter;
  letter.about = index;
  letter.news = news;
  const bool all = chance.happens(0.5);
  const int one = chance.whole(0, 2);
  letter.text = chance.happens(0.5) ? "検査結果報告書\n\n" : "診療情報提供書\n\n";
  if (all || one == 0) letter.text += "患者番号　" + person.patient.patient_id + "\n";
  if (all || one == 1) {
    letter.text += "氏名　" + person.patient.name + "　様\n";
    letter.text += "フリガナ　" + person.patient.kana + "\n";
  }
  if (all || one == 2) {
    letter.text += "生年月日　" + birth_words(person.patient.birth_date, chance) + "\n";
  }
  letter.text += "\n検査日　2026年11月10日\n\n";
  letter.text += chance.one_of(results);
  letter.text += news ? "\n\n腹部CTにて肝転移を認め、再発と診断しました。" : "\n\n特記事項なし";
  return letter;
}

Letter make_nameless_letter(faxsim::Chance chance) {
  Letter letter;
  letter.text = "検査結果\n\n採血日　2026年11月12日\n\n";
  letter.text += chance.one_of(results);
  return letter;
}

Cover make_cover(int pages, faxsim::Chance chance) {
  return {
      fmt::format("{}\n\nみなと中央病院　地域医療連携室　御中\n\n送信枚数　{}枚（本紙を含む）\n\n"
                  "いつもお世話になっております。書類をお送りいたします。\n\nFAX 03-0000-9999",
                  chance.happens(0.7) ? "ＦＡＸ送付状" : "送信のご案内", pages)};
}

}  // namespace bench::safety
