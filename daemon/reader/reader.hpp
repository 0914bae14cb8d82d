#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "forms/definition.hpp"
#include "ocr/reading.hpp"

/// The confined child that opens untrusted files. `renkei-reader` loads the models once and forks
/// one child a document; nothing a child says is trusted. The protocol: docs/reader.md.
namespace reader {

struct Settings {
  std::filesystem::path program;   ///< renkei-reader
  std::filesystem::path forms;     ///< folder of definitions
  std::filesystem::path model;     ///< digit network, ONNX
  std::filesystem::path tessdata;  ///< may be empty
  std::chrono::seconds wall{60};   ///< for one document
  std::chrono::seconds wall_a_page{
      20};  ///< and for each page on top, where text is read or pages drawn
  std::uint64_t memory =
      320u << 20;  ///< bytes a child may map beyond the warm parent, which has about 75 MB
  std::uint64_t answer = 64u << 20;  ///< bytes a child may answer
};

enum class Ending : std::uint8_t {
  answered,
  crashed,  ///< died, was killed by a rule, or answered nonsense
  timed_out,
};

/// How the first look comes to know a page's tags.
enum class Codes : std::uint8_t {
  searched,  ///< all over the page
  by_print,  ///< read where the print of a form says that they stand: for a file on which the
             ///< search died. A second tag elsewhere on the page would not be seen.
};

struct Look {
  Ending ending = Ending::answered;
  Codes codes = Codes::searched;
  ocr::DocumentReading reading;
  std::string detail;  ///< how it ended, for the log
};

/// Pictures of pages, PNG, in page order.
struct Pictures {
  Ending ending = Ending::answered;
  std::vector<std::vector<std::uint8_t>> png;
  std::string detail;
};

/// One warm parent. Not thread-safe: one each worker. Throws std::system_error when the machine
/// refuses (no process, no descriptor), std::runtime_error when renkei-reader cannot load its
/// models; a warm parent that died is started anew. Each call tries once: a second try is the
/// caller's.
class Reader {
public:
  explicit Reader(Settings settings);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// First look: everything but text. `descriptor` is the archived file, read-only, still the
  /// caller's.
  [[nodiscard]] Look read(int descriptor, Codes codes = Codes::searched);

  /// Second look: the text of what `first` found, and the page pictures. Never before the flags are
  /// out. The answer is `first` with words added; nothing else that the child says is taken over.
  [[nodiscard]] Look read_text(int descriptor, const ocr::DocumentReading& first);
  [[nodiscard]] Pictures draw(int descriptor, const ocr::DocumentReading& first);

  /// Peak resident memory of the last child, bytes.
  [[nodiscard]] std::uint64_t peak_memory() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reader
