#include "forms/definition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "temp_dir.hpp"

namespace {

using forms::Catalogue;
using testing::ElementsAre;

const std::filesystem::path definitions =
    std::filesystem::path(RENKEI_SOURCE_DIR) / "forms" / "definitions";

const Catalogue& ours() {
  static const Catalogue catalogue = Catalogue::load(definitions);
  return catalogue;
}

std::vector<std::string> values(const forms::FieldDefinition* field) {
  std::vector<std::string> values;
  for (const auto& option : field->options) values.push_back(option.value);
  for (const auto& era : field->eras) values.push_back(era.value);
  return values;
}

struct Disease {
  std::string name;
  int number;
  std::vector<std::string> markers;
  int months;
};

class EveryDisease : public testing::TestWithParam<Disease> {
protected:
  [[nodiscard]] static const forms::Definition& report() {
    return ours().report_for(GetParam().name)->definition;
  }
};

TEST_P(EveryDisease, HasItsReportAndItsSheet) {
  const auto* report = ours().report_for(GetParam().name);
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->definition.form, GetParam().name + "-report");
  EXPECT_EQ(report->definition.number, GetParam().number);
  EXPECT_EQ(report->definition.schedule.months, GetParam().months);
  EXPECT_EQ(ours().find(GetParam().number, 1), report);
  EXPECT_EQ(ours().find(GetParam().name + "-report", 1), report);

  const auto* sheet = ours().sheet_for(GetParam().name);
  ASSERT_NE(sheet, nullptr);
  EXPECT_TRUE(sheet->definition.sheet);
  EXPECT_EQ(sheet->definition.form, GetParam().name + "-pathway-sheet");
  EXPECT_EQ(sheet->definition.number, GetParam().number + 0x8000);
  EXPECT_TRUE(sheet->definition.fields.empty());
  EXPECT_EQ(ours().find(GetParam().number + 0x8000, 1), sheet);
}

TEST_P(EveryDisease, AsksWhatTheContractSays) {
  const auto& form = report();
  for (const auto* name : {"kind", "birth_date", "visit_date", "performance_status", "weight_kg",
                           "recurrence", "recurrence_site", "outcome", "outcome_date",
                           "exit_reason", "next_visit", "attached_pages", "comment", "seal"}) {
    EXPECT_NE(form.find(name), nullptr) << name;
  }
  EXPECT_THAT(values(form.find("kind")), ElementsAre("periodic", "deviation"));
  EXPECT_THAT(values(form.find("birth_date")), ElementsAre("taisho", "showa", "heisei", "reiwa"));
  EXPECT_EQ(form.find("visit_date")->era, "reiwa");
  EXPECT_THAT(values(form.find("performance_status")), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(values(form.find("recurrence")), ElementsAre("none", "suspected", "confirmed"));
  EXPECT_TRUE(form.find("recurrence_site")->several);
  EXPECT_THAT(values(form.find("outcome")),
              ElementsAre("continuing", "five_year_survival", "recurrence", "death", "other_exit"));
  EXPECT_THAT(values(form.find("exit_reason")),
              ElementsAre("moved", "no_visit", "patient_wish", "other"));
  EXPECT_EQ(form.find("next_visit")->kind, forms::FieldKind::month);
  for (const auto* name :
       {"kind", "recurrence", "recurrence_site", "outcome", "outcome_date", "exit_reason"}) {
    EXPECT_TRUE(form.find(name)->deviation) << name;
  }
}

TEST_P(EveryDisease, HasItsMarkersAndExaminations) {
  std::vector<std::string> markers;
  int examinations = 0;
  for (const auto& field : report().fields) {
    if (field.marker) {
      markers.push_back(field.name);
      EXPECT_TRUE(field.limit) << field.name;
      EXPECT_FALSE(field.unit.empty()) << field.name;
    }
    if (!field.examination) continue;
    ++examinations;
    EXPECT_THAT(values(&field), ElementsAre("not_done", "no_finding", "finding")) << field.name;
  }
  EXPECT_EQ(markers, GetParam().markers);
  EXPECT_GE(examinations, 3);
}

TEST_P(EveryDisease, SpeaksBothLanguagesAndSettlesEveryFlag) {
  for (const auto& field : report().fields) {
    EXPECT_FALSE(field.label.ja.empty() || field.label.en.empty()) << field.name;
    for (const auto& option : field.options) {
      EXPECT_FALSE(option.words.ja.empty() || option.words.en.empty()) << option.value;
    }
  }
  EXPECT_EQ(report().rules.size(), 11U);
  const auto severity = [](const std::string& flag) {
    for (const auto& rule : report().rules) {
      if (rule.flag == flag) return rule.severity;
    }
    return std::string("none");
  };
  for (const auto* urgent : {"recurrence", "recurrence-suspected", "death", "possible-deviation"}) {
    EXPECT_EQ(severity(urgent), "urgent") << urgent;
  }
  EXPECT_EQ(severity("five-year-survival"), "routine");
  EXPECT_EQ(severity("other-exit"), "routine");
  EXPECT_EQ(severity("unread-note"), "notice");
  const auto& words = report().deviation_words;
  EXPECT_NE(std::find(words.begin(), words.end(), "永眠"), words.end());
}

INSTANTIATE_TEST_SUITE_P(Definitions, EveryDisease,
                         testing::Values(Disease{"stomach", 1, {"cea", "ca19_9"}, 60},
                                         Disease{"colorectal", 2, {"cea", "ca19_9"}, 60},
                                         Disease{"liver", 3, {"afp", "pivka_ii"}, 60},
                                         Disease{"lung", 4, {"cea", "cyfra"}, 60},
                                         Disease{"breast", 5, {"cea", "ca15_3"}, 120},
                                         Disease{"prostate", 6, {"psa"}, 120}),
                         [](const auto& one) { return one.param.name; });

TEST(Definitions, FindNothingUnknown) {
  EXPECT_EQ(ours().find(2, 9), nullptr);
  EXPECT_EQ(ours().find(99, 1), nullptr);
  EXPECT_EQ(ours().find("colorectal", 1), nullptr);
  EXPECT_EQ(ours().report_for("skin"), nullptr);
  EXPECT_EQ(ours().report_for("stomach")->definition.find("psa"), nullptr);
}

/// One mistake made in one file of ours, and what must be said about it.
struct Mistake {
  std::string name;
  std::string file;
  std::string before;  ///< first occurrence is replaced
  std::string after;
  std::string message;
};

std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class DefinitionMistake : public testing::TestWithParam<Mistake> {};

TEST_P(DefinitionMistake, IsNamedWithItsLine) {
  const auto& mistake = GetParam();
  const tests::TempDir folder;
  std::filesystem::copy(definitions, folder.path());
  auto text = contents(folder / mistake.file);
  const auto at = text.find(mistake.before);
  ASSERT_NE(at, std::string::npos) << mistake.before;
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  text.replace(at, mistake.before.size(), mistake.after);
  std::ofstream(folder / mistake.file) << text;

  try {
    static_cast<void>(Catalogue::load(folder.path()));
    FAIL() << "was taken";
  } catch (const forms::BadDefinition& fault) {
    auto expected = mistake.message;
    if (const auto mark = expected.find("LINE"); mark != std::string::npos) {
      expected.replace(mark, 4, std::to_string(line));
    }
    EXPECT_THAT(fault.what(), testing::HasSubstr(expected));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, DefinitionMistake,
    testing::Values(
        Mistake{
            "UnknownKey", "common.yaml", "unit: kg", "unitt: kg",
            "common.yaml:LINE: unknown key 'unitt' in field 'weight_kg'; expected one of name,"},
        Mistake{"UnknownKeyOfForm", "liver.yaml", "disease_words:", "disease_word:",
                "liver.yaml:LINE: unknown key 'disease_word' in the file; expected one of form,"},
        Mistake{"KeyOfAnotherKind", "common.yaml", "{name: cea, kind: number,",
                "{name: cea, kind: number, several: true,",
                "common.yaml:LINE: unknown key 'several' in field 'cea'"},
        Mistake{"MissingKey", "common.yaml", "digits_before: 3", "digits_after: 2",
                "key 'digits_after' stands twice in a field"},
        Mistake{"MissingNumber", "liver.yaml", "number: 3", "",
                "liver.yaml:1: missing key 'number' in the file"},
        Mistake{"UnknownKind", "common.yaml", "kind: ink", "kind: stamp",
                "common.yaml:LINE: 'kind' in field 'seal': expected one of choice, number"},
        Mistake{"OneLanguage", "common.yaml", "{ja: 体重, en: Weight}", "{ja: 体重}",
                "common.yaml:LINE: missing key 'en' in 'label' in field 'weight_kg'"},
        Mistake{"FieldTwice", "common.yaml", "- name: visit_date", "- name: kind",
                "common.yaml:LINE: field 'kind' stands twice; first in common.yaml:6"},
        Mistake{"OptionTwice", "common.yaml", "value: lung", "value: liver",
                "common.yaml:LINE: 'value' in an option of field 'recurrence_site': 'liver' stands "
                "twice"},
        Mistake{"FormNumberTwice", "liver.yaml", "number: 3", "number: 1",
                "1 belongs to 'liver-report' already: a form keeps its own number"},
        Mistake{"RangeUpsideDown", "common.yaml", "minimum: 20", "minimum: 300",
                "common.yaml:LINE: 'minimum' in field 'weight_kg': not below 'maximum'"},
        Mistake{"LimitBeyondCells", "common.yaml", "marker: true, limit: 3.5",
                "marker: true, limit: 3500",
                "common.yaml:LINE: 'limit' in field 'cyfra': not below the largest"},
        Mistake{
            "NotANumber", "common.yaml", "minimum: 20", "minimum: twenty",
            "common.yaml:LINE: 'minimum' in field 'weight_kg': expected a number, zero or more"},
        Mistake{"TooManyDigits", "common.yaml", "digits_before: 6", "digits_before: 60",
                "common.yaml:LINE: 'digits_before' in field 'pivka_ii': expected a whole number "
                "from 1 to 7"},
        Mistake{"UnknownEra", "common.yaml", "era: reiwa", "era: edo",
                "common.yaml:LINE: 'era' in field 'visit_date': expected one of meiji"},
        Mistake{"UnknownFieldInRow", "liver.yaml", "[afp, pivka_ii]", "[afp, pivka]",
                "liver.yaml:LINE: unknown field 'pivka' in a row"},
        Mistake{"FieldInTwoRows", "liver.yaml", "[afp, pivka_ii]", "[afp, afp]",
                "liver.yaml:LINE: field 'afp' stands in two rows"},
        Mistake{"RowTooWide", "liver.yaml", "[afp, pivka_ii]", "[afp, pivka_ii, cea]",
                "liver.yaml:LINE: the row is "},
        Mistake{"SectionTooHigh", "common.yaml",
                "height: 27\n  - name: seal\n    kind: ink\n"
                "    label: {ja: 医師印, en: Doctor's seal}\n    width: 14\n    height: 14",
                "height: 150\n  - name: seal\n    kind: ink\n"
                "    label: {ja: 医師印, en: Doctor's seal}\n    width: 14\n    height: 60",
                "mm too high for a page"},
        Mistake{"UnknownSection", "liver.yaml", "  - closing", "  - ending",
                "liver.yaml:LINE: no section 'ending' is included"},
        Mistake{"NoBirthDate", "common.yaml", "[birth_date, weight_kg]", "[weight_kg]",
                "no date field 'birth_date' in any row"},
        Mistake{"UnknownInclude", "liver.yaml", "[common.yaml]", "[../common.yaml]",
                "liver.yaml:LINE: include '../common.yaml': expected a file of the same folder"},
        Mistake{"UnknownFlag", "common.yaml", "{flag: death,", "{flag: dead,",
                "common.yaml:LINE: 'flag' in a rule: expected one of recurrence"},
        Mistake{"UnknownSeverity", "common.yaml", "severity: urgent", "severity: high",
                "common.yaml:LINE: 'severity' in a rule: expected urgent, routine or notice"},
        Mistake{"ScheduleOfNothing", "liver.yaml", "{name: afp, spans", "{name: seal, spans",
                "liver.yaml:LINE: 'name' in a schedule item: 'seal' is neither"},
        Mistake{"ExaminationWithoutVisit", "liver.yaml", "[{from: 6, to: 60, every: 12}]",
                "[{from: 7, to: 60, every: 12}]",
                "'abdominal_ct' is due in month 7, when no visit"},
        Mistake{"NotYaml", "liver.yaml", "sections:", "sections: [", "liver.yaml:"},
        Mistake{"EmptyForm", "liver.yaml", "version: 1", "version: ",
                "liver.yaml:LINE: 'version' in the file: expected a whole number from 1 to 255"}),
    [](const auto& one) { return one.param.name; });

TEST(Definitions, AForeignFolderIsRefused) {
  const tests::TempDir folder;
  EXPECT_THROW(static_cast<void>(Catalogue::load(folder.path())), forms::BadDefinition);
  EXPECT_THROW(static_cast<void>(Catalogue::load(folder / "nowhere")), forms::BadDefinition);
}

TEST(Definitions, AFieldOfItsOwnMustBePrinted) {
  const tests::TempDir folder;
  std::filesystem::copy(definitions, folder.path());
  std::ofstream(folder / "liver.yaml", std::ios::app)
      << "fields:\n  - {name: note, kind: text, label: {ja: 注, en: Note}, height: 10}\n";
  EXPECT_THROW(static_cast<void>(Catalogue::load(folder.path())), forms::BadDefinition);
}

TEST(Definitions, WhatIsTooLongForAPageTakesTwo) {
  const tests::TempDir folder;
  std::filesystem::copy(definitions, folder.path());
  auto text = contents(folder / "common.yaml");
  text.replace(text.find("height: 27"), 10, "height: 90");
  std::ofstream(folder / "common.yaml") << text;
  const auto catalogue = Catalogue::load(folder.path());
  const auto& pages = catalogue.report_for("lung")->layout.pages;
  ASSERT_EQ(pages.size(), 2U);
  EXPECT_EQ(pages[1].number, 2);
  EXPECT_EQ(pages[1].tags.size(), 2U);
  EXPECT_EQ(pages[1].fields.back().name, "comment");
}

TEST(Definitions, OldAndNewVersionsStandSideBySide) {
  const tests::TempDir folder;
  std::filesystem::copy(definitions, folder.path());
  auto text = contents(folder / "liver.yaml");
  text.replace(text.find("version: 1"), 10, "version: 2");
  std::ofstream(folder / "liver-2.yaml") << text;
  const auto catalogue = Catalogue::load(folder.path());
  EXPECT_EQ(catalogue.report_for("liver")->definition.version, 2);
  EXPECT_EQ(catalogue.sheet_for("liver")->definition.version, 2);
  EXPECT_NE(catalogue.find(3, 1), nullptr);
  EXPECT_NE(catalogue.find(3, 2), nullptr);
}

}  // namespace
