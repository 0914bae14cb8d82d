#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/safety_plan.hpp"
#include "ocr/engine.hpp"

/// From a planned document to what the reader says of it.
namespace bench::safety {

/// The file and what the two looks saw in it.
struct Arrived {
  std::string sha256;
  std::size_t bytes = 0;
  ocr::DocumentReading first;
  ocr::DocumentReading words;  ///< `first` with the text of its pages
  /// The reader died while it searched for codes, and read it `by_print`.
  reader::Codes codes = reader::Codes::searched;
  bool crashed = false;  ///< the reader died of it both ways: nothing was read
};

/// The hospital's printer, the clinics' pens and fax machines, and the reader. Not thread-safe.
class Press {
public:
  struct Files {
    std::filesystem::path folder;  ///< for PDF files that are gone again
    std::filesystem::path model;
    std::string hand;
  };
  Press(const forms::Catalogue& catalogue, const forms::TagKeys& keys, const Plan& plan,
        Files files);

  [[nodiscard]] std::vector<std::uint8_t> fax(const Document& document);
  [[nodiscard]] Arrived read(const std::vector<std::uint8_t>& bytes,
                             reader::Codes codes = reader::Codes::searched);

private:
  [[nodiscard]] std::shared_ptr<const faxsim::Blank> print(const Form& form);
  [[nodiscard]] std::shared_ptr<const faxsim::Blank> paper_of(const Filled& filled);
  [[nodiscard]] forms::Letterhead head_of(const Form& form) const;

  const forms::Catalogue& catalogue_;
  const forms::TagKeys& keys_;
  const Plan& plan_;
  Files files_;
  ocr::Engine engine_;
  std::shared_ptr<const faxsim::HandSource> hand_;
  std::vector<ocr::FormPage> forms_;
  /// Of each form one copy: what stands among the fields is the same on all.
  std::map<const forms::Catalogue::Entry*, std::shared_ptr<const faxsim::Blank>> printed_;
};

}  // namespace bench::safety
