"""What people decide, with the real programs: void forms, letters, corrections, ends, reminders, backups."""

import datetime
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hospital import Failed, Hospital, run  # noqa: E402

BIN = None


class People(unittest.TestCase):
    """One hospital, some faxes, and two people who work on what came of them."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="renkei-people-")
        cls.hospital = hospital = Hospital(BIN, cls.folder.name)
        hospital.init()
        hospital.renkei("users", "add", "sato", "--role", "coordinator")
        hospital.renkei("users", "add", "suzuki", "--role", "doctor")
        deviation = {"kind": "deviation", "outcome_date": "2026-11-04"}
        cls.files = {
            "void": hospital.report("void", "P-0001", {}, seed=41),
            "death": hospital.report("death", "P-0008", {**deviation, "outcome": "death"}, seed=42),
            "moved": hospital.report("moved", "P-0009", {**deviation, "outcome": "other_exit",
                                                         "exit_reason": "moved"}, seed=43),
            "no-birth-date": hospital.report("no-birth-date", "P-0003", {"birth_date": None},
                                             seed=44),
            "regular": hospital.report("regular", "P-0002", {"cea": "3.2"}, seed=45),
        }
        letter = hospital.mail / "letter-page.txt"
        letter.write_text("診療情報提供書\n平素より大変お世話になっております。\n")
        cls.files["letter"] = hospital.mail / "letter.tif"
        run(BIN / "faxsim", "--page-text", letter, "--seed", 46, "--out", cls.files["letter"])
        cls.serial = hospital.ask("forms", "list", "--pathway", "P-0001")[0]["serial"]
        hospital.renkei("forms", "void", cls.serial, "--by", "sato", "--note", "書き損じ")
        for file in cls.files.values():
            hospital.renkei("submit", file)
        hospital.work_off()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def document(self, name):
        return self.hospital.document_of(self.files[name])

    def report(self, name):
        return self.hospital.reports_of(self.document(name))[0]

    def in_order(self):
        answer = self.hospital.ask("verify")
        self.assertTrue(answer["in_order"], answer)
        return answer

    def test_a_void_form_is_held_and_says_what_it_was(self):
        document = self.document("void")
        self.assertEqual(document["state"], "held")
        self.assertIn("void-serial", document["reasons"])
        was = document["void_forms"][0]
        self.assertEqual((was["serial"], was["pathway"], was["patient"]),
                         (self.serial, "P-0001", "00100017"))
        self.assertEqual((was["void_by"], was["void_reason"]), ("sato", "書き損じ"))
        again = self.hospital.renkei("forms", "void", self.serial, "--by", "suzuki")
        self.assertIn("by sato", again)
        for wrong in ("7K2QX-9HD4A", "xyz", "00000-00000"):
            with self.assertRaises(Failed):
                self.hospital.renkei("forms", "void", wrong, "--by", "sato")

    def test_a_replaced_form_is_void(self):
        hospital = self.hospital
        out = hospital.mail / "replaced.pdf"
        first = hospital.ask("print", "report", "--pathway", "P-0004", "--visit", "2026-12-01",
                             "--out", out)["serials"][0]
        second = hospital.ask("print", "report", "--replace", first.lower(), "--out", out)
        forms = {form["serial"]: form for form in hospital.ask("forms", "list")}
        self.assertEqual(forms[first]["state"], "void")
        self.assertIn(second["serials"][0], forms[first]["void_reason"])
        self.assertEqual(forms[second["serials"][0]]["state"], "out")
        self.assertEqual(forms[second["serials"][0]]["visit"], "2026-12-01")
        hospital.renkei("print", "report", "--replace", first, "--pathway", "P-0001", "--out", out,
                        expect=3)
        hospital.renkei("print", "report", "--out", out, expect=2)
        with self.assertRaisesRegex(Failed, "is void since"):
            hospital.renkei("print", "report", "--replace", first, "--out", out)

    def test_an_acknowledged_death_ends_the_pathway(self):
        hospital = self.hospital
        report = self.report("death")
        flag = next(f for f in report["flags"] if f["kind"] == "death")
        hospital.renkei("print", "report", "--pathway", "P-0008", "--out",
                        hospital.mail / "unused.pdf")
        late = [v for v in hospital.ask("overdue", "list", "--earlier") if v["pathway"] == "P-0008"]
        self.assertTrue(any(v["state"] == "late" for v in late))
        hospital.renkei("flags", "acknowledge", flag["flag"], "--by", "nobody", expect=3)
        hospital.renkei("flags", "acknowledge", flag["flag"], "--by", "suzuki", "--note", "了解")
        self.assertIn("by suzuki", hospital.renkei("flags", "acknowledge", flag["flag"], "--by",
                                                   "sato"))
        ended = next(p for p in hospital.ask("pathways", "list") if p["pathway"] == "P-0008")
        self.assertEqual(ended["ending"]["why"], "death")
        self.assertEqual(ended["ending"]["ended_by"], "suzuki")
        states = {v["state"] for v in hospital.ask("overdue", "list", "--earlier")
                  if v["pathway"] == "P-0008"}
        self.assertLessEqual(states, {"reported"})
        forms = hospital.ask("forms", "list", "--pathway", "P-0008")
        self.assertEqual(sorted(form["state"] for form in forms), ["returned", "void"])
        hospital.renkei("print", "report", "--pathway", "P-0008", "--out",
                        hospital.mail / "no.pdf", expect=3)
        hospital.renkei("pathways", "reopen", "P-0008", "--by", "sato", "--note", "誤り")
        forms = hospital.ask("forms", "list", "--pathway", "P-0008")
        self.assertEqual(sorted(form["state"] for form in forms), ["out", "returned"])
        trace = hospital.ask("flags", "show", flag["flag"])["trace"]
        self.assertEqual([row["what"] for row in trace], ["raise", "acknowledge"])

    def test_a_false_alarm_is_closed_for_a_reason(self):
        hospital = self.hospital
        flag = next(f for f in self.report("moved")["flags"] if f["kind"] == "other-exit")["flag"]
        hospital.renkei("flags", "acknowledge", flag, "--by", "suzuki")
        hospital.renkei("flags", "close", flag, "--by", "sato", expect=3)
        self.assertIn("P-0009 is open again",
                      hospital.renkei("flags", "close", flag, "--by", "sato", "--note", "転居は取りやめ"))
        shown = hospital.ask("flags", "show", flag)
        self.assertEqual((shown["state"], shown["closed_as"]), ("closed", "false-alarm"))
        hospital.renkei("flags", "reopen", flag, "--by", "sato", expect=3)
        anew = hospital.ask("flags", "reopen", flag, "--by", "sato", "--note", "やはり転居")
        self.assertEqual((anew["state"], anew["kind"]), ("open", "other-exit"))
        self.assertNotEqual(anew["flag"], flag)
        pathway = next(p for p in hospital.ask("pathways", "list") if p["pathway"] == "P-0009")
        self.assertIsNone(pathway["ending"])

    def test_a_letter_is_filed_by_a_person(self):
        hospital = self.hospital
        document = self.document("letter")
        self.assertEqual(document["state"], "held")
        visit = next(v["visit"] for v in hospital.ask("overdue", "list", "--state", "late", "--earlier")
                     if v["pathway"] == "P-0005")
        file = ("documents", "file", document["document"], "--pathway", "P-0005", "--visit", visit)
        hospital.renkei(*file, expect=2)
        hospital.renkei(*file, "--by", "nobody", expect=3)
        hospital.renkei(*file[:-1], "2099-01-01", "--by", "sato", expect=3)
        hospital.renkei(*file, "--by", "sato", "--note", "紹介状")
        hospital.renkei(*file, "--by", "sato", expect=3)
        document = self.document("letter")
        self.assertEqual((document["state"], document["reasons"]), ("filed", []))
        self.assertEqual([page["fate"] for page in document["pages"]], ["attachment"])
        self.assertEqual(document["letters"][0]["filed_by"], "sato")
        reported = [v for v in hospital.ask("overdue", "list", "--clinic", "9910100065")
                    if v["document"] == document["document"]]
        self.assertEqual([v["state"] for v in reported], ["reported"])
        record = hospital.ask("patients", "show", "00100058")
        self.assertIn(document["document"], [d["document"] for d in record["documents"]])
        self.in_order()
        hold = ("documents", "hold", document["document"], "--by", "suzuki")
        hospital.renkei(*hold, expect=2)
        hospital.renkei(*hold, "--note", "別の患者")
        self.assertEqual(self.document("letter")["reasons"], ["held-by-person"])
        shown = hospital.renkei("documents", "show", document["document"])
        self.assertRegex(shown, "sato +file by person +filed +P-0005 +紹介状")
        self.assertRegex(shown, "suzuki +take back +held +別の患者")
        what = [row["what"] for row in hospital.ask("documents", "show", document["document"])["trace"]]
        self.assertEqual([word for word in what if word != "second look"],
                         ["receive", "file", "file by person", "take back"])
        record = hospital.ask("patients", "show", "00100058")
        self.assertEqual(record["documents"], [])
        self.in_order()

    def test_a_held_form_enters_the_record_by_a_person(self):
        hospital = self.hospital
        document = self.document("no-birth-date")
        self.assertEqual(document["reasons"], ["identity-unreadable"])
        hospital.renkei("documents", "file", document["document"], "--pathway", "P-0002", "--by",
                        "sato", expect=3)
        hospital.renkei("documents", "file", document["document"], "--pathway", "P-0003", "--by",
                        "sato", "--note", "電話で確認")
        report = self.report("no-birth-date")
        self.assertEqual(report["patient"], "00100033")
        self.assertIn(report["state"], ("filed", "to-check"))
        self.in_order()

    def test_a_correction_runs_the_rules(self):
        hospital = self.hospital
        report = self.report("regular")["report"]
        correct = ("reports", "correct", report)
        hospital.renkei(*correct, "cea", "3,2", "--by", "sato", expect=3)
        hospital.renkei(*correct, "nothing", "1", "--by", "sato", expect=3)
        hospital.renkei(*correct, "weight_kg", "400", "--by", "sato", expect=3)
        hospital.renkei(*correct, "birth_date", "1999-01-01", "--by", "sato", expect=3)
        raised = hospital.ask(*correct, "cea", "52.0", "--by", "sato", "--note", "原本")["raised"]
        self.assertEqual([hospital.ask("flags", "show", f)["kind"] for f in raised],
                         ["marker-above-limit"])
        answer = hospital.ask(*correct, "cea", "3.2", "--by", "suzuki")
        self.assertEqual(answer["withdrawn"], raised)
        shown = hospital.ask("reports", "show", report)
        self.assertEqual(shown["fields"]["cea"]["state"], "corrected")
        self.assertEqual([c["by"] for c in shown["corrections"]], ["sato", "suzuki"])
        self.assertEqual(shown["corrections"][1]["was"], ["52.0"])
        self.assertEqual(hospital.ask("reports", "show", f"R-{int(report[2:])}"), shown)
        self.assertEqual(hospital.ask("flags", "show", raised[0])["closed_as"], "withdrawn")
        self.in_order()

    def test_a_reminder_has_a_form_for_each_late_visit(self):
        hospital = self.hospital
        out = hospital.mail / "reminder.pdf"
        on = ("--on", "2026-11-22", "--earlier")
        late = hospital.ask("overdue", "list", "--clinic", "9910100057", "--state", "late", *on)
        self.assertEqual(late, sorted(late, key=lambda visit: visit["visit"]))
        answer = hospital.ask("print", "reminder", "--clinic", "9910100057", "--out", out, *on)
        self.assertEqual([(f["pathway"], f["visit"]) for f in answer["forms"]],
                         [(v["pathway"], v["visit"]) for v in late])
        self.assertEqual(out.read_bytes()[:4], b"%PDF")
        hospital.renkei("print", "reminder", "--clinic", "9910100057", "--on", "2020-01-01",
                        "--out", out, expect=3)
        hospital.renkei("print", "reminder", "--clinic", "1", "--out", out, expect=3)

    def test_paper_that_could_not_be_printed_is_not_waited_for(self):
        hospital = self.hospital
        before = hospital.ask("forms", "list")
        nowhere = hospital.mail / "no such folder" / "form.pdf"
        hospital.renkei("print", "report", "--pathway", "P-0001", "--out", nowhere, expect=4)
        hospital.renkei("print", "reminder", "--clinic", "9910100057", "--out", nowhere,
                        "--on", "2026-11-22", "--earlier", expect=4)
        issued = [form for form in hospital.ask("forms", "list") if form not in before]
        self.assertGreater(len(issued), 1)
        self.assertEqual({form["void_reason"] for form in issued}, {"could not be printed"})

    def test_what_was_late_before_its_pathway_was_registered_is_not_asked_for(self):
        hospital = self.hospital
        every = hospital.ask("overdue", "list", "--earlier")
        listed = hospital.ask("overdue", "list")
        left_out = [v for v in every if v not in listed]
        self.assertTrue(left_out)
        self.assertEqual({v["state"] for v in left_out}, {"late"})
        self.assertEqual([v for v in listed if v not in every], [])
        # Not one of them became late since the pathways were imported, today.
        self.assertNotIn("late", {v["state"] for v in listed})
        # In a year some will have.
        later = ("--on", (datetime.date.today() + datetime.timedelta(days=365)).isoformat())
        self.assertIn("late", {v["state"] for v in hospital.ask("overdue", "list", *later)})
        self.assertIn("--earlier", hospital.renkei("overdue", "list"))
        clinic = left_out[0]["clinic"]
        hospital.renkei("print", "reminder", "--clinic", clinic, "--out",
                        hospital.mail / "early.pdf", expect=3)

    def test_a_backup_holds_what_waits_in_the_inboxes(self):
        hospital = self.hospital
        folder = pathlib.Path(self.folder.name)
        waiting = hospital.data / "inbox" / "scan" / "まだ.pdf"
        waiting.write_bytes(b"%PDF-1.4 a letter that nobody has taken in yet")
        shutil.copy(self.files["death"], hospital.data / "inbox" / "fax" / "known.tif")
        answer = hospital.ask("backup", "--out", folder / "waiting")
        self.assertEqual(answer["waiting"], 1, "what is on record waits no more")
        shutil.rmtree(hospital.data / "inbox" / "fax")
        (hospital.data / "inbox" / "fax").mkdir()
        waiting.unlink()
        other = Hospital(BIN, folder / "after the fire")
        self.assertEqual(json.loads(other.renkei("--json", "restore", "--from",
                                                 folder / "waiting"))["waiting"], 1)
        before = len(other.ask("documents", "list"))
        other.work_off()
        documents = other.ask("documents", "list")
        self.assertEqual(len(documents), before + 1)
        self.assertEqual((documents[-1]["name"], documents[-1]["source"]), ("まだ.pdf", "scan"))
        self.assertTrue(other.ask("verify")["in_order"])

    def lossy_backup(self, folder):
        """Originals that are lost must not cost the copies of the others, nor go unsaid."""
        hospital, out = self.hospital, folder / "lossy"
        missing, unreadable = sorted((hospital.data / "archive").glob("??/*"))[:2]
        for victim in (missing, unreadable):
            victim.rename(folder / victim.name)
        unreadable.mkdir()  # a read fails, as on a bad sector
        # Whoever had the missing one still has put it back into the inbox.
        waiting = hospital.data / "inbox" / "scan" / "again.tif"
        shutil.copy(folder / missing.name, waiting)
        try:
            answer = json.loads(hospital.renkei("--json", "backup", "--out", out, expect=1))
            self.assertEqual(answer["waiting"], 1, "it may be the only whole copy")
            for victim in (missing, unreadable):
                self.assertIn(victim.name, json.dumps(answer["faults"]))
            note = json.loads((out / "backup.json").read_text())
            self.assertEqual((note["missing"], note["damaged"]), ([missing.name], [unreadable.name]))
            other = Hospital(BIN, folder / "of the lossy")
            other.renkei("restore", "--from", out, expect=1)
            self.assertEqual(other.ask("documents", "list"), hospital.ask("documents", "list"))
            third = sorted((out / "archive").glob("??/*"))[0]
            third.unlink()
            other = Hospital(BIN, folder / "of one that lost more")
            with self.assertRaisesRegex(Failed, f"since it was made:\n  missing {third.name}"):
                other.renkei("restore", "--from", out)
        finally:
            waiting.unlink()
            unreadable.rmdir()
            for victim in (missing, unreadable):
                (folder / victim.name).rename(victim)
        self.assertTrue(hospital.ask("verify")["in_order"])

    def imported(self, what, rows, *words, expect=0):
        """What `import` answers for these rows, handed in through a pipe."""
        heads = {"patients": "patient_id,name,kana,birth_date,sex",
                 "pathways": "pathway_id,patient_id,clinic_id,disease,started_on,hospital_doctor,"
                             "thresholds"}
        command = [BIN / "renkei", "--data", self.hospital.data, *words, "import", what, "/dev/stdin"]
        done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                              input="\n".join([heads[what], *rows]) + "\n")
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr if expect else done.stdout

    def test_a_second_pathway_of_one_disease_is_told(self):
        hospital = self.hospital
        known = hospital.ask("pathways", "list")[0]
        row = f"P-0999,{known['patient']},{known['clinic']},{known['disease']},2026-11-01,鈴木,"
        answer = json.loads(self.imported("pathways", [row], "--json"))
        self.assertEqual(answer["doubles"], [{"pathway": "P-0999", "beside": known["pathway"]}])
        self.assertEqual(answer["changed_pathways"], [])
        changed = row.replace("2026-11-01,鈴木,", "2026-10-01,鈴木,cea=5")
        self.assertEqual(json.loads(self.imported("pathways", [changed], "--json"))["changed_pathways"],
                         [{"pathway": "P-0999", "field": "started_on", "was": "2026-11-01",
                           "became": "2026-10-01"},
                          {"pathway": "P-0999", "field": "thresholds", "was": "", "became": "cea=5"}])
        self.assertIn("pathway P-0999: thresholds was cea=5, is now nothing",
                      self.imported("pathways", [row]))
        self.assertIn("stdin:2:", self.imported("pathways", [row.replace("2026-", "2099-")], expect=3))
        hospital.renkei("pathways", "end", "P-0999", "--why", "other-exit", "--by", "sato")

    def test_a_patient_who_is_there_under_another_number_is_told(self):
        cases = {
            "no": ("77000001,架空 二郎,カクウ ジロウ,1951-01-01,male", []),
            "name": ("100017,見本　太郎,ミホン タロウ,1948-04-05,male", [("00100017", "name")]),
            "kana": ("100025,試驗 花,ｼｹﾝ ﾊﾅｺ,1955-11-23,female", [("00100025", "kana")]),
            "another day": ("77000002,見本 太郎,ミホン タロウ,1948-04-06,male", []),
        }
        for name, (row, expected) in cases.items():
            with self.subTest(name):
                id = row.split(",")[0]
                told = json.loads(self.imported("patients", [row], "--json"))["namesakes"]
                self.assertEqual(told, [{"patient": id, "beside": beside, "same": same}
                                        for beside, same in expected])
        rows = [f"7700000{n},双子 一,フタゴ ハジメ,1960-02-02,male" for n in (3, 4)]
        self.assertIn("patient 77000004: 77000003 has the same name and date of birth",
                      self.imported("patients", rows))
        self.assertNotIn("same name", self.imported("patients", rows), "they are known now")

    def test_what_is_no_plain_file_in_an_inbox_is_told(self):
        hospital = self.hospital
        folder = hospital.data / "inbox" / "fax" / "2026-11"
        folder.mkdir()
        try:
            self.assertRegex(hospital.renkei("documents", "list"), "2026-11 .*a folder: nothing in it")
        finally:
            folder.rmdir()

    def test_what_was_not_taken_in_is_not_called_received(self):
        hospital = self.hospital
        cut = hospital.mail / "cut.tif"
        cut.write_bytes(self.files["regular"].read_bytes()[:-100])
        # No service runs: nothing is taken in, whole or not.
        self.assertEqual(hospital.renkei("submit", cut), "cut.tif: handed-in\n")
        self.assertEqual(hospital.renkei("submit", cut, "--wait", 0, expect=1),
                         "cut.tif: not taken in yet\n")
        answer = hospital.ask("submit", cut, "--wait", 0, expect=1)[0]
        self.assertEqual((answer["state"], answer["taken_in"], answer["document"]),
                         ("received", False, None))
        for file in (hospital.data / "inbox" / "fax").glob("cut*"):
            file.unlink()

    def test_users_are_listed(self):
        users = {user["user"]: user["role"] for user in self.hospital.ask("users", "list")}
        self.assertEqual(users["sato"], "coordinator")

    def test_a_backup_is_restored_and_verified(self):
        hospital = self.hospital
        folder = pathlib.Path(self.folder.name)
        out, other = folder / "backup", Hospital(BIN, folder / "elsewhere")
        answer = hospital.ask("backup", "--out", out)
        self.assertTrue(answer["in_order"], answer)
        hospital.renkei("backup", "--out", out, expect=3)
        self.lossy_backup(folder)
        other.renkei("restore", "--from", out)
        other.renkei("restore", "--from", out, expect=3)
        self.assertEqual(other.ask("documents", "list"), hospital.ask("documents", "list"))
        self.assertEqual((other.data / "keys").stat().st_mode & 0o777, 0o700)
        for key in (other.data / "keys").iterdir():
            self.assertEqual(key.stat().st_mode, (hospital.data / "keys" / key.name).stat().st_mode)
        other.work_off()
        self.assertTrue(other.ask("verify")["in_order"])
        shutil.rmtree(other.data)
        victim = next((out / "archive").glob("??/*"))
        victim.chmod(0o600)
        victim.write_bytes(b"x" + victim.read_bytes()[1:])
        other.renkei("restore", "--from", out, expect=4)
        self.assertFalse(other.data.exists())
        shutil.rmtree(out)

    def test_only_what_came_is_exported_as_the_original(self):
        hospital = self.hospital
        out = pathlib.Path(self.folder.name) / "exported"
        document = self.document("regular")
        export = ("documents", "export", document["document"], "--out", out)
        victim = hospital.data / "archive" / document["sha256"][:2] / document["sha256"]
        whole, mode = victim.read_bytes(), victim.stat().st_mode
        original = pathlib.Path(hospital.ask(*export)["original"])
        self.assertEqual(original.read_bytes(), whole)
        original.unlink()
        victim.chmod(0o600)
        for state, spoil in (("damaged", lambda: victim.write_bytes(whole[:-1] + b"?")),
                             ("missing", victim.unlink)):
            with self.subTest(state):
                spoil()
                try:
                    answer = hospital.ask(*export, expect=1)
                    self.assertIsNone(answer["original"])
                    self.assertTrue(pathlib.Path(answer["filed"]).exists())
                    with self.assertRaisesRegex(Failed, f"ended with 1(.|\n)*is {state} in the archive"):
                        hospital.renkei(*export)
                    self.assertEqual([file.name for file in out.iterdir()],
                                     [f"{document['document']}-filed.pdf"])
                finally:
                    victim.write_bytes(whole)
                    victim.chmod(mode)

    def test_verify_says_whose_original_is_lost(self):
        hospital = self.hospital
        folder = pathlib.Path(self.folder.name)
        hospital.renkei("backup", "--out", folder / "whole")
        document = self.document("regular")
        place = pathlib.Path(document["sha256"][:2]) / document["sha256"]

        def spoilt(file):
            file.chmod(0o600)
            file.write_bytes(b"x")

        def folder_instead(file):
            file.unlink()
            file.mkdir()

        lost = [document["document"], "regular.tif"]
        cases = {  # what happens to the original, how that is called, what a clerk reads
            "damaged": (spoilt, "damaged", "damaged +" + " +".join(lost)),
            "missing": (lambda file: file.unlink(), "missing", "missing +" + " +".join(lost)),
            "no file": (folder_instead, "damaged", "damaged +" + " +".join(lost)),
            "foreign": (lambda file: (file.parent / "notes.txt").write_text("x"), "foreign",
                        "not ours"),
        }
        for name, (spoil, how, words) in cases.items():
            with self.subTest(name):
                case = Hospital(BIN, folder / f"verify {name}")
                shutil.copytree(folder / "whole", case.data)
                spoil(case.data / "archive" / place)
                fault = case.ask("verify", expect=1)["faults"][0]
                self.assertEqual((fault["what"], fault["how"]), ("archive", how))
                known = how != "foreign"
                self.assertEqual(fault["sha256"], document["sha256"] if known else None)
                self.assertEqual([fault["document"], fault["name"]], lost if known else [None, None])
                self.assertEqual(fault["received_at"], document["received_at"] if known else None)
                said = case.renkei("verify", expect=1)
                self.assertRegex(said, words)
                self.assertIn(fault["where"], said, "not cut in a pipe")
                shutil.rmtree(case.data)

    def test_verify_names_each_fault(self):
        hospital = self.hospital
        folder = pathlib.Path(self.folder.name)
        out = folder / "to-tamper"
        hospital.renkei("backup", "--out", out)
        head = hospital.ask("verify", "--knows", "0" * 64)["audit_head"]
        hospital.renkei("verify", "--knows", "f" * 64, expect=1)
        shutil.copytree(out, folder / "case")

        def sql(statement):
            def tamper(data):
                run(sys.executable, "-c", "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\n"
                    "c.executescript(sys.argv[2])\nc.commit()", data / "renkei.db", statement)
            return tamper

        def archived(data):
            victim = next((data / "archive").glob("??/*"))
            victim.chmod(0o600)
            return victim

        faults = {
            "archive changed": ("archive", lambda d: archived(d).write_bytes(b"x")),
            "archive gone": ("archive", lambda d: archived(d).unlink()),
            "page": ("page ledger", sql("DELETE FROM pages WHERE document = 1")),
            "seal": ("audit chain", sql("UPDATE patients SET birth_date = '1950-01-01'")),
            "row": ("audit chain", sql("UPDATE audit SET who = 'nobody' WHERE seq = 2")),
            "tail": ("audit anchor", sql("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM "
                                         "audit)")),
            "anchor": ("audit anchor", lambda d: (d / "renkei.anchor").unlink()),
            "foreign key": ("database", sql("INSERT INTO arrivals VALUES (999, 1, 'x', 'x', 'x')")),
        }
        for name, (what, tamper) in faults.items():
            with self.subTest(name):
                shutil.rmtree(folder / "case")
                shutil.copytree(out, folder / "case")
                tamper(folder / "case")
                done = subprocess.run([str(BIN / "renkei"), "--data", str(folder / "case"),
                                       "verify"], capture_output=True, text=True)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(what, done.stdout)
        self.assertEqual(len(head), 64)


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
