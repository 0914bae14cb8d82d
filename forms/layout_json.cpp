#include <sodium.h>

#include <array>
#include <nlohmann/json.hpp>

#include "forms/print.hpp"
#include "forms/sheet.hpp"

namespace forms {
namespace {

using Json = nlohmann::ordered_json;

Json box_json(const ocr::Box& box) {
  return {box.x, box.y, box.width, box.height};
}

Json boxes_json(const std::vector<ocr::Box>& boxes) {
  Json list = Json::array();
  for (const auto& box : boxes) list.push_back(box_json(box));
  return list;
}

Json options_json(const std::vector<ocr::Option>& options) {
  Json list = Json::array();
  for (const auto& option : options) {
    Json one{{"value", option.value}, {"box", box_json(option.box)}};
    if (option.mark == ocr::MarkStyle::circle) one["mark"] = "circle";
    list.push_back(std::move(one));
  }
  return list;
}

/// Adds what is particular to each kind of field.
struct KindJson {
  Json& out;

  void operator()(const ocr::ChoiceField& choice) const {
    out["type"] = "choice";
    if (choice.several) out["several"] = true;
    out["options"] = options_json(choice.options);
  }
  void operator()(const ocr::NumberField& number) const {
    out["type"] = "number";
    out["cells"] = boxes_json(number.cells);
    if (number.point_after > 0) out["point_after"] = number.point_after;
  }
  void operator()(const ocr::DateField& date) const {
    out["type"] = "date";
    Json& parts = out["parts"];
    if (date.eras.empty()) {
      parts["era"] = {{"value", date.era}};
    } else {
      parts["era"] = {{"options", options_json(date.eras)}};
    }
    parts["year"] = boxes_json(date.year);
    parts["month"] = boxes_json(date.month);
    if (!date.day.empty()) parts["day"] = boxes_json(date.day);
  }
  void operator()(const ocr::TextField& text) const {
    out["type"] = "text";
    out["box"] = box_json(text.box);
  }
  void operator()(const ocr::InkField& ink) const {
    out["type"] = "ink";
    out["box"] = box_json(ink.box);
  }
};

Json field_json(const ocr::Field& field, const Definition* definition) {
  Json out{{"name", field.name}};
  std::visit(KindJson{out}, field.kind);
  out["area"] = box_json(field.box);
  const auto* defined = definition == nullptr ? nullptr : definition->find(field.name);
  if (defined != nullptr && !defined->unit.empty()) out["unit"] = defined->unit;
  return out;
}

Json page_json(const ocr::PageLayout& page, const Definition* definition) {
  Json out{{"number", page.number}, {"size", {page.width, page.height}}};
  out["tags"] = Json::array();
  for (const auto& tag : page.tags) out["tags"].push_back({{"box", box_json(tag)}});
  out["anchors"] = Json::array();
  for (const auto& anchor : page.anchors) out["anchors"].push_back({anchor.x, anchor.y});
  out["anchor_size"] = page.anchor_size;
  out["serials"] = boxes_json(page.serials);
  out["fields"] = Json::array();
  for (const auto& field : page.fields) out["fields"].push_back(field_json(field, definition));
  out["rules"] = Json::array();
  for (const auto& rule : page.rules) {
    out["rules"].push_back({rule.from.x, rule.from.y, rule.to.x, rule.to.y, rule.width});
  }
  out["print"] = boxes_json(page.print);
  return out;
}

Json whole_json(const ocr::Layout& layout, const Definition* definition) {
  Json out{{"form", layout.form}, {"version", layout.version}, {"pages", Json::array()}};
  for (const auto& page : layout.pages) out["pages"].push_back(page_json(page, definition));
  return out;
}

}  // namespace

nlohmann::json layout_json(const ocr::Layout& layout, Serial serial) {
  nlohmann::json out = whole_json(layout, nullptr);
  out["serial"] = to_text(serial);
  return out;
}

nlohmann::json layout_json(const Catalogue::Entry& form, Serial serial) {
  nlohmann::json out = whole_json(form.layout, &form.definition);
  out["serial"] = to_text(serial);
  return out;
}

std::string geometry_hash(const ocr::Layout& layout) {
  const std::string text = whole_json(layout, nullptr).dump();
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::string hex(2 * hash.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  hex.pop_back();
  return hex;
}

}  // namespace forms
