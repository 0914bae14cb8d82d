#include "bench/reliability.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace bench {
namespace {

using forms::FieldKind;

constexpr std::array bins = {0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995};

bool of_digits(const Said& said) {
  return said.kind == FieldKind::number || said.kind == FieldKind::date ||
         said.kind == FieldKind::month;
}

struct Bin {
  long answers = 0, right = 0;
  double sum = 0;
};

void print_bins(const char* what, const std::vector<Said>& said, bool digits) {
  std::array<Bin, bins.size()> counts{};
  for (const Said& each : said) {
    if (of_digits(each) != digits || (!digits && each.kind != FieldKind::choice)) continue;
    std::size_t at = bins.size() - 1;
    while (at > 0 && each.confidence < bins[at]) --at;
    ++counts[at].answers;
    counts[at].right += each.right ? 1 : 0;
    counts[at].sum += each.confidence;
  }
  fmt::print("reliability of {}: confidence said, answers, mean said, right\n", what);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const Bin& bin = counts[i];
    if (bin.answers == 0) continue;
    const double top = i + 1 < bins.size() ? bins[i + 1] : 1;
    fmt::print("  {:.4f}-{:.4f} {:>7} {:>8.3f}% {:>8.3f}%\n", bins[i], top, bin.answers,
               100 * bin.sum / static_cast<double>(bin.answers),
               100 * static_cast<double>(bin.right) / static_cast<double>(bin.answers));
  }
}

}  // namespace

void print_reliability(const std::vector<Said>& said) {
  print_bins("numbers and dates", said, true);
  print_bins("choices", said, false);
}

AnswerFile::AnswerFile(const std::string& path) : file_(std::fopen(path.c_str(), "w")) {
  if (!file_) throw std::runtime_error("cannot write " + path);
}

void AnswerFile::add(const std::string& page, const std::vector<Said>& said) {
  for (const Said& each : said) {
    fmt::print(file_.get(), "{};{};{};{:.6f};{};{}\n", page, each.field,
               static_cast<int>(each.kind), each.confidence, each.right ? 1 : 0, each.doubt);
  }
}

}  // namespace bench
