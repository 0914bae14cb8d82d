#include "daemon/reader/reader.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <memory>

#include "daemon/reader/descriptor.hpp"
#include "temp_dir.hpp"

namespace {

using namespace std::chrono_literals;
using reader::Ending;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  const auto task = "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent);
  std::ifstream in(task + "/children");
  for (pid_t each = 0; in >> each;) found.push_back(each);
  return found;
}

class ReaderTest : public testing::Test {
protected:
  explicit ReaderTest() {
    settings.program = READER_DOUBLE;
    settings.wall = 20s;
    settings.memory = 256U << 20;
    settings.answer = 2U << 20;
    reader = std::make_unique<reader::Reader>(settings);
  }

  reader::Descriptor document(const std::string& text) {
    const auto path = folder / "document";
    std::ofstream(path) << text;
    return reader::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  reader::Look read(const std::string& text) { return reader->read(document(text).get()); }
  void restart() { reader = std::make_unique<reader::Reader>(settings); }

  /// The service lives, and the next document is read.
  void expect_alive() {
    const auto look = read("hello");
    EXPECT_EQ(look.ending, Ending::answered) << look.detail;
    EXPECT_EQ(look.reading.detail, "hello");
    EXPECT_THAT(look.reading.pages, SizeIs(2));
  }

  tests::TempDir folder;
  reader::Settings settings;
  std::unique_ptr<reader::Reader> reader;
};

TEST_F(ReaderTest, Answers) {
  expect_alive();
  EXPECT_GT(reader->peak_memory(), 1U << 20);
  EXPECT_LT(reader->peak_memory(), 400U << 20);
  EXPECT_EQ(read("").ending, Ending::answered);
}

TEST_F(ReaderTest, ACrashCostsOneDocument) {
  const std::tuple<const char*, const char*> cases[] = {
      {"abort", "killed"},
      {"crash", "SIGSEGV"},
      {"exit", "status 7"},
      {"exit-clean", "no sense"},
      {"nothing", "no sense"},
      {"garbage", "no sense"},
      {"wrong-kind", "no sense"},
      {"answer-then-crash", "SIGSEGV"},
      {"too-long", "more than it may"},
      {"long-then-hang", "more than it may"},
      {"throw", "status 1: patient?[2J ?says no"},
  };
  for (const auto& [order, detail] : cases) {
    SCOPED_TRACE(order);
    const auto look = read(order);
    EXPECT_EQ(look.ending, Ending::crashed);
    // The sanitizer's runtime catches a bad address itself and ends with a status of its own.
    if (!sanitized || std::string(detail) != "SIGSEGV") {
      EXPECT_THAT(look.detail, HasSubstr(detail));
    }
    EXPECT_THAT(look.reading.pages, IsEmpty());
    expect_alive();
  }
}

TEST_F(ReaderTest, AMemoryBombStaysInTheChild) {
  if (sanitized) GTEST_SKIP() << "the sanitizer's shadow memory knows no limit";
  for (const char* order : {"memory-bomb", "malloc-bomb"}) {
    SCOPED_TRACE(order);
    EXPECT_EQ(read(order).ending, Ending::crashed);
    EXPECT_LT(reader->peak_memory(), settings.memory + (64U << 20));
    expect_alive();
  }
}

TEST_F(ReaderTest, AHangIsEnded) {
  settings.wall = 2s;  // and yet enough for the next document on a busy machine
  restart();
  for (const char* order : {"hang", "close-then-hang"}) {
    SCOPED_TRACE(order);
    const auto look = read(order);
    EXPECT_EQ(look.ending, Ending::timed_out);
    EXPECT_THAT(look.detail, HasSubstr("longer than it may"));
    expect_alive();
  }
}

/// Each of these would be a way out. The child is killed for it, or is told no.
TEST_F(ReaderTest, TheWallsHold) {
  for (const char* order :
       {"openat2", "unlink", "socket", "connect", "exec", "fork", "clone3", "kill", "ptrace",
        "io_uring", "memory-that-runs", "make-it-run", "memfd", "dup", "setuid", "mount", "bpf"}) {
    SCOPED_TRACE(order);
    const auto look = read(order);
    EXPECT_EQ(look.ending, Ending::crashed) << look.reading.detail;
    EXPECT_THAT(look.detail, HasSubstr("forbidden"));
    expect_alive();
  }
  for (const char* order : {"open", "open-raw", "create", "stat"}) {
    SCOPED_TRACE(order);
    const auto look = read(order);
    EXPECT_EQ(look.ending, Ending::answered) << look.detail;
    EXPECT_EQ(look.reading.detail, "survived with errno " + std::to_string(EACCES));
    expect_alive();
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/renkei-escaped"));
}

TEST_F(ReaderTest, TheSecondLookOnlyAddsWords) {
  auto first = read("hello").reading;
  first.pages[0].form = "colorectal-report";
  first.pages[0].version = first.pages[0].form_page = 1;
  first.pages[0].codes = {{9, 9}};

  for (const char* order : {"honest", "forge"}) {
    SCOPED_TRACE(order);
    const auto look = reader->read_text(document(order).get(), first);
    ASSERT_EQ(look.ending, Ending::answered) << look.detail;
    ASSERT_THAT(look.reading.pages, SizeIs(2));
    EXPECT_EQ(look.reading.pages[0].codes, first.pages[0].codes);
    EXPECT_EQ(look.reading.pages[0].form, "colorectal-report");
    EXPECT_EQ(look.reading.pages[1].form, "");
    ASSERT_THAT(look.reading.pages[1].words, SizeIs(1));
    EXPECT_EQ(look.reading.pages[1].words[0].text, "再発");
  }
  EXPECT_EQ(reader->read_text(document("other-pages").get(), first).ending, Ending::crashed);
  EXPECT_EQ(reader->draw(document("honest").get(), first).ending, Ending::crashed);
  expect_alive();
}

TEST_F(ReaderTest, ADeadWarmParentIsStartedAnew) {
  const auto before = children_of(::getpid());
  ASSERT_THAT(before, SizeIs(1));
  ASSERT_EQ(::kill(before[0], SIGKILL), 0);
  expect_alive();
  const auto after = children_of(::getpid());
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_NE(before, after);
}

TEST_F(ReaderTest, LeavesNoProcessBehind) {
  EXPECT_EQ(read("crash").ending, Ending::crashed);
  const auto warm = children_of(::getpid());
  ASSERT_THAT(warm, SizeIs(1));
  EXPECT_THAT(children_of(warm[0]), IsEmpty());
  reader.reset();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(ReaderTest, AStopOfTheServiceIsNoCrash) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    ::kill(children_of(::getpid()).at(0), signal);
    expect_alive();
  }
}

TEST(ReaderStart, SaysWhatIsWrong) {
  reader::Settings settings;
  settings.program = "/nonexistent/renkei-reader";
  EXPECT_THROW(reader::Reader{settings}, std::system_error);
  settings.program = "/bin/true";
  EXPECT_THROW(reader::Reader{settings}, std::runtime_error);
}

/// The real renkei-reader with its models, behind the same walls.
class RealReader : public testing::Test {
protected:
  RealReader() {
    settings.program = READER;
    settings.forms = RENKEI_SOURCE_DIR "/forms/definitions";
    settings.model = RENKEI_SOURCE_DIR "/ocr/digits/digits.onnx";
    if (sanitized) settings.wall = 10min;  // it is slow
  }
  reader::Descriptor document(const std::string& bytes) {
    std::ofstream(folder / "document", std::ios::binary) << bytes;
    return reader::Descriptor(::open((folder / "document").c_str(), O_RDONLY | O_CLOEXEC));
  }

  tests::TempDir folder;
  reader::Settings settings;
};

std::string little(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

/// Bare TIFF of one white bilevel page, 200 dpi by default.
std::string white_page(std::uint32_t width, std::uint32_t height) {
  const auto bytes = (width + 7) / 8 * height;
  const std::pair<std::uint32_t, std::uint32_t> entries[] = {
      {256, width}, {257, height}, {258, 1},      {259, 1},    {262, 0},
      {273, 8},     {277, 1},      {278, height}, {279, bytes}};
  auto file = "II\x2A" + std::string(1, '\0') + little(8 + bytes, 4) + std::string(bytes, '\0');
  file += little(std::size(entries), 2);
  for (const auto& [tag, value] : entries) {
    file += little(tag, 2) + little(4, 2) + little(1, 4) + little(value, 4);
  }
  return file + little(0, 4);
}

TEST_F(RealReader, ReadsAndDrawsAPage) {
  reader::Reader reader(settings);
  const auto file = document(white_page(1728, 2292));
  const auto look = reader.read(file.get());
  ASSERT_EQ(look.ending, Ending::answered) << look.detail;
  EXPECT_EQ(look.reading.fault, ocr::Fault::none) << look.reading.detail;
  ASSERT_THAT(look.reading.pages, SizeIs(1));
  EXPECT_TRUE(look.reading.pages[0].blank);
  EXPECT_EQ(look.reading.pages[0].width, 1728);
  EXPECT_TRUE(sanitized || reader.peak_memory() < 400U << 20) << reader.peak_memory();

  const auto drawn = reader.draw(file.get(), look.reading);
  EXPECT_EQ(drawn.ending, Ending::answered) << drawn.detail;
  EXPECT_THAT(drawn.png, SizeIs(1));
  const auto words = reader.read_text(file.get(), look.reading);
  EXPECT_EQ(words.ending, Ending::answered) << words.detail;
}

TEST_F(RealReader, SaysWhyItCannotRead) {
  const std::tuple<const char*, std::string, ocr::Fault> cases[] = {
      {"nothing", "", ocr::Fault::damaged_file},
      {"a letter", "plain text", ocr::Fault::unsupported_format},
      {"half a page", white_page(1728, 2292).substr(0, 5000), ocr::Fault::damaged_file},
      {"half a pdf", "%PDF-1.4\n1 0 obj", ocr::Fault::damaged_file},
  };
  reader::Reader reader(settings);
  for (const auto& [name, bytes, fault] : cases) {
    const auto look = reader.read(document(bytes).get());
    EXPECT_EQ(look.ending, Ending::answered) << name << ": " << look.detail;
    EXPECT_EQ(look.reading.fault, fault) << name << ": " << look.reading.detail;
  }
}

TEST_F(RealReader, BombsStayInTheChild) {
  const std::filesystem::path hostile = std::filesystem::path(RENKEI_SHARED_DATA) / "hostile";
  if (!std::filesystem::exists(hostile)) GTEST_SKIP() << "no " << hostile;
  reader::Reader reader(settings);
  for (const char* name : {"g4-65000x65000.tif", "20K-rgb.png", "20K-rgb.jpeg"}) {
    const reader::Descriptor file(::open((hostile / name).c_str(), O_RDONLY | O_CLOEXEC));
    const auto look = reader.read(file.get());
    EXPECT_EQ(look.ending, Ending::answered) << name << ": " << look.detail;
    EXPECT_EQ(look.reading.fault, ocr::Fault::too_large) << name;
  }
}

TEST_F(RealReader, NamesTheModelThatIsMissing) {
  settings.model = "/nonexistent/digits.onnx";
  try {
    reader::Reader reader(settings);
    FAIL() << "it started without its model";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("digits.onnx"));
  }
}

}  // namespace
