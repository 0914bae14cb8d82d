#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>

#include "forms/definition.hpp"
#include "forms/print.hpp"
#include "forms/tag.hpp"
#include "forms/tag_key.hpp"
#include "ocr/engine.hpp"
#include "tests/faxsim/faxsim.hpp"
#include "tests/temp_dir.hpp"

/// Whole pages as clinics' machines spoil them, printed and faxed by faxsim with fixed seeds.
namespace {

using faxsim::Degrade;
using faxsim::Quality;

/// One printed report, and the engine that reads it; made once, for they take a second.
class Press {
public:
  static Press& instance() {
    static Press press;
    return press;
  }

  [[nodiscard]] faxsim::FormSheets filled(const faxsim::Values& values) const {
    return {blank_, entry_->layout, forms::to_text(serial), values, 1};
  }

  /// `words`: with the second look.
  [[nodiscard]] ocr::PageReading read(const faxsim::Sheet& sheet, bool words = false,
                                      ocr::CodeSearch search = ocr::CodeSearch::whole_page) {
    faxsim::Encoding encoding;
    encoding.coding = sheet.bilevel ? faxsim::Coding::g4 : faxsim::Coding::lzw;
    const auto bytes = faxsim::encode({sheet}, encoding);
    const auto document = ocr::open(std::as_bytes(std::span(bytes)));
    const auto find = [this](std::span<const std::uint8_t> code) -> std::optional<ocr::FormPage> {
      const auto tag = forms::peek(code);
      const auto* entry = tag ? catalogue_.find(tag->form, tag->version) : nullptr;
      if (entry == nullptr) return std::nullopt;
      return ocr::FormPage{&entry->layout, tag->page};
    };
    const ocr::Page page = document->page(1);
    ocr::PageReading reading = engine_.read(page, find, pages_, search);
    return words ? engine_.read_text(page, std::move(reading), nullptr) : reading;
  }

  static constexpr forms::Serial serial{8'123'456'789'012};

private:
  Press()
      : catalogue_(forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions")),
        entry_(catalogue_.report_for("stomach")),
        engine_({RENKEI_SOURCE_DIR "/ocr/digits/digits.onnx", {}}) {
    forms::TagKeys::Key key{};
    key.fill(0x42);  // no secret
    forms::Letterhead head;
    head.hospital = "みなと中央病院";
    head.patient_name = "鈴木 太郎";
    const auto file = folder_.path() / "report.pdf";
    forms::print_report(*entry_, {{serial, head}}, forms::TagKeys({{1, key}}), file);
    blank_ = faxsim::load_blank(file);
    for (const auto& entry : catalogue_.all()) {
      for (const auto& page : entry.layout.pages) pages_.push_back({&entry.layout, page.number});
    }
  }

  tests::TempDir folder_;
  forms::Catalogue catalogue_;
  const forms::Catalogue::Entry* entry_;
  std::vector<ocr::FormPage> pages_;
  ocr::Engine engine_;
  std::shared_ptr<const faxsim::Blank> blank_;
};

/// Paints mm of the paper as it lies in the machine.
class Painter {
public:
  explicit Painter(faxsim::Sheet& sheet) : sheet_(sheet) {}

  [[nodiscard]] double width() const { return sheet_.width / sheet_.dpi_x * 25.4; }
  [[nodiscard]] double height() const { return sheet_.height / sheet_.dpi_y * 25.4; }

  void where(const std::function<bool(double, double)>& inside, std::uint8_t value) {
    for (int y = 0; y < sheet_.height; ++y) {
      for (int x = 0; x < sheet_.width; ++x) {
        if (!inside((x + 0.5) / sheet_.dpi_x * 25.4, (y + 0.5) / sheet_.dpi_y * 25.4)) continue;
        const auto channels = static_cast<std::size_t>(sheet_.channels);
        const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(sheet_.width) +
                        static_cast<std::size_t>(x);
        std::fill_n(sheet_.samples.begin() + static_cast<std::ptrdiff_t>(at * channels), channels,
                    value);
      }
    }
  }

  /// All that lies within `mm` of an edge.
  void edges(double mm, std::uint8_t value) {
    where([&](double x,
              double y) { return x < mm || y < mm || x > width() - mm || y > height() - mm; },
          value);
  }

private:
  faxsim::Sheet& sheet_;
};

void clip(faxsim::Sheet& sheet) {
  Painter(sheet).edges(7, 255);
}
void blacken_border(faxsim::Sheet& sheet) {
  Painter(sheet).edges(6, 0);
}
/// Two holes of 6 mm, as the Japanese binder punches them.
void punch(faxsim::Sheet& sheet) {
  Painter painter(sheet);
  const double middle = painter.height() / 2;
  painter.where(
      [middle](double x, double y) {
        return std::hypot(x - 9, y - (middle - 40)) < 3 || std::hypot(x - 9, y - (middle + 40)) < 3;
      },
      0);
}
void nothing(faxsim::Sheet& sheet) {
  static_cast<void>(sheet);
}

struct Case {
  std::string name;
  std::function<void(faxsim::Job&, faxsim::Values&)> change;
  void (*spoil)(faxsim::Sheet&) = nothing;
  double miss_mm = 0.5;  ///< root of the mean square over the page
};

faxsim::Values written() {
  faxsim::Values values;
  values.fields["kind"] = {"periodic"};
  values.fields["recurrence"] = {"none"};
  values.fields["outcome"] = {"continuing"};
  values.fields["birth_date"] = {"1950-04-03"};
  values.fields["weight_kg"] = {"55.5"};
  values.mark = faxsim::MarkShape::tick;
  values.shift = ocr::Point{0.5, -0.5};
  values.skew = 0.3;
  values.scale = 1;
  values.stretch = 1;
  return values;
}

faxsim::Job job_of(const Case& test) {
  faxsim::Job job;
  job.quality = Quality::fine;
  job.degrade = Degrade::light;
  job.hand = faxsim::load_hand("strokes");
  job.seed = 17;
  faxsim::Values values = written();
  test.change(job, values);
  job.sheets = {Press::instance().filled(values)};
  return job;
}

double miss_of(const ocr::PageReading& reading, const nlohmann::json& page) {
  const ocr::Transform& t = reading.placed;
  double sum = 0;
  for (const auto& point : page["grid"]) {
    const double x = point[0], y = point[1], px = point[2], py = point[3];
    const double dx = (t.a * x + t.b * y + t.c - px) / reading.quality.dpi_x * 25.4;
    const double dy = (t.d * x + t.e * y + t.f - py) / reading.quality.dpi_y * 25.4;
    sum += dx * dx + dy * dy;
  }
  return std::sqrt(sum / static_cast<double>(page["grid"].size()));
}

void expect_marks(const ocr::PageReading& reading) {
  const auto right = written();
  for (const char* name : {"kind", "recurrence", "outcome"}) {
    const auto field = std::ranges::find(reading.readings, name, &ocr::Reading::field);
    ASSERT_NE(field, reading.readings.end()) << name;
    for (const auto& mark : field->marks) {
      const bool marked = right.fields.find(name)->second.front() == mark.value;
      EXPECT_EQ(mark.state, marked ? ocr::MarkState::marked : ocr::MarkState::empty)
          << name << "=" << mark.value;
    }
  }
}

class HardPage : public testing::TestWithParam<Case> {};

TEST_P(HardPage, IsLaidOutAndRead) {
  faxsim::Faxed faxed = faxsim::fax(job_of(GetParam()));
  GetParam().spoil(faxed.sheets.front());
  const auto reading = Press::instance().read(faxed.sheets.front());
  EXPECT_EQ(reading.codes.size(), 1U);
  ASSERT_EQ(reading.form, "stomach-report");
  EXPECT_LT(miss_of(reading, faxed.truth["pages"][0]), GetParam().miss_mm);
  EXPECT_EQ(reading.serial_print, "");
  expect_marks(reading);
}

const std::vector<Case> spoiled = {
    {"stretched", [](auto&, auto& v) { v.stretch = 1.02; }},
    {"compressed", [](auto&, auto& v) { v.stretch = 0.98; }},
    {"stretched_standard",
     [](auto& job, auto& v) {
       job.quality = Quality::standard;
       v.stretch = 1.015;
     }},
    {"one_anchor_missing", [](auto&, auto& v) { v.hide = {"anchor2"}; }},
    {"anchors_missing_across",
     [](auto&, auto& v) {
       v.hide = {"anchor1", "anchor4"};
     }},
    {"anchors_missing_on_one_side",
     [](auto&, auto& v) {
       v.hide = {"anchor1", "anchor3"};
       v.stretch = 1.015;
     }},
    {"one_tag_one_anchor",
     [](auto&, auto& v) {
       v.hide = {"tag2", "anchor2", "anchor3", "anchor4"};
     }},
    {"edges_clipped", [](auto&, auto&) {}, clip},
    {"holes_punched", [](auto&, auto&) {}, punch},
    {"black_border", [](auto&, auto&) {}, blacken_border},
    {"shrunk", [](auto&, auto& v) { v.scale = 0.82; }},
    {"upside_down", [](auto&, auto& v) { v.rotate = 180; }},
    {"sideways", [](auto&, auto& v) { v.rotate = 90; }},
    {"sideways_left", [](auto&, auto& v) { v.rotate = 270; }},
    {"skewed", [](auto&, auto& v) { v.skew = -2.8; }},
    {"wide_line", [](auto& job, auto&) { job.paper = faxsim::Paper::b4; }},
    {"colour_scan",
     [](auto& job, auto&) {
       job.quality = Quality::scan300;
       job.scan = faxsim::Scan::rgb;
     },
     blacken_border},
    {"grey_scan_clipped", [](auto& job, auto&) { job.quality = Quality::scan300; }, clip},
};
INSTANTIATE_TEST_SUITE_P(Spoiled, HardPage, testing::ValuesIn(spoiled),
                         [](const auto& test) { return test.param.name; });

class BarePage : public testing::TestWithParam<Case> {};

TEST_P(BarePage, IsKnownByItsPrintAndItsSerial) {
  const faxsim::Faxed faxed = faxsim::fax(job_of(GetParam()));
  const auto reading = Press::instance().read(faxed.sheets.front());
  EXPECT_TRUE(reading.codes.empty());
  ASSERT_EQ(reading.form, "stomach-report");
  EXPECT_LT(miss_of(reading, faxed.truth["pages"][0]), GetParam().miss_mm);
  EXPECT_THAT(reading.serial_print, testing::HasSubstr(forms::to_text(Press::serial)));
  expect_marks(reading);
}

const std::vector<ocr::Box> over_codes = {{162, 10, 29, 29}, {19, 258, 29, 29}};

const std::vector<Case> bare = {
    {"blackened", [](auto&, auto& v) { v.blacken = over_codes; }},
    {"blackened_upside_down",
     [](auto&, auto& v) {
       v.blacken = over_codes;
       v.rotate = 180;
     }},
    {"blackened_sideways",
     [](auto&, auto& v) {
       v.blacken = over_codes;
       v.rotate = 90;
     }},
    {"white_upside_down_standard",
     [](auto& job, auto& v) {
       job.quality = Quality::standard;
       v.hide = {"tag1", "tag2"};
       v.rotate = 180;
     }},
    {"with_two_anchors",
     [](auto&, auto& v) {
       v.hide = {"tag1", "tag2", "anchor2", "anchor3"};
       v.rotate = 180;
     }},
    {"filled_boxes_look_like_anchors",
     [](auto&, auto& v) {
       v.hide = {"tag1", "tag2", "anchor1", "anchor4"};
       v.mark = faxsim::MarkShape::fill;
     }},
};
INSTANTIATE_TEST_SUITE_P(Codeless, BarePage, testing::ValuesIn(bare),
                         [](const auto& test) { return test.param.name; });

faxsim::Faxed letter(int rotation) {
  faxsim::Job job;
  job.hand = faxsim::load_hand("strokes");
  job.rotate = rotation;
  const std::string text =
      "診療情報提供書\n\n平素より大変お世話になっております。\n"
      "上記患者様の経過をご報告いたします。\n"
      "腹部超音波検査では、肝臓に明らかな異常を認めませんでした。\n"
      "血液検査の結果は別紙のとおりで、貧血はやや改善しております。\n"
      "食欲は良好で、体重も先月から一キログラム増えました。\n"
      "今後も当院にて外来通院を続けていただく予定です。\n"
      "■ 採血 ■ 画像\n";
  job.sheets = {faxsim::TypedSheet{text}};
  return faxsim::fax(job);
}

TEST(BarePages, TagsAreReadWhereThePrintSaysThatTheyStand) {
  for (const int rotation : {0, 180}) {
    const Case turned{"turned", [&](auto&, auto& values) { values.rotate = rotation; }};
    const faxsim::Faxed faxed = faxsim::fax(job_of(turned));
    const auto reading = Press::instance().read(faxed.sheets.front(), false, ocr::CodeSearch::none);
    ASSERT_EQ(reading.codes.size(), 1U) << rotation;
    EXPECT_EQ(forms::peek(reading.codes.front())->serial, Press::serial);
    EXPECT_EQ(reading.form, "stomach-report");
    expect_marks(reading);
  }
  const auto none = Press::instance().read(letter(0).sheets.front(), false, ocr::CodeSearch::none);
  EXPECT_TRUE(none.codes.empty());
  EXPECT_TRUE(none.form.empty());
}

TEST(BarePages, OthersLettersAreNoForms) {
  const auto reading = Press::instance().read(letter(0).sheets.front());
  EXPECT_TRUE(reading.form.empty());
  EXPECT_TRUE(reading.serial_print.empty());
  EXPECT_FALSE(reading.blank);
}

TEST(BarePages, LettersAreTurnedForTheirWords) {
  for (const int rotation : {0, 90, 180, 270}) {
    const auto reading = Press::instance().read(letter(rotation).sheets.front(), true);
    EXPECT_EQ(reading.quality.rotation, (360 - rotation) % 360);
    EXPECT_FALSE(reading.words.empty());
  }
}

std::string words_on(const ocr::PageReading& reading) {
  std::string all;
  for (const auto& word : reading.words) all += word.text;
  return all;
}

/// The black beyond the edge of the paper and the screen of a picture: a few lines stand beside
/// them.
TEST(Letters, OnAScanWithABlackEdgeAreRead) {
  faxsim::Job job;
  job.hand = faxsim::load_hand("strokes");
  job.sheets = {faxsim::TypedSheet{
      "検査結果報告書\n患者番号　10203250\n氏名　濵田　洋一　様\n検査日　2026年11月10日\n"
      "血圧　128/74 mmHg　　脈拍　72\n腹部平坦・軟、圧痛なし\n処方　継続\n特記事項なし\n"}};
  job.quality = Quality::scan300;
  job.degrade = Degrade::light;
  job.seed = 5;
  auto sheets = faxsim::fax(job).sheets;
  Painter painter(sheets.at(0));
  const double width = painter.width();
  const double height = painter.height();
  const auto black = [&](double x, double y) { return x > width - 5 || y > height - 3; };
  painter.where(black, 0);
  const auto screen = [](double x, double y) {
    const bool inside = x > 125 && x < 170 && y > 155 && y < 208;
    return inside && std::fmod(x, 0.36) < 0.18 && std::fmod(y, 0.36) < 0.18;
  };
  painter.where(screen, 60);
  const auto words = words_on(Press::instance().read(sheets.at(0), true));
  EXPECT_THAT(words, testing::HasSubstr("2026年11月"));
}

/// The sender's machine prints its line level on a letter that lies askew.
TEST(Letters, AskewUnderALevelSendersLineAreRead) {
  faxsim::Job job;
  job.hand = faxsim::load_hand("strokes");
  job.sheets = {faxsim::TypedSheet{
      "診療情報提供書\n患者番号　10208759\n検査日　2026年11月10日\nWBC　5200 /uL　　Hb　13.1 g/dL\n"
      "CRP　0.08 mg/dL\n腹部CTにて肝転移を認め、再発と診断しました。\n"}};
  job.quality = Quality::standard;
  job.degrade = Degrade::normal;
  job.tti = true;
  for (const int seed : {4, 12}) {  // they lie askew by more than half a degree
    job.seed = static_cast<std::uint64_t>(seed);
    const auto reading = Press::instance().read(faxsim::fax(job).sheets.at(0), true);
    EXPECT_THAT(words_on(reading), testing::HasSubstr("10208759")) << seed;
  }
}

/// The page cut to 5 mm above its first and below its last ink.
void crop(faxsim::Sheet& sheet) {
  const auto width = static_cast<std::size_t>(sheet.width);
  const auto row_of = [&](const auto& sample) {
    return static_cast<std::size_t>(&*sample - sheet.samples.data()) / width;
  };
  const auto first = row_of(std::ranges::find(sheet.samples, 0));
  const auto last = row_of(std::ranges::find(sheet.samples.rbegin(), sheet.samples.rend(), 0));
  const auto margin = static_cast<std::size_t>(5 * sheet.dpi_y / 25.4);
  const auto from = sheet.samples.begin() + static_cast<std::ptrdiff_t>((first - margin) * width);
  sheet.samples = {from, from + static_cast<std::ptrdiff_t>((last - first + 2 * margin) * width)};
  sheet.height = static_cast<int>(sheet.samples.size() / width);
}

/// A line at the edge that no sender's machine printed is the letter's own, and may stand on its
/// head.
TEST(Letters, ALineAtTheEdgeIsReadWithTheLetter) {
  faxsim::Job job;
  job.hand = faxsim::load_hand("strokes");
  constexpr int lines = 9;
  std::string text;
  for (int i = 0; i < lines; ++i)
    text += "平素より大変お世話になっております。経過をご報告します。\n";
  job.sheets = {faxsim::TypedSheet{text}};
  job.degrade = Degrade::none;
  for (const bool on_its_head : {false, true}) {
    auto sheet = faxsim::fax(job).sheets.at(0);
    crop(sheet);
    if (on_its_head) std::ranges::reverse(sheet.samples);
    const auto words = words_on(Press::instance().read(sheet, true));
    int read = 0;
    for (auto at = words.find("経過を"); at != words.npos; at = words.find("経過を", at + 1))
      ++read;
    EXPECT_EQ(read, lines) << words;
  }
}

}  // namespace
