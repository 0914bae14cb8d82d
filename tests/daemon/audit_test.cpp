#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "books.hpp"

/// What must be found: rows altered behind our back, files that are not ours, and what a crash
/// leaves.
namespace {

using namespace std::chrono_literals;
using records::Records;
using records::Refused;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tests::Books;
using tests::Intruder;
using tests::now;

/// What the first schema could hold.
void fill_as_before(Books& books) {
  auto draft = books.draft({Books::answer("cea", {"8.2"}), Books::answer("kind", {"periodic"})});
  draft.findings = {
      Books::finding(forms::rules::FlagKind::recurrence, forms::rules::Severity::urgent)};
  books.records.file(Books::filing(books.receive('a'), draft), now);
  books.records.file(Books::held(books.receive('b'), 3), now);
  books.receive('c');
  books.records.add_user({"sato", "coordinator"}, "root", now);
  books.records.correct({"R-000001", "cea", {"3.2"}, "sato", ""}, {}, now);
  books.records.sent(1, "mail", now);
  books.records.same_geometry("colorectal-report", 1, "abc");
}

void fill(Books& books) {
  fill_as_before(books);
  books.records.file_by_person(
      {"D-000002", "P-0002", std::chrono::year(2026) / 11 / 1, {}, "sato", ""}, {}, now);
  books.records.close_flag("F-000001", "sato", "電話で確認", now);
  books.records.end_pathway({"P-0002", std::chrono::year(2026) / 11 / 2, "death", "sato", ""}, now);
}

struct Tampering {
  const char* what;
  const char* statements;
  const char* found;
};
class TamperedRecords : public testing::TestWithParam<Tampering> {};

TEST_P(TamperedRecords, AreFound) {
  Books books;
  fill(books);
  books.expect_in_order();
  Intruder(books.file).run(GetParam().statements);
  std::string all;
  for (const auto& fault : books.records.faults()) all += fault.what + ": " + fault.where + "\n";
  EXPECT_THAT(all, HasSubstr(GetParam().found)) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    Table, TamperedRecords,
    testing::Values(
        Tampering{"a fate", "UPDATE pages SET fate = 'cover' WHERE document = 2 AND number = 2",
                  "audit chain: document D-000002 is not as its newest audit row left it"},
        Tampering{"a page gone", "DELETE FROM pages WHERE document = 2 AND number = 3",
                  "page ledger: D-000002 has 3 pages, 2 of them on record"},
        Tampering{"a page of another number",
                  "UPDATE pages SET number = 7 WHERE document = 2 AND number = 3",
                  "page ledger: D-000002 has 3 pages"},
        Tampering{"a page moved",
                  "UPDATE pages SET document = 1, number = 2 WHERE document = 2 AND number = 3",
                  "page ledger: D-000001 has 1 pages, 2 of them on record"},
        Tampering{"a value", "UPDATE fields SET answers = '[\"1.0\"]' WHERE name = 'cea'",
                  "report R-000001 is not as its newest audit row left it"},
        Tampering{"a field gone", "DELETE FROM fields WHERE name = 'kind'",
                  "report R-000001 is not as"},
        Tampering{"a correction gone", "DELETE FROM corrections", "report R-000001 is not as"},
        Tampering{"a report in another's record", "UPDATE reports SET pathway_id = 'P-0002'",
                  "report R-000001 is not as"},
        Tampering{"a flag closed",
                  "UPDATE flags SET state = 'acknowledged', acknowledged_at = 'x', acknowledged_by "
                  "= 'nobody'",
                  "flag F-000001 is not as"},
        Tampering{"a flag and its message gone", "DELETE FROM outbox; DELETE FROM flags",
                  "flag F-000001 is not as"},
        Tampering{"a message gone", "DELETE FROM outbox",
                  "page ledger: F-000001 was never put into the outbox"},
        Tampering{"a delivery", "UPDATE deliveries SET done_at = NULL",
                  "delivery M-000001/mail is not as"},
        Tampering{"a birth date",
                  "UPDATE patients SET birth_date = '1950-01-01' WHERE patient_id = '00123456'",
                  "patient 00123456 is not as"},
        Tampering{"a patient smuggled in",
                  "INSERT INTO patients VALUES ('666', 'x', 'x', '1950-01-01', 'male')",
                  "patient 666 is not as"},
        Tampering{"a clinic", "UPDATE clinics SET fax = '0'", "clinic 0110113719 is not as"},
        Tampering{"a limit", "UPDATE pathways SET thresholds = '{}' WHERE pathway_id = 'P-0001'",
                  "pathway P-0001 is not as"},
        Tampering{"a serial's pathway", "UPDATE printed_forms SET pathway_id = 'P-0002'", "form "},
        Tampering{"a geometry", "UPDATE geometries SET hash = 'x'",
                  "geometry colorectal-report/1 is not as"},
        Tampering{"an ending", "UPDATE endings SET why = 'recurrence'",
                  "ending P-0002/1 is not as"},
        Tampering{"an ending gone", "DELETE FROM endings", "ending P-0002/1 is not as"},
        Tampering{"a closing", "UPDATE closings SET how = 'withdrawn'",
                  "closing F-000001 is not as"},
        Tampering{"a closing gone", "DELETE FROM closings", "closing F-000001 is not as"},
        Tampering{"a letter", "UPDATE letters SET pathway_id = 'P-0001'",
                  "letter D-000002/1 is not as"},
        Tampering{"a letter gone", "DELETE FROM letters",
                  "page ledger: D-000002 is filed with neither report nor letter"},
        Tampering{"a report held in a filed document",
                  "UPDATE reports SET state = 'held', pathway_id = NULL",
                  "page ledger: R-000001 is held, and its document is filed"},
        Tampering{"a void serial made valid", "UPDATE printed_forms SET void_at = NULL", "form "},
        Tampering{"a role", "UPDATE users SET role = 'admin'", "user sato is not as"},
        Tampering{"an arrival gone", "DELETE FROM arrivals WHERE document = 3",
                  "document D-000003 is not as"},
        Tampering{"a document gone",
                  "DELETE FROM arrivals WHERE document = 3; DELETE FROM documents WHERE id = 3",
                  "page ledger: 3 documents were taken in, 2 are on record"},
        Tampering{"a document gone, seen by its seal",
                  "DELETE FROM arrivals WHERE document = 3; DELETE FROM documents WHERE id = 3",
                  "audit chain: document D-000003 is not as"},
        Tampering{"a reason", "UPDATE documents SET reasons = '[\"damaged-file\"]' WHERE id = 2",
                  "document D-000002 is not as"},
        Tampering{"who", "UPDATE audit SET who = 'nobody' WHERE seq = 3",
                  "audit chain: row 3 is not what was written"},
        Tampering{"when", "UPDATE audit SET done_at = '2020-01-01T00:00:00Z' WHERE seq = 3",
                  "row 3 is not what"},
        Tampering{"a hash", "UPDATE audit SET hash = 'x' WHERE seq = 3",
                  "row 4 is not what was written"},
        Tampering{"an audit row in the middle", "DELETE FROM audit WHERE seq = 3",
                  "rows 3 to 3 are missing"},
        Tampering{"the last audit row",
                  "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
                  "rows were written, the last found is"},
        Tampering{"a row that points to nothing",
                  "INSERT INTO arrivals VALUES (77, 1, 'x', 'x', 'x')", "database: row "},
        Tampering{"a state that is none",
                  "PRAGMA ignore_check_constraints = ON; UPDATE documents SET state = 'lost' WHERE "
                  "id = 3",
                  "3 documents received, but 2 filed + 0 held + 0 in hand"}));

TEST(Audit, HasARowForEveryChange) {
  Books books;
  const auto empty = books.records.audit_head();
  EXPECT_EQ(empty.size(), 64U);
  fill(books);
  EXPECT_NE(books.records.audit_head(), empty);
  EXPECT_TRUE(books.records.audit_knows(empty));
  EXPECT_FALSE(books.records.audit_knows(std::string(64, 'f')));
  const auto rows = books.records.trace("document", "D-000001");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].what, "receive");
  EXPECT_EQ(rows[0].who, "renkeid");
  EXPECT_EQ(rows[0].at, now);
  EXPECT_EQ(rows[1].what, "file");
  EXPECT_THAT(rows[1].was, HasSubstr("received"));
  EXPECT_THAT(rows[1].became, HasSubstr("form"));
  EXPECT_EQ(books.records.trace("user", "sato").size(), 1U);
  EXPECT_EQ(books.records.trace("patient", "00123456").size(), 1U);
}

TEST(Audit, AHeadTakenBeforeShowsACutTail) {
  Books books;
  fill_as_before(books);
  const auto head = books.records.audit_head();
  // Cut so well that the database alone looks whole: row, counter and what the row was about.
  Intruder(books.file)
      .run(
          "DELETE FROM audit WHERE entity = 'geometry'; DELETE FROM geometries;"
          "UPDATE counters SET last_used = last_used - 1 WHERE name = 'audit'");
  const auto faults = books.records.faults();
  ASSERT_EQ(faults.size(), 1U) << "the anchor beside the database alone can tell";
  EXPECT_EQ(faults[0].what, "audit anchor");
  EXPECT_THAT(faults[0].where, HasSubstr("cut off"));
  EXPECT_FALSE(books.records.audit_knows(head));
  // What is written afterwards must not cover it up.
  for (int i = 0; i < 20; ++i) books.receive(static_cast<char>('d' + i), now + 1h);
  EXPECT_EQ(books.records.faults().size(), 1U);
  books.records.renew_anchor("sato", "restored by hand", now + 2h);
  EXPECT_THAT(books.records.faults(), IsEmpty());
  EXPECT_EQ(books.records.trace("user", "sato").back().what, "renew anchor");
}

struct AnchorCase {
  const char* name;
  std::string line;
  const char* found;
};
class TamperedAnchors : public testing::TestWithParam<AnchorCase> {};

TEST_P(TamperedAnchors, AreFoundAndStay) {
  Books books;
  fill(books);
  const auto anchor = books.dir / "renkei.anchor";
  std::filesystem::remove(anchor);
  if (!GetParam().line.empty()) std::ofstream(anchor) << GetParam().line;
  for (int round = 0; round < 2; ++round) {
    const auto faults = books.records.faults();
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0].what, "audit anchor");
    EXPECT_THAT(faults[0].where, HasSubstr(GetParam().found));
    books.receive(static_cast<char>('d' + round), now + 1h);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, TamperedAnchors,
    testing::Values(AnchorCase{"gone", "", "is not there"},
                    AnchorCase{"emptied", "\n", "not what was written"},
                    AnchorCase{"another hash",
                               "00000000000000000003 " + std::string(64, 'a') + "\n",
                               "row 3, which renkei.anchor names"},
                    AnchorCase{"of the future",
                               "00000000000000009999 " + std::string(64, 'a') + "\n", "row 9999"},
                    AnchorCase{"cut", "0000000000000000", "not what was written"},
                    AnchorCase{"longer", "00000000000000000003 " + std::string(64, 'a') + "\nx\n",
                               "not what was written"}));

TEST(Anchors, FollowEveryCommit) {
  Books books;
  const auto line = [&] {
    std::string text;
    std::getline(std::ifstream(books.dir / "renkei.anchor"), text);
    return text;
  };
  fill(books);
  const auto before = line();
  EXPECT_EQ(before.substr(21), books.records.audit_head());
  books.receive('x');
  EXPECT_NE(line(), before);
  EXPECT_EQ(line().substr(21), books.records.audit_head());
  EXPECT_EQ(line().size(), before.size());
}

TEST(Anchors, OfAnotherProcessAreNotPutBack) {
  Books books;
  Records other(books.file, Records::Open::existing);
  other.add_user({"sato", "coordinator"}, "root", now);
  books.receive('x');
  other.add_user({"suzuki", "doctor"}, "root", now);
  books.expect_in_order();
}

/// As the version before left it: no endings, closings, letters, and no anchor.
TEST(Migration, FromTheSchemaBeforeKeepsEverySeal) {
  Books books;
  fill_as_before(books);
  Intruder(books.file)
      .run(
          "DROP TABLE endings; DROP TABLE closings; DROP TABLE letters; DROP TABLE proposals;"
          "DELETE FROM schema_versions WHERE version >= 3");
  std::filesystem::remove(books.dir / "renkei.anchor");
  Records records(books.file, Records::Open::existing);
  EXPECT_THAT(records.faults(), IsEmpty());
  EXPECT_TRUE(records.close_flag("F-000001", "sato", "電話で確認", now));
  EXPECT_TRUE(
      records.end_pathway({"P-0002", std::chrono::year(2026) / 11 / 1, "death", "sato", ""}, now));
  EXPECT_THAT(records.faults(), IsEmpty());
}

TEST(Copies, AreWholeAndTakenWhileOthersWrite) {
  Books books;
  fill(books);
  const auto copy = books.dir / "copy.db";
  books.records.copy_to(copy);
  books.receive('x');
  Records copied(copy, Records::Open::existing);
  EXPECT_THAT(copied.faults(), IsEmpty());
  EXPECT_EQ(copied.archived().size() + 1, books.records.archived().size());
  struct stat info {};
  ASSERT_EQ(::stat(copy.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_THROW(books.records.copy_to(copy), Refused) << "there is one already";
  EXPECT_THROW(books.records.copy_to(books.dir / "no" / "folder.db"), Refused);
}

TEST(Audit, SaysWhatAnImportChangedAndNoMore) {
  Books books;
  auto patient = *books.records.patient("00123456");
  patient.birth_date = std::chrono::year(1948) / 4 / 6;
  books.records.import_patients({patient}, "clerk", now);
  const auto rows = books.records.trace("patient", "00123456");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].was, R"({"birth_date":"1948-04-05"})");
  EXPECT_EQ(rows[1].became, R"({"birth_date":"1948-04-06"})");
}

std::string refusal_to_open(const std::filesystem::path& file,
                            Records::Open how = Records::Open::existing) {
  return tests::refusal<Refused>([&] { const Records records(file, how, 10ms); });
}

TEST(Opening, KeepsWhatWasWritten) {
  const tests::TempDir dir;
  const auto file = dir / "ein Ordner = mit 日本語.db";
  std::string head;
  {
    Records records(file, Records::Open::create);
    records.import_patients({{"1", "患者", "", std::chrono::year(1948) / 4 / 5, "male"}}, "clerk",
                            now);
    head = records.audit_head();
  }
  Records records(file, Records::Open::existing);
  EXPECT_EQ(records.audit_head(), head);
  EXPECT_EQ(records.patient("1")->name, "患者");
  EXPECT_THAT(records.faults(), IsEmpty());
}

TEST(Opening, MakesAFileThatOnlyWeMayRead) {
  const Books books;
  struct stat info {};
  ASSERT_EQ(::stat(books.file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(Opening, RefusesWhatIsNotOurs) {
  const tests::TempDir dir;
  EXPECT_THAT(refusal_to_open(dir / "none.db"), HasSubstr("No such file"));
  EXPECT_FALSE(std::filesystem::exists(dir / "none.db")) << "asking must not make it";
  EXPECT_THAT(refusal_to_open(dir / "no-folder" / "x.db", Records::Open::create),
              HasSubstr("cannot make"));

  std::ofstream(dir / "text.db") << std::string(5000, 'x');
  EXPECT_THAT(refusal_to_open(dir / "text.db"), HasSubstr("no database, or damaged"));

  Intruder(dir / "other.db").run("CREATE TABLE accounts (x TEXT)");
  EXPECT_THAT(refusal_to_open(dir / "other.db"), HasSubstr("belongs to another program"));

  const Books books;
  EXPECT_THAT(refusal_to_open(books.file, Records::Open::create),
              HasSubstr("there is one already"));
  Intruder(books.file).run("INSERT INTO schema_versions VALUES (99, 'from the future')");
  EXPECT_THAT(refusal_to_open(books.file), HasSubstr("version 99"));
}

TEST(Opening, AnEmptyFileBecomesADatabase) {
  // What a crash between making the file and its first commit leaves.
  const tests::TempDir dir;
  std::ofstream(dir / "renkei.db").close();
  EXPECT_EQ(refusal_to_open(dir / "renkei.db"), "");
  Records records(dir / "renkei.db", Records::Open::existing);
  EXPECT_THAT(records.faults(), IsEmpty());
}

TEST(Damage, IsFoundOrRefusedAndSaysNoNames) {
  Books books;
  for (char letter = 'a'; letter < 'k'; ++letter)
    books.records.file(Books::held(books.receive(letter), 5), now);
  const auto size = std::filesystem::file_size(books.file);
  std::fstream file(books.file, std::ios::in | std::ios::out | std::ios::binary);
  for (std::uintmax_t at = 4096; at < size; at += 3 * 4096) {
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(2000, 'Z');
  }
  file.close();
  std::string said;
  bool found = false;
  said = tests::refusal<Refused>([&] {
    Records again(books.file, Records::Open::existing);
    found = !again.faults().empty();
  });
  EXPECT_TRUE(found || !said.empty());
  EXPECT_THAT(said, Not(HasSubstr("患者")));
}

TEST(Locks, AreWaitedForAndThenNamed) {
  Books books;
  Intruder intruder(books.file);
  intruder.run("BEGIN EXCLUSIVE");
  EXPECT_THAT(refusal_to_open(books.file), HasSubstr("another program holds it locked"));
  intruder.run("ROLLBACK");
  Records records(books.file, Records::Open::existing, 10ms);
  intruder.run("BEGIN IMMEDIATE");
  EXPECT_EQ(records.patient("00123456")->sex, "male") << "readers need not wait for a writer";
  const auto said = tests::refusal<Refused>(
      [&] { records.receive("fax", "秘密.tif", std::string(64, 'a'), 1, now); });
  EXPECT_THAT(said, HasSubstr("cannot take the arrival in"));
  EXPECT_THAT(said, HasSubstr("another program holds it locked"));
  EXPECT_THAT(said, Not(HasSubstr("秘密")));
  intruder.run("ROLLBACK");
  EXPECT_EQ(records.receive("fax", "x", std::string(64, 'a'), 1, now).document, "D-000001");
}

/// Runs `act` in a child and gives its exit status, or minus the signal that ended it.
int in_child(auto&& act) {
  const auto child = ::fork();
  if (child == 0) {
    int status = 99;
    try {
      status = act();
    } catch (...) {
      status = 98;
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Disk, ThatTakesNoMoreLeavesEverythingAsItWas) {
  Books books;
  const auto head = books.records.audit_head();
  const auto size = std::filesystem::file_size(books.file);
  const int status = in_child([&] {
    Records records(books.file, Records::Open::existing);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{size, size};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    std::vector<records::Patient> many;
    for (int i = 0; i < 2000; ++i) {
      many.push_back({"N" + std::to_string(i), "x", "x", std::chrono::year(1948) / 4 / 5, "male"});
    }
    const auto said = tests::refusal<Refused>([&] { records.import_patients(many, "clerk", now); });
    if (said.find("disk") == std::string::npos) return 2;
    return records.audit_head() == head ? 0 : 3;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(books.records.audit_head(), head);
  EXPECT_FALSE(books.records.patient("N0"));
  books.expect_in_order();
}

TEST(Crash, LosesNothingThatWasSaid) {
  // A child files documents and says so after each; it is killed in the midst of its work.
  for (int said_before_the_kill = 1; said_before_the_kill <= 12; said_before_the_kill += 3) {
    Books books;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) {
      Records records(books.file, Records::Open::existing);
      for (int i = 0;; ++i) {
        auto sha256 = std::string(64, 'a');
        sha256[0] = static_cast<char>('a' + i % 26);
        sha256[1] = static_cast<char>('a' + i / 26 % 26);
        const auto id = records.receive("fax", "x", sha256, 1, now).document;
        records.file(Books::held(id, 2), now);
        if (::write(ends[1], "x", 1) != 1) ::_exit(1);
      }
    }
    ::close(ends[1]);
    char byte = 0;
    for (int i = 0; i < said_before_the_kill; ++i) ASSERT_EQ(::read(ends[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    Records::DocumentQuery held;
    held.state = records::DocumentState::held;
    EXPECT_GE(books.records.documents(held).size(), static_cast<std::size_t>(said_before_the_kill));
    EXPECT_LE(books.records.in_hand().size(), 1U);
    books.expect_in_order();
  }
}

}  // namespace
