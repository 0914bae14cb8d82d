"""The whole trip with the real programs: print, fill and fax, submit, read, file, flag."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hospital import PERIODIC, Hospital, run  # noqa: E402

BIN = None


def flag_kinds(report):
    return sorted({flag["kind"] for flag in report["flags"]})


class WholeTrip(unittest.TestCase):
    """One hospital, every fax of it worked off in one run of the service."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="renkei-e2e-")
        cls.hospital = Hospital(BIN, cls.folder.name)
        cls.hospital.init()
        cls.files = {}
        cls.fax_reports()
        cls.fax_odd_ones()
        cls.fax_one_without_codes()
        for file in cls.files.values():
            cls.hospital.renkei("submit", file)
        cls.hospital.work_off()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def fax_reports(cls):
        deviation = {"kind": "deviation", "outcome_date": "2026-11-04"}
        reports = {
            "regular": ("P-0001", {"cea": "3.2", "ca19_9": "14.0"}, {}),
            "typed": ("P-0002", {"cea": "3.4", "ca19_9": "22.5", "weight_kg": "61.0",
                                 "comment": "経過は良好です。", "_typed": True}, {}),
            "regular-standard": ("P-0002", {"cea": "2.7"}, {"quality": "standard"}),
            "regular-scan": ("P-0003", {"afp": "4.0"}, {"quality": "scan300"}),
            "upside-down": ("P-0004", {"_rotate": 180}, {}),
            "recurrence": ("P-0005", {**deviation, "recurrence": "confirmed",
                                      "recurrence_site": ["bone"], "outcome": "recurrence"}, {}),
            "suspected": ("P-0007", {"recurrence": "suspected"}, {}),
            "death": ("P-0008", {**deviation, "outcome": "death"}, {}),
            "five-years": ("P-0010", {**deviation, "outcome": "five_year_survival"}, {}),
            "moved": ("P-0009", {**deviation, "outcome": "other_exit", "exit_reason": "moved"},
                      {}),
            "psa": ("P-0006", {"psa": "0.45"}, {}),
            "wrong-birth-date": ("P-0001", {"birth_date": "1961-07-23"}, {}),
            "no-birth-date": ("P-0001", {"birth_date": None}, {}),
        }
        for seed, (name, (pathway, values, how)) in enumerate(reports.items(), 11):
            cls.files[name] = cls.hospital.report(name, pathway, values, seed=seed, **how)

    @classmethod
    def fax_odd_ones(cls):
        hospital = cls.hospital
        one = hospital.print_report("P-0001", "batch-1")
        two = hospital.print_report("P-0002", "batch-2")
        fill = [{**PERIODIC, "birth_date": hospital.birth_date(p)} for p in ("P-0001", "P-0002")]
        cls.files["two-patients"] = hospital.fax("two-patients", (*one, fill[0]),
                                                 (*two, fill[1]), seed=31)
        other = Hospital(BIN, pathlib.Path(cls.folder.name) / "other")
        other.init()
        cls.files["forged"] = other.report("forged", "P-0001", {}, seed=32)
        letter = hospital.mail / "letter-page.txt"
        letter.write_text("診療情報提供書\n平素より大変お世話になっております。\n")
        cls.files["untagged"] = hospital.mail / "untagged.tif"
        run(BIN / "faxsim", "--page-text", letter, "--seed", 33, "--out", cls.files["untagged"])
        more = hospital.mail / "sideways-page.txt"
        more.write_text("診療情報提供書\n平素より大変お世話になっております。\n"
                        "腹部超音波検査では、肝臓に明らかな異常を認めませんでした。\n"
                        "今後も当院にて外来通院を続けていただく予定です。\n")
        cls.files["sideways"] = hospital.mail / "sideways.tif"
        run(BIN / "faxsim", "--page-text", more, "--seed", 36, "--rotate", 90,
            "--out", cls.files["sideways"])
        attached = hospital.print_report("P-0002", "attached")
        cls.files["with-attachment"] = hospital.fax(
            "with-attachment", (*attached, {**fill[1], "attached_pages": "1"}), seed=34,
            more=("--page-text", letter))
        good = cls.files["regular"].read_bytes()
        for name, content in {"truncated.tif": good[:4000], "empty.tif": b"",
                              "letter.txt": "前略".encode(), "odd.pdf": b"%PDF-1.4\n%%EOF\n",
                              }.items():
            cls.files[name] = hospital.mail / name
            cls.files[name].write_bytes(content)

    @classmethod
    def fax_one_without_codes(cls):
        """A report of a recurrence, both of whose codes are blackened; the serial can be read."""
        pdf, layout = cls.hospital.print_report("P-0005", "codeless")
        tags = [tag["box"] for tag in json.loads(layout.read_text())["pages"][0]["tags"]]
        fill = {**PERIODIC, "birth_date": cls.hospital.birth_date("P-0005"), "kind": "deviation",
                "recurrence": "confirmed", "recurrence_site": ["liver"], "outcome": "recurrence",
                "outcome_date": "2026-11-04",
                "_blacken": [[x - 1, y - 1, w + 2, h + 2] for x, y, w, h in tags]}
        cls.files["codeless"] = cls.hospital.fax("codeless", (pdf, layout, fill), seed=35)

    def document(self, name):
        return self.hospital.document_of(self.files[name])

    def only_report(self, name):
        document = self.document(name)
        self.assertEqual(len(document["reports"]), 1, document)
        return document, self.hospital.reports_of(document)[0]

    def test_regular_reports_are_filed_without_a_flag(self):
        """Handwriting may be doubted, but nothing wrong may be accepted."""
        written = {**PERIODIC, "seal": None}
        expected = {"regular": ("00100017", {"cea": "3.2", "ca19_9": "14.0"}),
                    "regular-standard": ("00100025", {"cea": "2.7"}),
                    "regular-scan": ("00100033", {"afp": "4.0"}),
                    "upside-down": ("00100041", {})}
        for name, (patient, values) in expected.items():
            with self.subTest(name):
                document, report = self.only_report(name)
                self.assertEqual(document["state"], "filed", document)
                self.assertIn(report["state"], ("filed", "to-check"))
                self.assertEqual(report["patient"], patient)
                self.assertEqual([f for f in report["flags"] if f["severity"] == "urgent"], [])
                self.assertEqual([page["fate"] for page in document["pages"]], ["form"])
                self.assertLess(document["pages"][0]["quality"]["alignment_error_mm"], 0.5)
                for field, value in {**written, **values}.items():
                    read = report["fields"][field]
                    self.assertNotEqual(read["state"], "blank" if value else "", field)
                    if value and read["state"] == "accepted":
                        self.assertEqual(read["value"], value, field)
                doubts = [f for f, read in report["fields"].items()
                          if read["state"] == "doubtful"]
                self.assertLessEqual(len(doubts), 3, doubts)

    def test_a_typed_report_is_not_misread(self):
        _, report = self.only_report("typed")
        written = {"cea": "3.4", "ca19_9": "22.5", "weight_kg": "61.0",
                   "visit_date": "2026-11-05", "recurrence": "none", "outcome": "continuing"}
        accepted = {field: read["value"] for field, read in report["fields"].items()
                    if read["state"] == "accepted"}
        self.assertEqual({**written, **accepted}, {**accepted, **written})
        self.assertGreaterEqual(len(set(written) & set(accepted)), 4)

    def test_every_deviation_is_flagged(self):
        expected = {"recurrence": ("recurrence", "urgent"),
                    "suspected": ("recurrence-suspected", "urgent"),
                    "death": ("death", "urgent"),
                    "five-years": ("five-year-survival", "routine"),
                    "moved": ("other-exit", "routine"),
                    "psa": ("marker-above-limit", None)}
        for name, (kind, severity) in expected.items():
            with self.subTest(name):
                _, report = self.only_report(name)
                self.assertIn(kind, flag_kinds(report))
                if severity:
                    self.assertIn((kind, severity),
                                  [(f["kind"], f["severity"]) for f in report["flags"]])

    def test_a_batch_of_two_patients_goes_to_both(self):
        document = self.document("two-patients")
        self.assertEqual(document["state"], "filed", document)
        self.assertEqual(sorted(r["patient"] for r in self.hospital.reports_of(document)),
                         ["00100017", "00100025"])

    def test_an_untagged_page_goes_with_the_form_before_it(self):
        document, report = self.only_report("with-attachment")
        self.assertEqual([page["fate"] for page in document["pages"]], ["form", "attachment"])
        self.assertEqual(report["patient"], "00100025")

    def test_a_form_without_its_codes_is_suspected_and_held_and_its_news_are_told(self):
        document, report = self.only_report("codeless")
        self.assertEqual(document["state"], "held")
        self.assertIn("no-tag", document["reasons"])
        self.assertEqual([page["fate"] for page in document["pages"]], ["unidentified"])
        self.assertEqual(report["state"], "held")
        self.assertIsNone(report["patient"])
        self.assertTrue(report["fields"], "it was read all the same")
        self.assertIn(("recurrence", "urgent"),
                      [(flag["kind"], flag["severity"]) for flag in report["flags"]])

    def test_identity_in_doubt_is_held(self):
        for name, reason in {"wrong-birth-date": "identity-mismatch",
                             "no-birth-date": "identity-unreadable"}.items():
            with self.subTest(name):
                document, report = self.only_report(name)
                self.assertEqual(document["state"], "held")
                self.assertIn(reason, document["reasons"])
                self.assertEqual(report["state"], "held")
                self.assertIsNone(report["patient"])

    def test_bad_input_is_held_with_its_reason(self):
        for name, reason in {"forged": "forged-tag", "untagged": "no-tag",
                             "truncated.tif": "damaged-file",
                             "empty.tif": "damaged-file", "letter.txt": "unsupported-format",
                             "odd.pdf": "damaged-file"}.items():
            with self.subTest(name):
                document = self.document(name)
                self.assertEqual(document["state"], "held")
                self.assertIn(reason, document["reasons"])

    def test_originals_and_pictures_come_out_again(self):
        document = self.document("regular")
        out = pathlib.Path(self.folder.name) / "out"
        answer = self.hospital.ask("documents", "export", document["document"], "--out", out)
        self.assertEqual(pathlib.Path(answer["original"]).read_bytes(),
                         self.files["regular"].read_bytes())
        self.assertTrue(pathlib.Path(answer["filed"]).read_bytes().startswith(b"%PDF"))

    def test_a_letter_is_shown_the_way_its_words_stand(self):
        name = f"{self.document('sideways')['document']}-1.png"
        png = next(self.hospital.data.rglob(name)).read_bytes()
        width, height = (int.from_bytes(png[at:at + 4], "big") for at in (16, 20))
        self.assertLess(width, height)

    def test_the_same_bytes_again_are_filed_once(self):
        before = self.hospital.ask("reports", "list")
        self.hospital.renkei("submit", self.files["regular"])
        self.hospital.work_off()
        self.assertEqual(len(self.hospital.ask("reports", "list")), len(before))

    def test_everything_is_in_order(self):
        answer = self.hospital.ask("verify")
        self.assertTrue(answer["in_order"], answer)
        self.assertEqual(answer["documents"]["in_hand"], 0)
        self.assertEqual(answer["documents"]["received"], len(self.files))
        inbox = [p for p in (self.hospital.data / "inbox").rglob("*") if p.is_file()]
        self.assertEqual(inbox, [])

    def test_lists_fit_a_terminal(self):
        for words in (("documents", "list"), ("reports", "list"), ("flags", "list"),
                      ("patients", "show", "00100017")):
            for line in self.hospital.renkei(*words).splitlines():
                wide = sum(2 if ord(c) > 0x2e7f else 1 for c in line)
                self.assertLessEqual(wide, 100, line)


class WrongInput(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="renkei-e2e-")
        self.hospital = Hospital(BIN, self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def refused(self, status, *words):
        import subprocess
        done = subprocess.run([str(BIN / "renkei"), "--data", str(self.hospital.data),
                               *[str(w) for w in words]], capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stderr

    def test_exit_status_and_messages(self):
        self.assertIn("renkei.yaml", self.refused(3, "documents", "list"))
        self.hospital.init()
        self.assertIn("in use", self.refused(3, "init"))
        self.refused(2, "documents", "lost")
        self.refused(2, "print", "report", "--out", "x.pdf")
        self.assertIn("P-9999", self.refused(3, "print", "report", "--pathway", "P-9999",
                                             "--out", self.hospital.mail / "x.pdf"))
        self.assertIn("D-000099", self.refused(3, "documents", "show", "D-000099"))

    def test_a_wrong_line_changes_nothing(self):
        self.hospital.init()
        csv = self.hospital.mail / "patients.csv"
        csv.write_text("patient_id,name,kana,birth_date,sex\n"
                       "00200001,新規 見本,シンキ ミホン,1950-01-01,male\n"
                       "00200002,誤り 見本,アヤマリ ミホン,1950-13-01,male\n")
        said = self.refused(3, "import", "patients", csv)
        self.assertIn("patients.csv:3:", said)
        self.refused(3, "patients", "show", "00200001")

    def test_an_unknown_setting_names_its_line(self):
        self.hospital.init()
        settings = self.hospital.data / "renkei.yaml"
        settings.write_text("desk:\n  prot: 80\n")
        self.assertIn("renkei.yaml:2", self.refused(3, "documents", "list"))


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
