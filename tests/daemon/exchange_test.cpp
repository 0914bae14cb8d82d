#include "daemon/exchange/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/exchange/json.hpp"
#include "temp_dir.hpp"

namespace {

using exchange::BadCsv;
using testing::ElementsAre;
using testing::HasSubstr;

std::string complaint(auto parse, const std::string& content) {
  try {
    (void)parse(content, "file.csv");
  } catch (const BadCsv& bad) {
    return bad.what();
  }
  return "";
}

constexpr records::Date today = std::chrono::year(2026) / 11 / 23;

const auto patients = [](const std::string& content, const std::string& name) {
  return exchange::parse_patients(content, name, today);
};
const auto clinics = [](const std::string& content, const std::string& name) {
  return exchange::parse_clinics(content, name);
};
const auto pathways = [](const std::string& content, const std::string& name) {
  return exchange::parse_pathways(content, name, today);
};

constexpr auto patient_header = "patient_id,name,kana,birth_date,sex\n";
constexpr auto clinic_header = "clinic_id,name,fax,doctor\n";
constexpr auto pathway_header =
    "pathway_id,patient_id,clinic_id,disease,started_on,hospital_doctor,thresholds\n";

struct GoodPatient {
  const char* why;
  std::string content;
  records::Patient expected;
};

class GoodPatients : public testing::TestWithParam<GoodPatient> {};

TEST_P(GoodPatients, AreRead) {
  const auto rows = exchange::parse_patients(GetParam().content, "patients.csv", today);
  EXPECT_THAT(rows.rows, ElementsAre(GetParam().expected)) << GetParam().why;
}

const records::Patient taro = {"00123456", "患者 太郎", "カンジャ タロウ",
                               std::chrono::year(1948) / 4 / 5, "male"};

records::Patient named(const std::string& name) {
  auto patient = taro;
  patient.name = name;
  return patient;
}

records::Patient born(records::Date day) {
  auto patient = taro;
  patient.birth_date = day;
  return patient;
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodPatients,
    testing::Values(
        GoodPatient{
            "plain",
            std::string(patient_header) + "00123456,患者 太郎,カンジャ タロウ,1948-04-05,male\n",
            taro},
        GoodPatient{
            "byte order mark and CRLF, no last line end",
            "\xEF\xBB\xBFpatient_id,name,kana,birth_date,sex\r\n00123456,患者 太郎,カンジャ "
            "タロウ,1948-04-05,男",
            taro},
        GoodPatient{"every field quoted",
                    "\"patient_id\",\"name\",\"kana\",\"birth_date\",\"sex\"\n\"00123456\",\"患者 "
                    "太郎\",\"カンジャ タロウ\",\"1948-04-05\",\"M\"\n",
                    taro},
        GoodPatient{"columns in another order, empty lines",
                    "sex,patient_id,birth_date,kana,name\n\nmale,00123456,1948-04-05,カンジャ "
                    "タロウ,患者 太郎\n\n\n",
                    taro},
        GoodPatient{"comma, quotation mark and line end in a name",
                    std::string(patient_header) +
                        "00123456,\"a,\"\"b\"\"\nc\",カンジャ タロウ,1948-04-05,male\n",
                    named("a,\"b\"\nc")},
        GoodPatient{
            "born today",
            std::string(patient_header) + "00123456,患者 太郎,カンジャ タロウ,2026-11-23,male\n",
            born(today)},
        GoodPatient{"characters beyond the basic plane, with a variation selector",
                    std::string(patient_header) +
                        "00123456,𠮷田 髙󠄀,カンジャ タロウ,1948-04-05,male\n",
                    named("𠮷田 髙󠄀")}));

struct Bad {
  const char* why;
  std::string content;
  const char* expected;
};

class BadPatients : public testing::TestWithParam<Bad> {};

TEST_P(BadPatients, AreRefusedWithTheirPlace) {
  EXPECT_THAT(complaint(patients, GetParam().content), HasSubstr(GetParam().expected))
      << GetParam().why;
}

std::string patient_line(const std::string& line) {
  return patient_header + line;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadPatients,
    testing::Values(
        Bad{"empty file", "", "file.csv:1:1: expected a header line: patient_id,name,kana"},
        Bad{"only a byte order mark", "\xEF\xBB\xBF", "file.csv:1:1: expected a header line"},
        Bad{"a header of something else", "id,name\n",
            "file.csv:1:1: header: expected the columns"},
        Bad{"a column missing", "patient_id,name,kana,birth_date\n",
            "expected a column sex as well"},
        Bad{"a column twice", "patient_id,name,name,kana,birth_date,sex\n",
            "file.csv:1:17: header: expected each column once"},
        Bad{"no header", "1,a,b,1948-04-05,male\n", "file.csv:1:1: header"},
        Bad{"too few fields", patient_line("1,a,b,1948-04-05\n"),
            "file.csv:2:7: expected 5 fields, found 4"},
        Bad{"too many fields", patient_line("1,a,b,1948-04-05,male,x\n"),
            "file.csv:2:23: expected 5 fields, found 6"},
        Bad{"a date with slashes", patient_line("1,患者,カ,1948/4/5,male\n"),
            "file.csv:2:8: birth_date: expected a date like 1948-04-05, found '1948/4/5'"},
        Bad{"a day that is none", patient_line("1,a,b,1949-02-29,male\n"),
            "file.csv:2:7: birth_date"},
        Bad{"a Japanese date", patient_line("1,a,b,昭和23年4月5日,male\n"),
            "file.csv:2:7: birth_date"},
        Bad{"a year before Meiji", patient_line("1,a,b,1848-04-05,male\n"),
            "file.csv:2:7: birth_date"},
        Bad{"born tomorrow", patient_line("1,a,b,2026-11-24,male\n"),
            "file.csv:2:7: birth_date: expected a day that is not after today, 2026-11-23, found "
            "'2026-11-24'"},
        Bad{"a sign in a date", patient_line("1,a,b,1948-+4-05,male\n"),
            "file.csv:2:7: birth_date"},
        Bad{"a sex unheard of", patient_line("1,a,b,1948-04-05,mail\n"),
            "file.csv:2:18: sex: expected one of"},
        Bad{"no patient number", patient_line(",a,b,1948-04-05,male\n"),
            "file.csv:2:1: patient_id: expected an identifier"},
        Bad{"a space after the number", patient_line("1 ,a,b,1948-04-05,male\n"),
            "file.csv:2:1: patient_id"},
        Bad{"no name", patient_line("1,,b,1948-04-05,male\n"),
            "file.csv:2:3: name: expected a name, found nothing"},
        Bad{"the same number twice",
            patient_line("1,a,b,1948-04-05,male\n2,a,b,1948-04-05,male\n1,c,d,1948-04-05,male\n"),
            "file.csv:4:1: patient_id: expected it once only, it stands in line 2 too"},
        Bad{"an open quotation", patient_line("1,\"a,b,1948-04-05,male\n2,b,c,d,e\n"),
            "file.csv:2:3: expected a closing quotation mark"},
        Bad{"text after a quotation", patient_line("1,\"a\"x,b,1948-04-05,male\n"),
            "file.csv:2:6: expected a comma"},
        Bad{"a quotation in the middle", patient_line("1,a\"b\",b,1948-04-05,male\n"),
            "file.csv:2:4: expected a quotation mark only around a whole field"},
        Bad{"Shift_JIS", patient_line("1,\x8A\xB3\x8E\xD2,b,1948-04-05,male\n"),
            "file.csv:2:3: expected UTF-8"},
        Bad{"an overlong form", patient_line("1,\xC0\xAF,b,1948-04-05,male\n"),
            "file.csv:2:3: expected UTF-8"},
        Bad{"a surrogate", patient_line("1,\xED\xA0\x80,b,1948-04-05,male\n"),
            "file.csv:2:3: expected UTF-8"},
        Bad{"half a character at the end", patient_line("1,a,b,1948-04-05,\xE7\x94"),
            "file.csv:2:18: expected UTF-8"},
        Bad{"a zero byte", patient_line(std::string("1,a\0b,b,1948-04-05,male\n", 24)),
            "file.csv:2:4: expected text, found a control character"},
        Bad{"a lone carriage return", patient_line("1,a,b,1948-04-05,male\r2,a,b,1948-04-05,male"),
            "file.csv:2:22: expected text, found a control character"}));

TEST(Csv, NamesEveryFaultOfTheFileInItsOrder) {
  const auto said = complaint(patients, patient_line("1,a,b,x,male\n2,,b,1948-04-05,y\n"));
  EXPECT_EQ(said,
            "file.csv:2:7: birth_date: expected a date like 1948-04-05, found 'x'\n"
            "file.csv:3:3: name: expected a name, found nothing\n"
            "file.csv:3:17: sex: expected one of male female other unknown, found 'y'");
}

TEST(Csv, StopsCountingAfterTwentyFaults) {
  std::string content = patient_header;
  for (int i = 0; i < 30; ++i) content += std::to_string(i) + ",a,b,x,male\n";
  const auto said = complaint(patients, content);
  EXPECT_THAT(said, HasSubstr("file.csv:21:"));
  EXPECT_THAT(said, testing::Not(HasSubstr("file.csv:22:")));
  EXPECT_THAT(said, HasSubstr("\nand 10 more"));
}

TEST(Csv, RowsKnowTheirLines) {
  const auto rows = exchange::parse_patients(
      patient_line("1,\"two\nlines\",b,1948-04-05,male\n\n2,a,b,1948-04-05,female\n"),
      "patients.csv", today);
  EXPECT_THAT(rows.lines, ElementsAre(2, 5));
}

struct Code {
  const char* text;
  bool good;
};
class ClinicCodes : public testing::TestWithParam<Code> {};
TEST_P(ClinicCodes, CheckDigit) {
  EXPECT_EQ(exchange::is_clinic_code(GetParam().text), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(Table, ClinicCodes,
                         testing::Values(Code{"0110113719", true}, Code{"0110112489", true},
                                         Code{"1312345679", true}, Code{"1312345670", false},
                                         Code{"0110113791", false}, Code{"011011371", false},
                                         Code{"01101137190", false}, Code{"011011371x", false},
                                         Code{"０１１０１１３７１９", false}, Code{"", false}));

TEST(Csv, Clinics) {
  const auto rows = exchange::parse_clinics(
      std::string(clinic_header) + "0110113719,中央クリニック,011-000-0000,医師 花子\n",
      "clinics.csv");
  EXPECT_THAT(rows.rows, ElementsAre(records::Clinic{"0110113719", "中央クリニック", "011-000-0000",
                                                     "医師 花子"}));
  EXPECT_THAT(complaint(clinics, std::string(clinic_header) + "0110113718,a,b,c\n"),
              HasSubstr("file.csv:2:1: clinic_id: expected a 医療機関コード whose check digit"));
  EXPECT_THAT(complaint(clinics, std::string(clinic_header) + "110113719,a,b,c\n"),
              HasSubstr("file.csv:2:1: clinic_id: expected the 10 digits"));
}

TEST(Csv, Pathways) {
  const auto rows = exchange::parse_pathways(
      std::string(pathway_header) +
          "P-0001,00123456,0110113719,prostate,2026-04-01,医師 一郎,psa=0.20\n" +
          "P-0002,00123456,0110113719,colorectal,2026-04-01,, cea=5 ; ca19_9=37;\n" +
          "P-0003,00123456,0110113719,lung,2026-04-01,,\n",
      "pathways.csv", today);
  ASSERT_EQ(rows.rows.size(), 3U);
  EXPECT_EQ(rows.rows[0], (records::Pathway{"P-0001",
                                            "00123456",
                                            "0110113719",
                                            "prostate",
                                            std::chrono::year(2026) / 4 / 1,
                                            "医師 一郎",
                                            {{"psa", "0.20"}}}));
  EXPECT_THAT(rows.rows[1].thresholds,
              ElementsAre(testing::Pair("ca19_9", "37"), testing::Pair("cea", "5")));
  EXPECT_TRUE(rows.rows[2].thresholds.empty());
}

class BadPathways : public testing::TestWithParam<Bad> {};
TEST_P(BadPathways, AreRefusedWithTheirPlace) {
  EXPECT_THAT(complaint(pathways, pathway_header + GetParam().content),
              HasSubstr(GetParam().expected))
      << GetParam().why;
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadPathways,
    testing::Values(
        Bad{"disease unknown", "P-1,1,0110113719,pancreas,2026-04-01,,\n",
            "file.csv:2:18: disease: expected one of breast colorectal liver lung prostate "
            "stomach, found "
            "'pancreas'"},
        Bad{"no start", "P-1,1,0110113719,lung,,,\n", "file.csv:2:23: started_on: expected a date"},
        Bad{"a start to come", "P-1,1,0110113719,lung,2027-04-01,,\n",
            "file.csv:2:23: started_on: expected a day that is not after today, 2026-11-23, found "
            "'2027-04-01'"},
        Bad{"marker of another disease", "P-1,1,0110113719,prostate,2026-04-01,,cea=5\n",
            "file.csv:2:39: thresholds: expected markers of prostate: psa, found 'cea=5'"},
        Bad{"no limit", "P-1,1,0110113719,prostate,2026-04-01,,psa\n",
            "thresholds: expected limits like"},
        Bad{"limit with a comma", "P-1,1,0110113719,prostate,2026-04-01,,\"psa=0,2\"\n",
            "thresholds: expected limits like"},
        Bad{"limit of nothing", "P-1,1,0110113719,prostate,2026-04-01,,psa=0.0\n",
            "thresholds: expected limits like"},
        Bad{"negative limit", "P-1,1,0110113719,prostate,2026-04-01,,psa=-1\n",
            "thresholds: expected limits like"},
        Bad{"an empty item", "P-1,1,0110113719,prostate,2026-04-01,,;psa=1\n",
            "thresholds: expected limits like"},
        Bad{"a marker twice", "P-1,1,0110113719,prostate,2026-04-01,,psa=1;psa=2\n",
            "thresholds: expected each marker once"}));

TEST(Json, ADocumentHasTheKeysOfTheContract) {
  records::Document document;
  document.id = "D-000001";
  document.source = "fax";
  document.name = "fax000000012.tif";
  document.sha256 = std::string(64, 'a');
  document.received_at =
      std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(8);
  document.state = records::DocumentState::filed;
  records::Page page;
  page.fate = records::Fate::form;
  page.tag = forms::Tag{1, 2, 1, 1, 1, {12345}};
  page.tag_form = "colorectal-report";
  page.quality.dpi_x = 204;
  page.quality.dpi_y = 98;
  page.quality.skew_degrees = 0.4;
  page.quality.alignment_error_mm = 0.2;
  document.pages.push_back(page);
  document.reports = {"R-000001"};

  const auto json = exchange::to_json(document);
  EXPECT_EQ(json.at("document"), "D-000001");
  EXPECT_EQ(json.at("source"), "fax");
  EXPECT_EQ(json.at("name"), "fax000000012.tif");
  EXPECT_EQ(json.at("sha256"), std::string(64, 'a'));
  EXPECT_EQ(json.at("received_at"), "2026-11-22T08:00:00Z");
  EXPECT_EQ(json.at("state"), "filed");
  EXPECT_EQ(json.at("reasons"), exchange::Json::array());
  EXPECT_EQ(json.at("reports"), exchange::Json::array({"R-000001"}));
  const auto& first = json.at("pages").at(0);
  EXPECT_EQ(first.at("number"), 1);
  EXPECT_EQ(first.at("fate"), "form");
  EXPECT_EQ(first.at("tag").dump(),
            exchange::Json({{"form", "colorectal-report"},
                            {"version", 1},
                            {"page", 1},
                            {"of", 1},
                            {"serial", forms::to_text(forms::Serial{12345})}})
                .dump());
  EXPECT_EQ(first.at("quality").at("dpi").dump(), "[204,98]");
  EXPECT_EQ(first.at("quality").at("skew_degrees").dump(), "0.4");
  EXPECT_EQ(first.at("quality").at("alignment_error_mm").dump(), "0.2");
  EXPECT_EQ(first.at("quality").at("lost_rows"), 0);
}

TEST(Json, APageThatIsNoFormHasNoTagAndNoAlignment) {
  records::Document document;
  document.pages.emplace_back();
  const auto json = exchange::to_json(document);
  EXPECT_TRUE(json.at("pages").at(0).at("tag").is_null());
  EXPECT_TRUE(json.at("pages").at(0).at("quality").at("alignment_error_mm").is_null());
}

records::Report report_with(const forms::Answer& answer) {
  records::Report report;
  report.id = "R-000001";
  report.document = "D-000001";
  report.serial = {12345};
  report.pathway = "P-0001";
  report.patient = "00123456";
  report.state = records::ReportState::filed;
  report.form.form = "colorectal-report";
  report.form.answers[answer.field] = answer;
  return report;
}

forms::Answer answer(forms::AnswerState state, std::vector<std::string> values,
                     bool several = false) {
  forms::Answer answer;
  answer.field = "field";
  answer.state = state;
  answer.values = std::move(values);
  answer.several = several;
  answer.confidence = 0.99812;
  answer.box = {1.5, 2, 3, 4};
  return answer;
}

struct FieldCase {
  forms::AnswerState state;
  std::vector<std::string> values;
  bool several;
  const char* expected;
};
class Fields : public testing::TestWithParam<FieldCase> {};

TEST_P(Fields, OnlyFactsAreValues) {
  const auto& given = GetParam();
  const auto json =
      exchange::to_json(report_with(answer(given.state, given.values, given.several)));
  EXPECT_EQ(json.at("fields").at("field").at("value").dump(), given.expected);
  EXPECT_EQ(json.at("fields").at("field").at("state"), forms::to_text(given.state));
}

using forms::AnswerState;
INSTANTIATE_TEST_SUITE_P(
    Table, Fields,
    testing::Values(FieldCase{AnswerState::accepted, {"3.20"}, false, "\"3.20\""},
                    FieldCase{AnswerState::corrected, {"3.20"}, false, "\"3.20\""},
                    FieldCase{AnswerState::doubtful, {"3.20"}, false, "null"},
                    FieldCase{AnswerState::blank, {}, false, "null"},
                    FieldCase{
                        AnswerState::accepted, {"liver", "lung"}, true, "[\"liver\",\"lung\"]"},
                    FieldCase{AnswerState::accepted, {"liver"}, true, "[\"liver\"]"},
                    FieldCase{AnswerState::doubtful, {"liver"}, true, "null"}));

TEST(Json, AReportHasTheKeysOfTheContract) {
  auto report = report_with(answer(AnswerState::accepted, {"3.2"}));
  records::Flag flag;
  flag.id = "F-000001";
  flag.kind = forms::rules::FlagKind::recurrence;
  flag.severity = forms::rules::Severity::urgent;
  flag.evidence = {"recurrence"};
  report.flags.push_back(flag);
  const auto json = exchange::to_json(report);
  for (const char* key : {"report", "document", "form", "serial", "pathway", "patient", "state",
                          "version", "supersedes", "reasons", "fields", "flags"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_TRUE(json.at("supersedes").is_null());
  EXPECT_EQ(json.at("fields").at("field").at("confidence").dump(), "0.9981");
  EXPECT_EQ(json.at("fields").at("field").at("page"), 1);
  EXPECT_EQ(json.at("fields").at("field").at("box").dump(), "[1.5,2,3,4]");
  const auto& raised = json.at("flags").at(0);
  EXPECT_EQ(raised.at("flag"), "F-000001");
  EXPECT_EQ(raised.at("kind"), "recurrence");
  EXPECT_EQ(raised.at("severity"), "urgent");
  EXPECT_EQ(raised.at("evidence").dump(), "[\"recurrence\"]");
  EXPECT_EQ(raised.at("state"), "open");
}

TEST(Json, AHeldReportIsNobodys) {
  records::Report report;
  report.state = records::ReportState::held;
  report.candidate_pathway = "P-0001";
  report.flags.emplace_back();
  const auto json = exchange::to_json(report);
  EXPECT_TRUE(json.at("pathway").is_null());
  EXPECT_TRUE(json.at("patient").is_null());
  EXPECT_EQ(json.at("candidate_pathway"), "P-0001");
  EXPECT_EQ(json.at("flags").at(0).at("tied_to_patient"), false);
}

}  // namespace
