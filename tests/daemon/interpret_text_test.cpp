#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/intake_words.hpp"
#include "intake_papers.hpp"

namespace {

using namespace tests;
using records::Fate;

TEST(InterpretText, TypedTextAndWhatItTells) {
  auto first = hanas();
  auto& comment = *std::ranges::find(first.readings, "comment", &ocr::Reading::field);
  comment.ink_mm2 = 40;
  comment.typed = true;
  const auto filing = filed({first, plain_page()});
  records::Report report;
  report.id = "R-000001";
  report.form = filing.reports[0].form;
  report.pages = {{1, 1}};
  report.flags.push_back({});
  report.flags[0].kind = forms::rules::FlagKind::unread_note;
  report.flags[0].evidence = {"comment"};
  records::Document document;
  document.id = "D-000001";
  document.pages = {{1, Fate::form, {}, "", {}, "R-000001", ""},
                    {2, Fate::attachment, {}, "", {}, "R-000001", ""}};

  auto second = first;
  auto& words = *std::ranges::find(second.readings, "comment", &ocr::Reading::field);
  words.words = {{"肝転", 0.99, {20, 10, 8, 4}},
                 {"移あり", 0.99, {29, 10, 8, 4}},
                 {"CEA", 0.99, {20, 16, 8, 4}},
                 {"上昇", 0.99, {32, 16, 8, 4}}};
  const auto added = intake::interpret_text(
      document, {report}, look({second, worded("診療情報提供書 再発なし")}), catalogue(), known());
  ASSERT_EQ(added.reports.size(), 1u);
  ASSERT_EQ(added.reports[0].answers.size(), 1u);
  EXPECT_EQ(added.reports[0].answers[0].value(), "肝転移あり\nCEA 上昇");
  EXPECT_EQ(added.reports[0].answers[0].state, forms::AnswerState::accepted);
  ASSERT_EQ(added.reports[0].findings.size(), 2u);
  EXPECT_EQ(added.reports[0].findings[0].kind, forms::rules::FlagKind::mention);
  EXPECT_EQ(added.reports[0].findings[1].evidence, std::vector<std::string>{"attachment"});
  EXPECT_EQ(added.reports[0].findings[1].severity, forms::rules::Severity::notice);
  ASSERT_EQ(added.page_text.size(), 1u);
  EXPECT_EQ(added.page_text[0].first, 2);

  // Handwriting: nothing but the note, which is flagged already.
  const auto nothing =
      intake::interpret_text(document, {report}, look({first}), catalogue(), known());
  ASSERT_EQ(nothing.reports.size(), 1u);
  EXPECT_TRUE(nothing.reports[0].findings.empty());
  report.flags.clear();
  const auto unread =
      intake::interpret_text(document, {report}, look({first}), catalogue(), known());
  ASSERT_EQ(unread.reports[0].findings.size(), 1u);
  EXPECT_EQ(unread.reports[0].findings[0].kind, forms::rules::FlagKind::unread_note);

  // What a person wrote stands, and a reader that failed adds nothing.
  report.form.answers["comment"].state = forms::AnswerState::corrected;
  EXPECT_TRUE(intake::interpret_text(document, {report}, look({second}), catalogue(), known())
                  .reports.empty());
  reader::Look crashed = look({second});
  crashed.ending = reader::Ending::crashed;
  report.form.answers["comment"].state = forms::AnswerState::doubtful;
  EXPECT_TRUE(
      intake::interpret_text(document, {report}, crashed, catalogue(), known()).reports.empty());
}

/// A report of Hana's with one attachment, filed, and a page before it if `first` has words.
struct Attached {
  explicit Attached(const std::string& words, const std::string& first = "") {
    report.id = "R-000001";
    report.pathway = "P-1";
    report.form = filed({announcing(hanas(), "_1"), plain_page()}).reports[0].form;
    std::vector<ocr::PageReading> pages;
    document.id = "D-000001";
    document.reports = {report.id};
    if (!first.empty()) {
      document.pages.push_back({1, Fate::unidentified, {}, "", {}, "", ""});
      pages.push_back(worded(first));
    }
    const int at = static_cast<int>(pages.size()) + 1;
    document.pages.push_back({at, Fate::form, {}, "", {}, report.id, ""});
    document.pages.push_back({at + 1, Fate::attachment, {}, "", {}, report.id, ""});
    report.pages = {{1, at}};
    pages.push_back(hanas());
    pages.push_back(worded(words));
    seen = look(std::move(pages));
  }

  [[nodiscard]] records::SecondLook second() const {
    return intake::interpret_text(document, {report}, seen, catalogue(), known());
  }

  records::Document document;
  records::Report report;
  reader::Look seen;
};

TEST(InterpretText, AnAttachmentThatNamesAnotherPatientLeavesTheReport) {
  const auto own = Attached("検査結果 見本花子 様 CEA 3.2").second();
  EXPECT_TRUE(own.fates.empty());
  EXPECT_TRUE(own.reasons.empty());
  EXPECT_TRUE(own.proposals.empty()) << "its patient is known";

  const auto others = Attached("検査結果 見本太郎 様 生年月日 昭和16年12月8日 再発").second();
  ASSERT_EQ(others.fates.size(), 1u);
  EXPECT_EQ(others.fates[0], std::pair(2, Fate::unidentified));
  EXPECT_EQ(others.reasons, std::vector<std::string>{"pages-mixed"});
  ASSERT_EQ(others.proposals.size(), 1u);
  EXPECT_EQ(others.proposals[0].patient, "002");
  // The news is somebody's, only not Hana's; and what words did not tell a person must look for.
  for (const auto& each : others.reports) EXPECT_TRUE(each.findings.empty());
  ASSERT_EQ(others.findings.size(), 2u);
  EXPECT_EQ(others.findings[0].kind, forms::rules::FlagKind::possible_deviation);
  EXPECT_EQ(others.findings[0].reason, "page-not-identified");
  EXPECT_EQ(others.findings[1].kind, forms::rules::FlagKind::mention);
}

TEST(InterpretText, AnAttachmentThatSaysWhoseItIsMustSaySoReadably) {
  for (const auto* words : {"患者番号 1021386) CEA 3.2", "氏名 山崎 弘 様", "生年月日 昭和Ss年"}) {
    const auto somebodys = Attached(words).second();
    ASSERT_EQ(somebodys.fates.size(), 1u) << words;
    EXPECT_EQ(somebodys.fates[0], std::pair(2, Fate::unidentified)) << words;
    EXPECT_EQ(somebodys.reasons, std::vector<std::string>{"identity-unreadable"}) << words;
    ASSERT_EQ(somebodys.findings.size(), 1u) << words;
    EXPECT_EQ(somebodys.findings[0].reason, "page-not-identified") << words;
  }
  EXPECT_TRUE(Attached("検査結果 CEA 3.2").second().fates.empty()) << "it goes by its number";
}

/// The second look at an attachment of which OCR is so sure.
records::SecondLook second_look_at(double confidence, const std::string& words) {
  Attached attached("");
  auto& page = attached.seen.reading.pages.back();
  page.words.clear();
  if (!words.empty()) page.words = {{words, confidence, {}}};
  return attached.second();
}

TEST(InterpretText, AnAttachmentThatWasHardlyReadMayTellOfADeath) {
  using forms::rules::FlagKind;
  const auto findings = [](double confidence, const std::string& words) {
    const auto second = second_look_at(confidence, words);
    EXPECT_TRUE(second.fates.empty()) << words;
    return second.reports.empty() ? std::vector<forms::rules::Finding>{}
                                  : second.reports[0].findings;
  };
  EXPECT_TRUE(findings(0.9, "検査結果 CEA 3.2").empty());
  for (const auto& unread :
       {findings(0.5, "見本花子 様 誕転欄を"), findings(0.3, "見本花子 様 誕転欄")}) {
    ASSERT_EQ(unread.size(), 1u);
    EXPECT_EQ(unread[0].kind, FlagKind::possible_deviation);
    EXPECT_EQ(unread[0].severity, forms::rules::Severity::routine);
    EXPECT_EQ(unread[0].reason, "attachment-not-read");
    EXPECT_EQ(unread[0].evidence, std::vector<std::string>{"attachment"});
  }
  Attached lines_left_out("検査結果 CEA 3.2 特記事項なし");
  lines_left_out.seen.reading.pages.back().words.push_back({std::string(ocr::unread_line), 0, {}});
  EXPECT_EQ(lines_left_out.second().reasons, std::vector<std::string>{"identity-unreadable"});
  const auto news = findings(0.5, "見本花子 様 再発と診断");
  ASSERT_EQ(news.size(), 1u) << "its words told already";
  EXPECT_EQ(news[0].kind, FlagKind::mention);
}

TEST(InterpretText, AnAttachmentPastReadingMayBeAnybodys) {
  Attached crashed("検査結果");
  crashed.seen.ending = reader::Ending::crashed;
  for (const auto& unread :
       {second_look_at(0, ""), second_look_at(0.5, "朋導CTにて誕転欄を"), crashed.second()}) {
    ASSERT_EQ(unread.fates.size(), 1u);
    EXPECT_EQ(unread.fates[0], std::pair(2, Fate::unidentified));
    EXPECT_EQ(unread.reasons, std::vector<std::string>{"identity-unreadable"});
    ASSERT_EQ(unread.findings.size(), 1u);
    EXPECT_EQ(unread.findings[0].reason, "page-not-identified");
  }
}

TEST(TextOf, LinesOfAPage) {
  struct {
    const char* why;
    std::vector<ocr::WordReading> words;
    const char* text;
  } const cases[] = {
      {"a line", {{"検査", 1, {18, 30, 8, 4}}, {"結果", 1, {26, 30, 8, 4}}}, "検査結果"},
      {"a gap", {{"CEA", 1, {18, 30, 8, 4}}, {"3.2", 1, {30, 30, 8, 4}}}, "CEA 3.2"},
      {"the next line", {{"検査", 1, {18, 30, 8, 4}}, {"3.2", 1, {30, 36, 8, 4}}}, "検査\n3.2"},
      {"back to the left", {{"検査", 1, {18, 30, 8, 4}}, {"日", 1, {10, 31, 8, 4}}}, "検査\n日"},
      {"the next column", {{"検査", 1, {18, 200, 8, 4}}, {"右", 1, {120, 30, 8, 4}}}, "検査\n右"},
      {"the sender's line, last",
       {{"検査", 1, {0, 200, 8, 4}}, {"17:24", 1, {0, 0, 3, 3}}},
       "検査\n17:24"},
  };
  for (const auto& each : cases) EXPECT_EQ(intake::text_of(each.words), each.text) << each.why;
}

/// Words of a page, by their left edges and widths, mm; a word further left begins a line.
struct Placed {
  const char* text;
  double confidence, x, width;
};

TEST(InterpretText, AnAttachmentWithAStretchThatWasGuessedMayBeAnybodys) {
  const Placed title{"検査結果報告書", 0.95, 18, 26};
  const Placed finding{"腹部CTにて異常を認めませんでした", 0.95, 18, 60};
  struct {
    const char* why;
    std::vector<Placed> line;
    bool stays;
  } const cases[] = {
      {"read", {{"患者様は元気です", 0.9, 18, 30}}, true},
      {"one sign", {{"脈", 0, 18, 4}, {"拍", 0.9, 22, 4}, {"72", 0.9, 30, 4}}, true},
      {"label and number",
       {{"出", 0, 18, 3}, {"者", 0.77, 23, 2}, {"番吸", 0, 27, 7}, {"1", 0, 38, 15}},
       false},
      {"one wide word", {{"1", 0.1, 38, 15}}, false},
      {"a stretch broken by a sure word",
       {{"番", 0, 18, 6}, {"は", 0.9, 24, 4}, {"吸", 0, 28, 6}},
       true},
      {"a measure", {{"AST", 0.9, 18, 8}, {"22U/L", 0.2, 28, 12}, {"。", 0.1, 41, 2}}, true},
      {"the ends of two lines", {{"吸", 0, 90, 6}, {"番", 0, 18, 6}}, true},
  };
  for (const auto& each : cases) {
    Attached attached("");
    auto& page = attached.seen.reading.pages.back();
    page.words.clear();
    double y = 30;
    double before = 0;
    auto words = each.line;
    words.insert(words.begin(), title);
    words.push_back(finding);
    for (const auto& word : words) {
      if (word.x <= before) y += 6;
      before = word.x;
      page.words.push_back({word.text, word.confidence, {word.x, y, word.width, 4}});
    }
    const auto second = attached.second();
    EXPECT_EQ(second.fates.empty(), each.stays) << each.why;
    const std::vector<std::string> why{"identity-unreadable"};
    EXPECT_EQ(second.reasons, each.stays ? std::vector<std::string>{} : why) << each.why;
  }
}

TEST(InterpretText, TheSendersLineTellsNothingWhereverThePageWasTurned) {
  struct {
    int rotation;
    ocr::Transform placed;  // upright mm to pixels of a page of 1728 x 2180 at 204 x 196 dpi
    ocr::Box word;
    bool stays;
  } const cases[] = {
      {0, {}, {12, 3, 17, 2}, false},
      {0, {}, {12, 30, 17, 2}, true},
      {90, {0, 8.03, 0, -7.72, 0, 2180}, {279, 12, 2, 17}, false},
      {90, {0, 8.03, 0, -7.72, 0, 2180}, {2, 12, 17, 2}, true},
      {180, {-8.03, 0, 1728, 0, -7.72, 2180}, {150, 279, 17, 2}, false},
      {180, {-8.03, 0, 1728, 0, -7.72, 2180}, {150, 3, 17, 2}, true},
      {270, {0, -8.03, 1728, 7.72, 0, 0}, {2, 150, 2, 17}, false},
      {270, {0, -8.03, 1728, 7.72, 0, 0}, {270, 150, 17, 2}, true},
  };
  for (const auto& each : cases) {
    Attached attached("");
    auto& page = attached.seen.reading.pages.back();
    page.quality.dpi_x = 204;
    page.quality.dpi_y = 196;
    page.quality.rotation = each.rotation;
    page.placed = each.placed;
    page.words = {{"SAKURA", 0.9, each.word}};
    EXPECT_EQ(attached.second().fates.empty(), each.stays) << each.rotation << ' ' << each.word.x;
  }
}

TEST(InterpretText, ACoverIsFoundLate) {
  const auto cover = Attached("見本花子", "ＦＡＸ送付状 送信枚数 2枚").second();
  ASSERT_EQ(cover.fates.size(), 1u);
  EXPECT_EQ(cover.fates[0], std::pair(1, Fate::cover));
  EXPECT_TRUE(cover.reasons.empty());
  const auto letter = Attached("見本花子", "見本太郎 様 肝転移を認めました").second();
  EXPECT_TRUE(letter.fates.empty());
  EXPECT_EQ(letter.findings.size(), 1u);
  EXPECT_EQ(letter.proposals.size(), 1u);
}

}  // namespace
