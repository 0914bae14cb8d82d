"""scripts/demo, after the build: a made-up hospital, faxes from made-up clinics, and what became of them."""

import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hospital import Hospital  # noqa: E402

FAXES = [
    ("胃、定期報告", "P-0001", {"cea": "2.1", "ca19_9": "14"}, {}),
    ("大腸、定期報告、標準画質", "P-0002", {"cea": "3.2", "ca19_9": "21"}, {"quality": "standard"}),
    ("肝、再発の報告", "P-0003", {"kind": "deviation", "recurrence": "confirmed",
                            "recurrence_site": ["liver"], "outcome": "recurrence",
                            "outcome_date": "2026-11-04"}, {}),
    ("肺、再発の疑い、上下さかさま", "P-0004", {"recurrence": "suspected", "_rotate": 180}, {}),
    ("乳、5年生存", "P-0005", {"kind": "deviation", "outcome": "five_year_survival",
                           "outcome_date": "2026-11-05"}, {}),
    ("前立腺、PSA が基準を超えた", "P-0006", {"psa": "0.45"}, {}),
    ("大腸、死亡の報告", "P-0007", {"kind": "deviation", "outcome": "death",
                            "outcome_date": "2026-10-30"}, {}),
    ("胃、別の患者の生年月日", "P-0008", {"birth_date": "1951-07-21"}, {}),
]


def main(bin_folder, folder):
    shutil.rmtree(folder, ignore_errors=True)
    hospital = Hospital(bin_folder, folder)
    print("making a demonstration hospital (made-up patients and clinics)", flush=True)
    hospital.init()
    print(f"clinics fill {len(FAXES)} forms and fax them", flush=True)
    for number, (what, pathway, values, how) in enumerate(FAXES, 1):
        file = hospital.report(f"fax{number:04d}", pathway, values, seed=number, **how)
        hospital.renkei("submit", file)
        print(f"  {file.name}  {what}", flush=True)
    broken = hospital.mail / "broken.tif"
    broken.write_bytes((hospital.mail / "fax0002.tif").read_bytes()[:3000])
    hospital.renkei("submit", broken)
    print("  broken.tif  途中で切れたファイル", flush=True)
    print("renkeid works them off", flush=True)
    hospital.work_off()
    for title, words in (("documents", ("documents", "list")),
                         ("reports", ("reports", "list")),
                         ("flags", ("flags", "list")),
                         ("verify", ("verify",))):
        print(f"\n--- renkei {' '.join(words)} ---")
        print(hospital.renkei(*words), end="", flush=True)
    print(f"""
The hospital stays in {folder}/hospital. Go on with
  {bin_folder}/renkei --data {folder}/hospital flags list
  {bin_folder}/renkeid --data {folder}/hospital      and open http://127.0.0.1:8470/""")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
