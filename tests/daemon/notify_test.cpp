#include "daemon/notify/notify.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "books.hpp"
#include "daemon/notify/message.hpp"

/// Against a real mail server and a web server on loopback, started by each test that needs them.
namespace {

using namespace std::chrono_literals;
using forms::rules::FlagKind;
using forms::rules::Severity;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tests::Books;
using tests::Intruder;
using tests::now;

/// loopback.py, and what it says came.
class Loopback {
public:
  Loopback() {
    int in[2];
    int out[2];
    if (::pipe(in) != 0 || ::pipe(out) != 0) throw std::runtime_error("no pipe");
    const auto file = (dir_ / "came").string();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
      ::execl(PYTHON3, PYTHON3, RENKEI_SOURCE_DIR "/tests/daemon/loopback.py", file.c_str(),
              nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    std::FILE* ready = ::fdopen(out[0], "r");
    const bool started = std::fscanf(ready, "%d %d", &mail_port, &web_port) == 2;
    std::fclose(ready);
    if (!started) throw std::runtime_error("loopback.py did not start");
    came_.open(file);
  }
  ~Loopback() {
    ::close(to_);
    ::waitpid(child_, nullptr, 0);
  }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  /// All that came since; what was answered has been said before.
  std::vector<json> came() {
    std::vector<json> all;
    came_.clear();
    for (std::string line; std::getline(came_, line);) all.push_back(json::parse(line));
    return all;
  }

  int mail_port = 0;
  int web_port = 0;

private:
  tests::TempDir dir_;
  std::ifstream came_;
  pid_t child_ = -1;
  int to_ = -1;
};

/// A port on which nobody answers: `hanging` takes the call and says nothing.
class DeadPort {
public:
  explicit DeadPort(bool hanging) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof where;
    auto* address = reinterpret_cast<sockaddr*>(&where);
    if (::bind(fd_, address, length) != 0 || (hanging && ::listen(fd_, 8) != 0) ||
        ::getsockname(fd_, address, &length) != 0) {
      throw std::runtime_error("no port");
    }
    port = ntohs(where.sin_port);
  }
  ~DeadPort() { ::close(fd_); }
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  int port = 0;

private:
  int fd_;
};

class NotifyTest : public testing::Test {
protected:
  std::filesystem::path secret(const std::string& name, const std::string& text,
                               mode_t mode = 0600) {
    auto file = books.dir / name;
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
  notify::Settings mail_to(std::vector<std::string> to, int port = 0) {
    notify::Settings settings;
    settings.hospital = "見本病院";
    settings.desk_url = "http://127.0.0.1:8470";
    notify::Mail mail;
    mail.server = "127.0.0.1:" + std::to_string(port == 0 ? loopback.mail_port : port);
    mail.from = "renkei@hospital.example";
    mail.to = std::move(to);
    mail.starttls = false;
    settings.mail = mail;
    return settings;
  }
  notify::Hook hook_at(const std::string& path, int port = 0) {
    return {"http://127.0.0.1:" + std::to_string(port == 0 ? loopback.web_port : port) + path,
            secret("hook-secret", key + "\n")};
  }
  void raise(const std::vector<Severity>& severities) {
    auto draft = books.draft({});
    for (const auto severity : severities) {
      draft.findings.push_back(Books::finding(FlagKind::recurrence, severity));
    }
    books.records.file(Books::filing(books.receive('a'), draft), now);
  }
  std::vector<std::string> receivers() {
    std::vector<std::string> all;
    for (const auto& each : loopback.came()) {
      if (each.contains("mail")) all.push_back(each.at("to").at(0));
    }
    return all;
  }
  std::size_t waiting() { return books.records.outbox(1000).size(); }

  const std::string key = "0123456789abcdef-secret";
  Books books;
  Loopback loopback;
};

TEST_F(NotifyTest, MailIsWellFormedAndNamesNobody) {
  raise({Severity::urgent});
  notify::Notifier notifier(books.records, mail_to({"a@hospital.example"}));
  const auto round = notifier.work(now);
  EXPECT_EQ(round.sent, 1);
  EXPECT_EQ(round.settled, 1);
  EXPECT_THAT(round.troubles, IsEmpty());
  const auto came = loopback.came();
  ASSERT_EQ(came.size(), 1U);
  const auto& mail = came[0];
  EXPECT_EQ(mail.at("sender"), "renkei@hospital.example");
  EXPECT_EQ(mail.at("to"), json({"a@hospital.example"}));
  EXPECT_EQ(mail.at("defects"), 0);
  EXPECT_TRUE(mail.at("plain"));
  EXPECT_LE(mail.at("longest"), 78);
  const auto& head = mail.at("mail");
  EXPECT_EQ(head.at("Subject"), "【至急】がん地域連携パス 報告書のご確認のお願い(再発)F-000001");
  EXPECT_EQ(head.at("From"), "がん地域連携パス受信デスク <renkei@hospital.example>");
  EXPECT_EQ(head.at("Date"), "Sun, 22 Nov 2026 17:12:00 +0900");
  EXPECT_EQ(head.at("Message-ID"), "<renkei.M-000001-20261122T081200Z@hospital.example>");
  EXPECT_EQ(head.at("Auto-Submitted"), "auto-generated");
  const std::string text = mail.at("text");
  EXPECT_THAT(text, HasSubstr("ご確認のうえ、確認済みの登録をお願いいたします"));
  EXPECT_THAT(text, HasSubstr("http://127.0.0.1:8470/documents/D-000001"));
  EXPECT_THAT(text, HasSubstr("2026年11月22日 17時12分"));
  EXPECT_THAT(text, HasSubstr("Recurrence"));
  EXPECT_THAT(text, HasSubstr("見本病院"));
  const auto whole = mail.dump(-1, ' ', false);
  for (const char* name : {"患者 太郎", "カンジャ", "00123456", "P-0001", "1948"}) {
    EXPECT_THAT(whole, Not(HasSubstr(name)));
  }
  EXPECT_EQ(notifier.work(now + 1h).sent, 0) << "once is enough";
  books.expect_in_order();
}

TEST_F(NotifyTest, TheHookIsSignedAndNamesNobody) {
  raise({Severity::routine});
  auto settings = mail_to({"a@hospital.example"});
  settings.mail.reset();
  settings.hook = hook_at("/flags");
  notify::Notifier notifier(books.records, settings);
  EXPECT_THAT(notifier.complaints(), IsEmpty());
  EXPECT_EQ(notifier.work(now).sent, 1);
  const auto came = loopback.came();
  ASSERT_EQ(came.size(), 1U);
  const std::string body = came[0].at("body");
  EXPECT_EQ(json::parse(body), json({{"id", "M-000001-20261122T081200Z"},
                                     {"event", "flag-raised"},
                                     {"turn", 0},
                                     {"flag", "F-000001"},
                                     {"kind", "recurrence"},
                                     {"severity", "routine"},
                                     {"report", "R-000001"},
                                     {"document", "D-000001"},
                                     {"raised_at", "2026-11-22T08:12:00Z"},
                                     {"link", "http://127.0.0.1:8470/documents/D-000001"}}));
  const auto& head = came[0].at("hook");
  EXPECT_EQ(came[0].at("path"), "/flags");
  EXPECT_EQ(head.at("Content-Type"), "application/json; charset=utf-8");
  EXPECT_EQ(head.at("Idempotency-Key"), "M-000001-20261122T081200Z");
  EXPECT_EQ(head.at("Renkei-Timestamp"), "1795335120");
  EXPECT_EQ(head.at("Renkei-Signature"), notify::signature(key, "1795335120", body));
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(NotifyTest, WhoIsRefusedForGoodGivesWayToTheNext) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"550-gone@hospital.example", "b@hospital.example", true},
      {"554-disliked@hospital.example", "b@hospital.example", true},
      {"451-later@hospital.example", "", false},
      {"drop-line@hospital.example", "", false},
  };
  int hour = 0;
  raise({Severity::routine, Severity::routine, Severity::routine, Severity::routine});
  for (const auto& [first, second, carried] : cases) {
    SCOPED_TRACE(first);
    // one message for each case: the others are not due or done
    const auto before = waiting();
    notify::Notifier notifier(books.records, mail_to({first, "b@hospital.example"}));
    const auto round = notifier.work(now + std::chrono::hours(2 * hour++));
    EXPECT_THAT(round.troubles, Not(IsEmpty()));
    for (const auto& trouble : round.troubles) EXPECT_THAT(trouble, Not(HasSubstr("hospital")));
    if (carried) {
      EXPECT_EQ(waiting(), 0U);
      EXPECT_EQ(receivers().back(), second);
      auto draft = books.draft({});
      draft.findings = {Books::finding(FlagKind::death, Severity::routine)};
      books.records.file(Books::filing(books.receive(static_cast<char>('b' + hour)), draft), now);
    } else {
      EXPECT_EQ(waiting(), before);
      receivers();
    }
  }
  books.expect_in_order();
}

TEST_F(NotifyTest, OneBadRecipientDoesNotStopTheOthers) {
  raise({Severity::urgent, Severity::urgent});
  notify::Notifier notifier(books.records,
                            mail_to({"451-full@hospital.example", "b@hospital.example"}));
  EXPECT_EQ(notifier.work(now).sent, 0);
  EXPECT_EQ(notifier.work(now + 59s).troubles.size(), 0U) << "not yet";
  EXPECT_EQ(notifier.work(now + 60s).troubles.size(), 2U);
  EXPECT_EQ(notifier.work(now + 179s).troubles.size(), 0U) << "later grows";
  EXPECT_EQ(notifier.work(now + 180s).troubles.size(), 2U);
  const auto round = notifier.work(now + 4h);
  EXPECT_EQ(round.repeated, 2);
  EXPECT_EQ(round.sent, 2) << "the repeats, to the next person";
  EXPECT_THAT(receivers(), ElementsAre("b@hospital.example", "b@hospital.example"));
  books.expect_in_order();
}

TEST_F(NotifyTest, AServerThatIsNotThereIsLeftAloneForLongerAndLonger) {
  for (const bool hanging : {false, true}) {
    SCOPED_TRACE(hanging ? "hanging" : "refusing");
    Books fresh;
    auto draft = fresh.draft({});
    draft.findings = {Books::finding(FlagKind::death, Severity::routine),
                      Books::finding(FlagKind::recurrence, Severity::routine)};
    fresh.records.file(Books::filing(fresh.receive('a'), draft), now);
    const DeadPort dead(hanging);
    auto settings = mail_to({"a@hospital.example"}, dead.port);
    if (hanging) settings.patience = 200ms;
    notify::Notifier notifier(fresh.records, settings);
    // minutes at which a try is made, one message each; between them there is none
    const std::set<int> tries = {0, 1, 3, 7, 15, 30, 45, 60};
    for (int minute = 0; minute <= 60; ++minute) {
      const auto round = notifier.work(now + std::chrono::minutes(minute));
      EXPECT_EQ(round.troubles.size(), tries.count(minute)) << "minute " << minute;
    }
    EXPECT_EQ(fresh.records.outbox(10).size(), 2U);
    // It is back: all that waited goes out at the next try.
    auto back = mail_to({"a@hospital.example"});
    notify::Notifier again(fresh.records, back);
    EXPECT_EQ(again.work(now + 75min).sent, 2);
    EXPECT_EQ(loopback.came().size(), 2U);
    fresh.expect_in_order();
  }
}

TEST_F(NotifyTest, OneChannelsTroubleIsNotTheOthers) {
  raise({Severity::urgent, Severity::notice});
  const DeadPort dead(true);
  auto settings = mail_to({"a@hospital.example"}, dead.port);
  settings.hook = hook_at("/flags");
  settings.patience = 2s;
  notify::Notifier notifier(books.records, settings);
  const auto round = notifier.work(now);
  EXPECT_EQ(round.sent, 2);
  EXPECT_EQ(round.troubles.size(), 1U);
  EXPECT_EQ(loopback.came().size(), 2U);
  EXPECT_EQ(waiting(), 2U) << "for the mail";
  books.expect_in_order();
}

TEST_F(NotifyTest, TheHooksAnswerDecides) {
  const std::tuple<const char*, std::size_t, std::size_t> cases[] = {
      // path, tries in one round over two messages, carried
      {"/200", 2, 2}, {"/204", 2, 2}, {"/302", 2, 0}, {"/401", 2, 0},
      {"/410", 2, 0}, {"/429", 1, 0}, {"/500", 1, 0}, {"/503", 1, 0},
  };
  for (const auto& [path, tries, carried] : cases) {
    SCOPED_TRACE(path);
    Books fresh;
    auto draft = fresh.draft({});
    draft.findings = {Books::finding(FlagKind::death, Severity::urgent),
                      Books::finding(FlagKind::recurrence, Severity::notice)};
    fresh.records.file(Books::filing(fresh.receive('a'), draft), now);
    auto settings = mail_to({});
    settings.mail.reset();
    settings.hook = hook_at(path);
    notify::Notifier notifier(fresh.records, settings);
    EXPECT_EQ(notifier.work(now).sent, static_cast<int>(carried));
    EXPECT_EQ(loopback.came().size(), tries);
    EXPECT_EQ(fresh.records.outbox(10).size(), 2 - carried);
  }
}

TEST_F(NotifyTest, SentButNotMarkedIsSentAgainWithTheSameId) {
  raise({Severity::routine});
  auto settings = mail_to({"a@hospital.example"});
  settings.hook = hook_at("/flags");
  records::Records impatient(books.file, records::Records::Open::existing, 1ms);
  {
    // A reader's lock: the try is made, its mark cannot be written, as after a crash between them.
    Intruder reader(books.file);
    reader.run("BEGIN; SELECT count(*) FROM flags");
    notify::Notifier notifier(impatient, settings);
    EXPECT_THROW(notifier.work(now), records::Refused);
    EXPECT_THROW(notifier.work(now + 30s), records::Refused) << "the hook; the mail waits";
    EXPECT_EQ(notifier.work(now + 31s).sent, 0) << "no busy loop";
    reader.run("ROLLBACK");
  }
  const auto first = loopback.came();
  notify::Notifier restarted(books.records, settings);
  EXPECT_EQ(restarted.work(now + 60s).sent, 2);
  const auto second = loopback.came();
  ASSERT_EQ(first.size(), 2U);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(first[0].at("mail").at("Message-ID"), second[0].at("mail").at("Message-ID"));
  EXPECT_EQ(first[1].at("hook").at("Idempotency-Key"), second[1].at("hook").at("Idempotency-Key"));
  EXPECT_EQ(first[1].at("body"), second[1].at("body"));
  EXPECT_EQ(waiting(), 0U);
  books.expect_in_order();
}

TEST_F(NotifyTest, UrgentFlagsGoToTheNextPersonUntilAcknowledged) {
  raise({Severity::urgent, Severity::routine});
  auto settings = mail_to({"a@x.example", "b@x.example", "c@x.example"});
  settings.repeat_after = 4h;
  settings.repeat_every = 24h;
  notify::Notifier notifier(books.records, settings);
  const std::pair<std::chrono::minutes, std::vector<std::string>> steps[] = {
      {0min, {"a@x.example", "a@x.example"}},
      {239min, {}},
      {240min, {"b@x.example"}},
      {241min, {}},
      {240min + 1439min, {}},
      {240min + 1440min, {"c@x.example"}},
      {240min + 2880min, {"a@x.example"}},
  };
  for (const auto& [after, expected] : steps) {
    SCOPED_TRACE(after.count());
    notifier.work(now + after);
    EXPECT_EQ(receivers(), expected);
  }
  EXPECT_TRUE(books.records.acknowledge("F-000001", "sato", "", now + 60h));
  notifier.work(now + 1000h);
  EXPECT_THAT(receivers(), IsEmpty());
  books.expect_in_order();
}

TEST_F(NotifyTest, ARepeatSaysSo) {
  raise({Severity::urgent});
  notify::Notifier notifier(books.records, mail_to({"a@x.example"}));
  notifier.work(now);
  loopback.came();
  notifier.work(now + 4h);
  const auto came = loopback.came();
  ASSERT_EQ(came.size(), 1U);
  EXPECT_THAT(came[0].at("mail").at("Subject").get<std::string>(), HasSubstr("【至急・再通知】"));
  EXPECT_THAT(came[0].at("text").get<std::string>(), HasSubstr("(2回目)"));
  EXPECT_EQ(came[0].at("mail").at("Message-ID"),
            "<renkei.M-000002-20261122T121200Z@hospital.example>");
}

TEST_F(NotifyTest, AcknowledgedBeforeItCouldBeSent) {
  raise({Severity::urgent});
  EXPECT_TRUE(books.records.acknowledge("F-000001", "sato", "", now));
  notify::Notifier notifier(books.records, mail_to({"a@x.example"}));
  EXPECT_EQ(notifier.work(now).settled, 1);
  EXPECT_THAT(loopback.came(), IsEmpty());
}

TEST_F(NotifyTest, WithoutChannelsTheOutboxIsClosedAndTheFlagStays) {
  raise({Severity::urgent});
  notify::Notifier notifier(books.records, {});
  const auto round = notifier.work(now);
  EXPECT_EQ(round.settled, 1);
  EXPECT_EQ(notifier.work(now + 100h).repeated, 0);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(books.records.flag("F-000001")->state, records::FlagState::open);
  books.expect_in_order();
}

TEST_F(NotifyTest, LogsInWithAPasswordFromAFile) {
  const std::tuple<const char*, mode_t, bool, const char*> cases[] = {
      // what the file holds, its mode, STARTTLS wanted, trouble
      {"open sesame\n", 0600, false, ""},
      {"wrong\n", 0600, false, "Login denied"},
      {"open sesame\n", 0640, false, "chmod 600"},
      {"", 0600, false, "at least 1 bytes"},
      {"open sesame\n", 0600, true, "STARTTLS not supported"},
  };
  for (const auto& [text, mode, tls, trouble] : cases) {
    SCOPED_TRACE(trouble);
    Books fresh;
    auto draft = fresh.draft({});
    draft.findings = {Books::finding(FlagKind::death, Severity::urgent)};
    fresh.records.file(Books::filing(fresh.receive('a'), draft), now);
    auto settings = mail_to({"a@hospital.example"});
    settings.mail->user = "renkei";
    settings.mail->starttls = tls;
    settings.mail->password_file = secret("password", text, mode);
    notify::Notifier notifier(fresh.records, settings);
    const auto round = notifier.work(now);
    const auto came = loopback.came();
    if (std::string(trouble).empty()) {
      ASSERT_EQ(came.size(), 1U);
      EXPECT_EQ(came[0].at("login"), "renkei");
    } else {
      EXPECT_THAT(came, IsEmpty());
      ASSERT_EQ(round.troubles.size(), 1U);
      EXPECT_THAT(round.troubles[0], HasSubstr(trouble));
      EXPECT_THAT(round.troubles[0], Not(HasSubstr("sesame")));
    }
  }
}

TEST_F(NotifyTest, ManyMessagesTakeSeveralRounds) {
  raise(std::vector<Severity>(60, Severity::routine));
  notify::Notifier notifier(books.records, mail_to({"a@x.example"}));
  auto round = notifier.work(now);
  EXPECT_EQ(round.sent, 50);
  EXPECT_TRUE(round.more);
  round = notifier.work(now);
  EXPECT_EQ(round.sent, 10);
  EXPECT_FALSE(round.more);
  std::set<std::string> ids;
  for (const auto& each : loopback.came()) ids.insert(each.at("mail").at("Message-ID"));
  EXPECT_EQ(ids.size(), 60U);
}

TEST_F(NotifyTest, StopsWhenAsked) {
  raise({Severity::urgent});
  const DeadPort hanging(true);
  notify::Notifier notifier(books.records, mail_to({"a@x.example"}, hanging.port));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(notifier.work(now, stop.get_token()).sent, 0);
  EXPECT_EQ(books.records.outbox(10)[0].attempts, 0);
}

}  // namespace
