#include "forms/sheet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "forms/print.hpp"
#include "forms/text_width.hpp"

namespace {

const forms::Catalogue& ours() {
  static const auto catalogue =
      forms::Catalogue::load(std::filesystem::path(RENKEI_SOURCE_DIR) / "forms" / "definitions");
  return catalogue;
}

std::vector<forms::Catalogue::Entry> entries() {
  return ours().all();
}

bool apart(const ocr::Box& one, const ocr::Box& other, double clear = 0) {
  return one.right() + clear <= other.x || other.right() + clear <= one.x ||
         one.bottom() + clear <= other.y || other.bottom() + clear <= one.y;
}

/// Every box that is written into.
std::vector<ocr::Box> targets(const ocr::Field& field) {
  std::vector<ocr::Box> boxes;
  const auto add = [&](const std::vector<ocr::Box>& more) {
    boxes.insert(boxes.end(), more.begin(), more.end());
  };
  if (const auto* choice = std::get_if<ocr::ChoiceField>(&field.kind)) {
    for (const auto& option : choice->options) boxes.push_back(option.box);
  } else if (const auto* number = std::get_if<ocr::NumberField>(&field.kind)) {
    add(number->cells);
  } else if (const auto* date = std::get_if<ocr::DateField>(&field.kind)) {
    for (const auto& era : date->eras) boxes.push_back(era.box);
    add(date->year);
    add(date->month);
    add(date->day);
  } else if (const auto* text = std::get_if<ocr::TextField>(&field.kind)) {
    boxes.push_back(text->box);
  } else if (const auto* ink = std::get_if<ocr::InkField>(&field.kind)) {
    boxes.push_back(ink->box);
  }
  return boxes;
}

/// All print: words, pictures, lines.
std::vector<ocr::Box> ink(const ocr::PageLayout& page) {
  auto boxes = page.print;
  for (const auto& rule : page.rules) {
    boxes.push_back({std::min(rule.from.x, rule.to.x) - rule.width / 2,
                     std::min(rule.from.y, rule.to.y) - rule.width / 2,
                     std::abs(rule.to.x - rule.from.x) + rule.width,
                     std::abs(rule.to.y - rule.from.y) + rule.width});
  }
  return boxes;
}

class EverySheet : public testing::TestWithParam<forms::Catalogue::Entry> {};

TEST_P(EverySheet, IsOnePageOfA4) {
  ASSERT_EQ(GetParam().layout.pages.size(), 1U);
  const auto& page = GetParam().layout.pages.front();
  EXPECT_EQ(page.width, 210);
  EXPECT_EQ(page.height, 297);
  EXPECT_EQ(page.tags.size(), 2U);
  EXPECT_EQ(page.serials.size(), 2U);
  EXPECT_EQ(page.anchors.size(), 4U);
  EXPECT_EQ(page.fields.size(), GetParam().definition.fields.size());
}

TEST_P(EverySheet, LeavesTheOuterTenMillimetresFree) {
  for (const auto& box : ink(GetParam().layout.pages.front())) {
    EXPECT_TRUE(box.x >= 10 && box.y >= 10 && box.right() <= 200 && box.bottom() <= 287)
        << box.x << ' ' << box.y;
  }
}

TEST_P(EverySheet, KeepsTagsAndAnchorsClear) {
  const auto& page = GetParam().layout.pages.front();
  for (const auto& tag : page.tags) {
    EXPECT_GE(tag.width, 25);
    const double quiet = 4 * tag.width / 29;
    for (const auto& box : ink(page)) {
      if (box == tag) continue;
      EXPECT_TRUE(apart(box, tag, quiet)) << box.x << ' ' << box.y;
    }
  }
  for (const auto& at : page.anchors) {
    const double half = page.anchor_size / 2;
    const ocr::Box anchor{at.x - half, at.y - half, 2 * half, 2 * half};
    for (const auto& box : ink(page)) {
      if (box == anchor) continue;
      EXPECT_TRUE(apart(box, anchor, 3)) << box.x << ' ' << box.y;
    }
  }
}

TEST_P(EverySheet, HasTargetsBigEnoughAndApart) {
  const auto& page = GetParam().layout.pages.front();
  std::vector<ocr::Box> all;
  for (const auto& field : page.fields) {
    for (const auto& box : targets(field)) {
      EXPECT_TRUE(box.x >= field.box.x && box.right() <= field.box.right() &&
                  box.y >= field.box.y && box.bottom() <= field.box.bottom())
          << field.name;
      EXPECT_FALSE(apart(box, field.box)) << field.name;
      for (const auto& other : all) EXPECT_TRUE(apart(box, other, 0.9)) << field.name;
      all.push_back(box);
    }
    if (const auto* choice = std::get_if<ocr::ChoiceField>(&field.kind)) {
      for (const auto& option : choice->options) {
        EXPECT_GE(option.box.width, 4) << field.name;
        EXPECT_GE(option.box.height, 3.5) << field.name;
      }
    } else if (const auto* number = std::get_if<ocr::NumberField>(&field.kind)) {
      for (const auto& cell : number->cells) EXPECT_GE(cell.width, 6) << field.name;
    } else if (const auto* text = std::get_if<ocr::TextField>(&field.kind)) {
      EXPECT_GE(text->box.width, 170);
      EXPECT_GE(text->box.height, 25);
    } else if (const auto* seal = std::get_if<ocr::InkField>(&field.kind)) {
      EXPECT_GE(seal->box.width, 14);
    }
  }
}

TEST_P(EverySheet, PrintsNothingWhereOneWrites) {
  const auto& page = GetParam().layout.pages.front();
  for (const auto& field : page.fields) {
    for (const auto& box : targets(field)) {
      for (const auto& print : page.print) {
        if (print == box) continue;  // a word to be circled
        EXPECT_TRUE(apart(print, box)) << field.name << ' ' << print.x << ' ' << print.y;
      }
    }
  }
}

TEST_P(EverySheet, GivesFieldsTheirOwnGround) {
  const auto& fields = GetParam().layout.pages.front().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_TRUE(apart(fields[i].box, fields[j].box)) << fields[i].name << ' ' << fields[j].name;
    }
  }
}

TEST_P(EverySheet, IsLaidOutTheSameEveryTime) {
  const auto again = forms::compose(GetParam().definition);
  EXPECT_EQ(forms::geometry_hash(again.layout), forms::geometry_hash(GetParam().layout));
}

TEST_P(EverySheet, TellsItsLayoutAsJson) {
  const auto json = forms::layout_json(GetParam().layout, {1});
  EXPECT_EQ(json["form"], GetParam().definition.form);
  EXPECT_EQ(json["serial"], "00000-00012");
  EXPECT_EQ(json["pages"][0]["size"], (nlohmann::json{210, 297}));
  EXPECT_EQ(json["pages"][0]["tags"][0]["box"].size(), 4U);
  EXPECT_EQ(json["pages"][0]["anchors"][0].size(), 2U);
  EXPECT_EQ(json["pages"][0]["fields"].size(), GetParam().definition.fields.size());
}

std::string test_name(const testing::TestParamInfo<forms::Catalogue::Entry>& info) {
  auto name = info.param.definition.form;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Definitions, EverySheet, testing::ValuesIn(entries()), test_name);

nlohmann::json field(const nlohmann::json& layout, const std::string& name) {
  for (const auto& field : layout["pages"][0]["fields"]) {
    if (field["name"] == name) return field;
  }
  return {};
}

TEST(LayoutJson, SaysWhatTheContractSays) {
  const auto json = forms::layout_json(*ours().report_for("colorectal"), {1});
  const auto kind = field(json, "kind");
  EXPECT_EQ(kind["type"], "choice");
  EXPECT_EQ(kind["options"][0]["value"], "periodic");
  EXPECT_EQ(kind["options"][0]["box"].size(), 4U);
  EXPECT_FALSE(kind["options"][0].contains("mark"));

  const auto visit = field(json, "visit_date");
  EXPECT_EQ(visit["type"], "date");
  EXPECT_EQ(visit["parts"]["era"]["value"], "reiwa");
  EXPECT_EQ(visit["parts"]["year"].size(), 2U);
  EXPECT_EQ(visit["parts"]["day"].size(), 2U);

  const auto birth = field(json, "birth_date");
  EXPECT_EQ(birth["parts"]["era"]["options"][1]["value"], "showa");
  EXPECT_EQ(birth["parts"]["era"]["options"][1]["mark"], "circle");

  EXPECT_FALSE(field(json, "next_visit")["parts"].contains("day"));

  const auto cea = field(json, "cea");
  EXPECT_EQ(cea["type"], "number");
  EXPECT_EQ(cea["unit"], "ng/mL");
  EXPECT_EQ(cea["cells"].size(), 5U);
  EXPECT_EQ(cea["point_after"], 4);

  EXPECT_EQ(field(json, "recurrence_site")["several"], true);
  EXPECT_EQ(field(json, "comment")["type"], "text");
  EXPECT_EQ(field(json, "seal")["type"], "ink");
}

TEST(GeometryHash, ChangesWithEverything) {
  auto layout = ours().report_for("lung")->layout;
  const auto hash = forms::geometry_hash(layout);
  EXPECT_EQ(hash.size(), 64U);
  auto& page = layout.pages.front();
  page.fields.front().box.x += 0.01;
  EXPECT_NE(forms::geometry_hash(layout), hash);
  page.fields.front().box.x = ours().report_for("lung")->layout.pages[0].fields[0].box.x;
  EXPECT_EQ(forms::geometry_hash(layout), hash);
  page.rules.pop_back();
  EXPECT_NE(forms::geometry_hash(layout), hash);
}

TEST(TextWidth, CountsJapaneseAsOneEm) {
  EXPECT_DOUBLE_EQ(forms::text_width("再発", 3), 6);
  EXPECT_DOUBLE_EQ(forms::text_width("ｶﾅ", 3), 3);
  EXPECT_DOUBLE_EQ(forms::text_width("", 3), 0);
  EXPECT_LT(forms::text_width("CEA", 3), 9);
}

TEST(TextWidth, WrapsIntoEvenLines) {
  EXPECT_THAT(forms::wrapped("大腸内視鏡", 3, 20), testing::ElementsAre("大腸内視鏡"));
  EXPECT_THAT(forms::wrapped("大腸内視鏡", 3, 12.5), testing::ElementsAre("大腸内", "視鏡"));
  EXPECT_THAT(forms::wrapped("胸部CT", 3, 7), testing::ElementsAre("胸部", "CT"));
}

}  // namespace
