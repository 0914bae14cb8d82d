#include "daemon/reader/reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "daemon/reader/answer.hpp"
#include "daemon/reader/warm_process.hpp"
#include "daemon/reader/wire.hpp"

namespace reader {
namespace {

using Clock = std::chrono::steady_clock;

// Killing takes no time; a warm parent that has not reaped by then is killed itself.
constexpr std::chrono::seconds grace{5};

int milliseconds_to(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

/// A file without a name, for what is too long for a packet.
Descriptor file_of(const std::string& bytes) {
  Descriptor file(::memfd_create("first-reading", MFD_CLOEXEC));
  if (!file) refuse("cannot make a file for the reader");
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto done = uninterrupted([&] { return ::write(file.get(), rest.data(), rest.size()); });
    if (done < 0) refuse("cannot make a file for the reader");
    rest.remove_prefix(static_cast<std::size_t>(done));
  }
  return file;
}

/// English for the log. What a child said of its own end may hold anything: letters only.
std::string printable(std::string_view text) {
  std::string clean;
  for (const char c : text.substr(0, 200)) clean.push_back(c >= ' ' && c <= '~' ? c : '?');
  return clean;
}

/// What one child answered and how it ended.
struct Outcome {
  Ending ending = Ending::crashed;
  std::string answer;
  std::string detail;
};

std::string describe(int status, std::string_view answer) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    if (signal == SIGSYS) return "killed: it asked for a forbidden system call";
    const char* name = sigabbrev_np(signal);
    return "killed by SIG" + std::string(name != nullptr ? name : "?");
  }
  std::string text = "ended with status " + std::to_string(WEXITSTATUS(status));
  if (answer.starts_with('E')) text += ": " + printable(answer.substr(1));
  return text;
}

/// What has come through the pipe so far, without ever waiting.
class Inflow {
public:
  Inflow(int pipe, std::uint64_t most) : pipe_(pipe), most_(most) {}

  /// -1 when there is nothing more to come, as poll likes it.
  [[nodiscard]] int descriptor() const { return open_ ? pipe_ : -1; }
  [[nodiscard]] bool too_long() const { return answer_.size() > most_; }
  [[nodiscard]] const std::string& answer() const { return answer_; }
  [[nodiscard]] std::string take() { return std::move(answer_); }
  void close() { open_ = false; }

  void drain() {
    std::array<char, 65'536> block{};
    while (open_ && !too_long()) {
      const auto got = uninterrupted([&] { return ::read(pipe_, block.data(), block.size()); });
      if (got < 0) return;  // nothing yet
      open_ = got > 0;
      answer_.append(block.data(), static_cast<std::size_t>(got));
    }
  }

private:
  int pipe_;
  std::uint64_t most_;
  std::string answer_;
  bool open_ = true;
};

Outcome outcome_of(int status, Inflow& inflow) {
  if (inflow.too_long()) return {Ending::crashed, "", "answered more than it may"};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return {Ending::crashed, "", describe(status, inflow.answer())};
  }
  return {Ending::answered, inflow.take(), ""};
}

}  // namespace

struct Reader::State {
  Settings settings;
  std::optional<WarmProcess> warm;
  std::uint64_t number = 0;
  std::uint64_t peak = 0;

  Outcome ask(Task task, int file, const std::string* first, std::chrono::seconds wall);
  Descriptor order(const Request& request, int file, const std::string* first);
  std::optional<Outcome> hear(const Request& request, int pipe, Clock::time_point deadline);
  void stop(const Request& request);
  std::chrono::seconds wall_for(const ocr::DocumentReading& first) const {
    return settings.wall + settings.wall_a_page * first.pages.size();
  }
};

/// Hands the job over and returns the end of the pipe on which the answer comes.
Descriptor Reader::State::order(const Request& request, int file, const std::string* first) {
  const Descriptor first_file = first != nullptr ? file_of(*first) : Descriptor();
  // A warm parent may have died since the last document; that it dies again at once is the
  // machine's fault.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!warm) warm.emplace(settings);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) refuse("cannot make a pipe for the reader");
    Descriptor ours(ends[0]);
    const Descriptor theirs(ends[1]);
    if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) refuse("cannot make a pipe for the reader");
    std::vector<int> given{file, theirs.get()};
    if (first_file) given.push_back(first_file.get());
    if (send(warm->socket(), request, given)) return ours;
    warm.reset();
  }
  throw std::system_error(EPIPE, std::generic_category(), "the reader does not stay alive");
}

/// Ends the child through its parent, which alone knows surely who it is.
void Reader::State::stop(const Request& request) {
  Request kill = request;
  kill.task = Task::kill;
  if (!send(warm->socket(), kill, {})) warm.reset();
}

/// Waits for the end of the child, taking in its answer; ends it when it is late or says too much.
/// None if the warm parent died, which no child can bring about.
std::optional<Outcome> Reader::State::hear(const Request& request, int pipe,
                                           Clock::time_point deadline) {
  Inflow inflow(pipe, settings.answer);
  std::optional<Outcome> stopped;  // why we ended it
  while (warm) {
    std::array<pollfd, 2> stirring{{{warm->socket(), POLLIN, 0}, {inflow.descriptor(), POLLIN, 0}}};
    if (uninterrupted([&] {
          return ::poll(stirring.data(), stirring.size(), milliseconds_to(deadline));
        }) < 0) {
      refuse("cannot wait for the reader");
    }
    if (stirring[1].revents != 0) inflow.drain();
    if (stirring[0].revents != 0) {
      const auto report = receive_report(warm->socket());
      if (!report || report->news != News::ended || report->number != request.number) break;
      inflow.drain();
      peak = report->peak;
      return stopped ? *stopped : outcome_of(report->status, inflow);
    }
    const bool late = Clock::now() >= deadline;
    if (stopped && late) break;
    if (!stopped && (late || inflow.too_long())) {
      stopped = late ? Outcome{Ending::timed_out, "", "took longer than it may"}
                     : Outcome{Ending::crashed, "", "answered more than it may"};
      inflow.close();
      deadline = Clock::now() + grace;
      stop(request);
    }
  }
  warm.reset();
  return stopped;
}

Outcome Reader::State::ask(Task task, int file, const std::string* first,
                           std::chrono::seconds wall) {
  Request request;
  request.number = ++number;
  request.task = task;
  request.memory = settings.memory;
  request.cpu_seconds = static_cast<std::uint64_t>(wall.count());
  peak = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto pipe = order(request, file, first);
    if (auto outcome = hear(request, pipe.get(), Clock::now() + wall)) return std::move(*outcome);
  }
  return {Ending::crashed, "", "the warm parent died twice"};
}

Reader::Reader(Settings settings) : state_(new State{std::move(settings), {}, 0, 0}) {
  state_->warm.emplace(state_->settings);
}

Reader::~Reader() = default;

Look Reader::read(int descriptor, Codes codes) {
  const Task task = codes == Codes::searched ? Task::read : Task::read_by_print;
  const auto outcome = state_->ask(task, descriptor, nullptr, state_->settings.wall);
  Look look{outcome.ending, codes, {}, outcome.detail};
  if (look.ending != Ending::answered) return look;
  auto reading = outcome.answer.starts_with('R')
                     ? parse_answer(std::string_view(outcome.answer).substr(1))
                     : std::nullopt;
  if (!reading) return {Ending::crashed, codes, {}, "its answer makes no sense"};
  look.reading = std::move(*reading);
  look.reading.detail = printable(look.reading.detail);
  return look;
}

namespace {

/// `first` with the words of `second`, and which way up they are where no code tells. None if they
/// are not about the same pages and fields.
std::optional<ocr::DocumentReading> with_words(ocr::DocumentReading first,
                                               ocr::DocumentReading second) {
  if (first.pages.size() != second.pages.size()) return std::nullopt;
  for (std::size_t i = 0; i < first.pages.size(); ++i) {
    auto& page = first.pages[i];
    auto& seen = second.pages[i];
    if (page.number != seen.number || page.readings.size() != seen.readings.size()) {
      return std::nullopt;
    }
    page.words = std::move(seen.words);
    if (page.form.empty() && page.codes.empty()) {
      page.quality.rotation = seen.quality.rotation;
      page.placed = seen.placed;
    }
    for (std::size_t j = 0; j < page.readings.size(); ++j) {
      if (page.readings[j].field != seen.readings[j].field) return std::nullopt;
      page.readings[j].words = std::move(seen.readings[j].words);
      page.readings[j].typed = seen.readings[j].typed;
    }
  }
  return first;
}

}  // namespace

Look Reader::read_text(int descriptor, const ocr::DocumentReading& first) {
  const auto json = to_json(first);
  const auto outcome = state_->ask(Task::read_text, descriptor, &json, state_->wall_for(first));
  Look look{outcome.ending, Codes::searched, {}, outcome.detail};
  if (look.ending != Ending::answered) return look;
  std::optional<ocr::DocumentReading> reading;
  if (outcome.answer.starts_with('R')) {
    auto second = parse_answer(std::string_view(outcome.answer).substr(1));
    if (second) reading = with_words(first, std::move(*second));
  }
  if (!reading) return {Ending::crashed, Codes::searched, {}, "its answer makes no sense"};
  look.reading = std::move(*reading);
  return look;
}

Pictures Reader::draw(int descriptor, const ocr::DocumentReading& first) {
  const auto json = to_json(first);
  const auto outcome = state_->ask(Task::draw, descriptor, &json, state_->wall_for(first));
  Pictures pictures{outcome.ending, {}, outcome.detail};
  if (pictures.ending != Ending::answered) return pictures;
  auto drawn = outcome.answer.starts_with('P')
                   ? parse_pictures(std::string_view(outcome.answer).substr(1), first.pages.size())
                   : std::nullopt;
  if (!drawn) return {Ending::crashed, {}, "its answer makes no sense"};
  pictures.png = std::move(*drawn);
  return pictures;
}

std::uint64_t Reader::peak_memory() const {
  return state_->peak;
}

}  // namespace reader
