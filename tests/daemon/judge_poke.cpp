#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "forms/rules/judge.hpp"
#include "forms/tag.hpp"
#include "ocr/document.hpp"
#include "ocr/engine.hpp"

/// Reads files and says what they would be filed as: judge_poke DEFINITIONS MODEL FILE...
/// Beside each FILE may lie FILE.truth.json, field to value as faxsim writes it; what differs is
/// counted.
namespace {

using namespace std::chrono_literals;

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

struct Counts {
  int fields = 0, accepted = 0, misread = 0, doubtful = 0;
  int forms = 0, agreed = 0, urgent = 0;
};

std::string as_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.is_null() ? "" : value.dump();
  std::string all;
  for (const auto& each : value) all += (all.empty() ? "" : ",") + as_text(each);
  return all;
}

void compare(const forms::Answer& answer, const std::string& truth, Counts& counts) {
  ++counts.fields;
  const bool taken =
      answer.state == forms::AnswerState::accepted || answer.state == forms::AnswerState::blank;
  counts.accepted += taken ? 1 : 0;
  counts.doubtful += taken ? 0 : 1;
  const bool wrong = taken && answer.value() != truth;
  counts.misread += wrong ? 1 : 0;
  if (wrong || !taken) {
    fmt::print("  {} {}: {} '{}' {} {:.5f}, written '{}'\n", wrong ? "MISREAD" : "doubt",
               answer.field, forms::to_text(answer.state), answer.value(), answer.doubt,
               answer.confidence, truth);
  }
}

void judge_page(const forms::Definition& definition, const ocr::PageReading& page,
                const nlohmann::json& truth, Counts& counts) {
  const forms::Date today = 2026y / 11 / 30;
  const auto form = forms::fill(definition, {&page}, {today, 2020y / 1 / 1, {}});
  ++counts.forms;
  for (const auto& field : definition.fields) {
    const bool marks_only =
        field.kind == forms::FieldKind::text || field.kind == forms::FieldKind::ink;
    if (truth.is_null() || marks_only) continue;
    compare(*form.find(field.name), truth.contains(field.name) ? as_text(truth[field.name]) : "",
            counts);
  }
  for (const auto& reading : page.readings) {
    if (reading.field != "birth_date" || !truth.contains("birth_date")) continue;
    const std::string born = as_text(truth["birth_date"]);
    const forms::Date date{std::chrono::year{std::stoi(born.substr(0, 4))},
                           std::chrono::month{static_cast<unsigned>(std::stoi(born.substr(5, 2)))},
                           std::chrono::day{static_cast<unsigned>(std::stoi(born.substr(8, 2)))}};
    const auto& field = *definition.find("birth_date");
    const auto test = forms::test_birth_date(field, reading, date);
    const bool agrees = forms::birth_date_agrees(field, &reading, date) == forms::Agreement::agrees;
    counts.agreed += agrees ? 1 : 0;
    if (!agrees) {
      fmt::print("  birth date held: legible {} least {:.4f} margin {:.3g} against {:.3f}\n",
                 test.legible, test.least_digit, test.margin, test.contradiction);
    }
  }
  bool urgent = false;
  for (const auto& finding : forms::rules::judge(form, definition, {today, {}, {}, {}})) {
    urgent |= finding.severity == forms::rules::Severity::urgent;
    std::string evidence;
    for (const auto& each : finding.evidence) evidence += ' ' + each;
    fmt::print("  {} {} ({}:{})\n", forms::rules::to_text(finding.severity),
               forms::rules::to_text(finding.kind), finding.reason, evidence);
  }
  counts.urgent += urgent ? 1 : 0;
}

nlohmann::json truth_of(const std::filesystem::path& file) {
  std::ifstream in(file.string() + ".truth.json");
  return in ? nlohmann::json::parse(in) : nlohmann::json();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    fmt::print(stderr, "judge_poke DEFINITIONS MODEL FILE...\n");
    return 2;
  }
  const auto catalogue = forms::Catalogue::load(argv[1]);
  ocr::Engine engine({argv[2], {}});
  const ocr::FindForm find =
      [&](std::span<const std::uint8_t> code) -> std::optional<ocr::FormPage> {
    const auto tag = forms::peek(code);
    const auto* entry = tag ? catalogue.find(tag->form, tag->version) : nullptr;
    if (entry == nullptr) return std::nullopt;
    return ocr::FormPage{&entry->layout, tag->page};
  };
  Counts counts;
  for (int i = 3; i < argc; ++i) {
    fmt::print("{}\n", argv[i]);
    const auto bytes = bytes_of(argv[i]);
    const auto document = ocr::open(bytes);
    for (int number = 1; number <= document->pages(); ++number) {
      const auto page = engine.read(document->page(number), find);
      const auto* entry = catalogue.find(page.form, page.version);
      if (entry == nullptr) {
        fmt::print("  page {}: {} codes, no form\n", number, page.codes.size());
        continue;
      }
      judge_page(entry->definition, page, truth_of(argv[i]), counts);
    }
  }
  fmt::print(
      "{} forms: birth date agreed {}, urgent {}; {} fields: {} accepted or blank, {} of them "
      "misread, {} doubtful\n",
      counts.forms, counts.agreed, counts.urgent, counts.fields, counts.accepted, counts.misread,
      counts.doubtful);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
