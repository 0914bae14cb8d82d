#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "forms/print.hpp"

/// Prints a made-up form and pathway sheet of each disease, with their layouts, to look at and
/// to feed to faxsim: print_poke DEFINITIONS OUT. The key is no secret: 32 bytes of 0x42.
namespace {

using namespace std::chrono_literals;

forms::Letterhead made_up() {
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
  head.started_on = 2026y / 5 / 20;
  head.visit = 2026y / 11 / 20;
  return head;
}

void print(const forms::Catalogue::Entry& entry, const forms::Copy& copy,
           const std::filesystem::path& out) {
  forms::TagKeys::Key key{};
  key.fill(0x42);
  const forms::TagKeys keys({{1, key}});
  const auto pdf = out / (entry.definition.form + ".pdf");
  if (entry.definition.sheet) {
    forms::print_pathway_sheet(entry, copy, keys, pdf);
  } else {
    forms::print_report(entry, {copy}, keys, pdf);
  }
  std::ofstream json(out / (entry.definition.form + ".json"));
  json << forms::layout_json(entry, copy.serial).dump(1) << '\n';
  std::cout << pdf.string() << ' ' << forms::to_text(copy.serial) << ' '
            << entry.layout.pages.size() << " page(s)\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("print_poke DEFINITIONS OUT\n", stderr);
    return 2;
  }
  try {
    const std::filesystem::path out = argv[2];
    std::filesystem::create_directories(out);
    const auto catalogue = forms::Catalogue::load(argv[1]);
    std::uint64_t serial = 8'123'456'789'012;
    for (const auto& entry : catalogue.all()) print(entry, {{serial += 7919}, made_up()}, out);
  } catch (const std::exception& fault) {
    std::cerr << fault.what() << '\n';
    return 1;
  }
}
