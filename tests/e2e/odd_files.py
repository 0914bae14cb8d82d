"""Files of many makers, odd and broken ones: each ends filed, or held with a reason, and the service goes on.

Wants ../shared/data; skipped, saying so, where it is absent.
"""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hospital import Hospital, run  # noqa: E402

BIN = None
DATA = None
REASONS = {"no-tag", "damaged-file", "unsupported-format", "too-large", "transmission-error",
           "reader-crashed", "reader-timeout"}


class OddFiles(unittest.TestCase):
    def work_off(self, files):
        """All of them through one run of the service; their documents, by file."""
        with tempfile.TemporaryDirectory(prefix="renkei-odd-") as folder:
            hospital = Hospital(BIN, folder)
            hospital.init()
            for file in files:
                hospital.renkei("submit", "--source", "scan", file)
            hospital.work_off()
            documents = {d["sha256"]: d for d in hospital.ask("documents", "list")}
            answer = hospital.ask("verify")
            self.assertTrue(answer["in_order"], answer)
            self.assertEqual(answer["documents"]["in_hand"], 0)
            return {file: documents[run("sha256sum", file).split()[0]] for file in files}

    def check(self, files):
        if not files:
            self.skipTest(f"no test files: {DATA} is absent")
        for file, document in self.work_off(files).items():
            with self.subTest(file.name):
                self.assertEqual(document["state"], "held", document)
                self.assertTrue(document["reasons"])
                self.assertLessEqual(set(document["reasons"]), REASONS)
                if "no-tag" in document["reasons"]:
                    self.assertGreater(len(document["pages"]), 0)

    def test_faxes_of_many_makers(self):
        self.check(sorted((DATA / "fax" / "ccitt").glob("*")))

    def test_faxes_that_libtiff_refuses(self):
        self.check(sorted((DATA / "fax" / "broken").glob("*")))

    def test_pdf(self):
        self.check(sorted((DATA / "pdf").glob("*/*.pdf")))


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    DATA = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
