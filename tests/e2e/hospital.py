"""A made-up hospital and its clinics, played with the real programs: renkei, renkeid, faxsim."""

import json
import pathlib
import subprocess


class Failed(Exception):
    pass


def run(*command, expect=0):
    """Runs a program; its standard output. `expect` is the exit status it must end with."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != expect:
        raise Failed(f"{' '.join(str(word) for word in command)}\nended with {done.returncode}, "
                     f"not {expect}\n{done.stdout}{done.stderr}")
    return done.stdout


PERIODIC = {
    "kind": "periodic",
    "visit_date": "2026-11-05",
    "performance_status": "0",
    "weight_kg": "58.4",
    "recurrence": "none",
    "outcome": "continuing",
    "next_visit": "2027-02",
    "attached_pages": "0",
    "seal": "yes",
}


class Hospital:
    def __init__(self, bin_folder, folder):
        self.bin = pathlib.Path(bin_folder)
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "hospital"
        self.mail = self.folder / "mail"
        self.mail.mkdir(parents=True, exist_ok=True)

    def renkei(self, *words, expect=0):
        return run(self.bin / "renkei", "--data", self.data, *words, expect=expect)

    def ask(self, *words, expect=0):
        return json.loads(self.renkei("--json", *words, expect=expect))

    def init(self):
        self.renkei("init", "--demo")

    def birth_date(self, pathway):
        for patient in self.patients():
            if pathway in [p["pathway"] for p in patient["pathways"]]:
                return patient["birth_date"]
        raise Failed(f"no patient has {pathway}")

    def patients(self):
        ids = [f"001000{n}" for n in
               ("17", "25", "33", "41", "58", "66", "74", "82", "90")] + ["00100108"]
        return [self.ask("patients", "show", id) for id in ids]

    def print_report(self, pathway, name):
        """Prints a form; what faxsim needs to fill it."""
        pdf, layout = self.mail / f"{name}.pdf", self.mail / f"{name}.json"
        self.renkei("print", "report", "--pathway", pathway, "--out", pdf, "--layout", layout)
        return pdf, layout

    def fax(self, name, *sheets, quality="fine", degrade="light", seed=1, more=()):
        """Each sheet is (pdf, layout, values); one file with all of them."""
        words = []
        for number, (pdf, layout, values) in enumerate(sheets):
            fill = self.mail / f"{name}-{number}.values.json"
            fill.write_text(json.dumps(values, ensure_ascii=False))
            words += ["--layout", layout, "--blank", pdf, "--fill", fill]
        out = self.mail / f"{name}.tif"
        run(self.bin / "faxsim", *words, "--quality", quality, "--degrade", degrade,
            "--seed", seed, "--out", out, *more)
        return out

    def report(self, name, pathway, values, **how):
        """A clinic fills a fresh form and faxes it; the file."""
        pdf, layout = self.print_report(pathway, name)
        filled = {**PERIODIC, "birth_date": self.birth_date(pathway), **values}
        filled = {field: value for field, value in filled.items() if value is not None}
        return self.fax(name, (pdf, layout, filled), **how)

    def work_off(self):
        return run(self.bin / "renkeid", "--data", self.data, "--once")

    def document_of(self, file):
        sha256 = run("sha256sum", file).split()[0]
        for document in self.ask("documents", "list"):
            if document["sha256"] == sha256:
                return self.ask("documents", "show", document["document"])
        raise Failed(f"{file} is on no record")

    def reports_of(self, document):
        return [self.ask("reports", "show", report) for report in document["reports"]]
