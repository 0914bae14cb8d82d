#!/usr/bin/env python3
"""From the closing of a faxed file to its flag on record, and the memory that takes.

Starts the real renkeid on a made-up hospital, puts faxes of recurrences into its inbox one by one, and
asks the database until the flag is there.
"""

import argparse
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "e2e"))
from hospital import Hospital  # noqa: E402

RECURRENCE = {"kind": "deviation", "recurrence": "confirmed", "recurrence_site": ["bone"],
              "outcome": "recurrence", "outcome_date": "2026-11-04"}


def flags(database):
    try:
        asked = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
        try:
            return asked.execute("SELECT count(DISTINCT document) FROM flags "
                                 "WHERE severity = 'urgent'").fetchone()[0]
        finally:
            asked.close()
    except sqlite3.OperationalError:  # being written just now
        return 0


def memory(pid, what):
    """MB: VmHWM, the most that was resident."""
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith(what):
                return int(line.split()[1]) / 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def children(pid):
    try:
        return [int(word) for word in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Peaks:
    """The most memory that was seen of the service, its warm parents, and their children."""

    def __init__(self, service):
        self.service = service
        self.most = [0.0, 0.0, 0.0]

    def look(self):
        warm = children(self.service)
        for depth, pids in enumerate(([self.service], warm, [c for w in warm for c in children(w)])):
            for pid in pids:
                self.most[depth] = max(self.most[depth], memory(pid, "VmHWM"))


def faxes(hospital, count):
    pathways = [f"P-{n:04}" for n in range(1, 11)]
    return [hospital.report(f"fax{n:04}", pathways[n % len(pathways)], RECURRENCE,
                            degrade="normal", seed=100 + n) for n in range(count)]


def measure(hospital, files, moved, already, peaks):
    """Seconds to each flag; `already` so many were there before."""
    database = hospital.data / "renkei.db"
    inbox = hospital.data / "inbox" / "fax"
    waits = []
    for number, file in enumerate(files, already + 1):
        if moved:
            file.rename(inbox / file.name)
        else:
            (inbox / file.name).write_bytes(file.read_bytes())
        closed = time.monotonic()
        while flags(database) < number:
            peaks.look()
            if time.monotonic() - closed > 60:
                raise SystemExit(f"{file.name}: no flag within a minute")
            time.sleep(0.002)
        waits.append(time.monotonic() - closed)
    return sorted(waits)


def say(how, waits):
    def at(share):
        return 1000 * waits[round(share * (len(waits) - 1))]
    print(f"file closed to urgent flag on record, {len(waits)} faxes {how}, one by one: "
          f"p50 {at(0.5):.0f} ms, p99 {at(0.99):.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin", help="folder of renkei, renkeid and faxsim")
    parser.add_argument("--faxes", type=int, default=100, help="moved in whole")
    parser.add_argument("--written", type=int, default=3,
                        help="written in place: these rest first, in case the sender goes on")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as folder:
        hospital = Hospital(options.bin, folder)
        hospital.init()
        files = faxes(hospital, options.faxes + options.written)
        log = open(pathlib.Path(folder) / "log", "w")
        service = subprocess.Popen([hospital.bin / "renkeid", "--data", hospital.data], stderr=log,
                                   stdout=log, env={**os.environ})
        try:
            time.sleep(2)  # loads its models
            peaks = Peaks(service.pid)
            moved = measure(hospital, files[:options.faxes], True, 0, peaks)
            written = measure(hospital, files[options.faxes:], False, options.faxes, peaks)
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait()
    say("moved in whole", moved)
    say("written in place", written)
    print("memory, most resident: service {:.0f} MB, warm parent {:.0f} MB, child {:.0f} MB"
          .format(*peaks.most))


if __name__ == "__main__":
    main()
