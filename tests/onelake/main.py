"""Runs the checks: main.py [--verbose] BINARIES AZURITE FOLDER [CHECK…]; exit status 1 where one failed."""

import signal
import sys
import time
import traceback
from pathlib import Path

import checks_access
import checks_counts
import checks_faults
import checks_lock
from report import Report
from scene import Scene

CHECKS = [
    checks_counts.counts,
    checks_counts.age,
    checks_counts.delay,
    checks_faults.tables,
    checks_faults.faults,
    checks_faults.throttling,
    checks_faults.lost_answers,
    checks_faults.batch,
    checks_access.credentials,
    checks_access.messages,
    checks_access.locations,
    checks_lock.lock,
    checks_lock.killed,
    checks_access.emulator,
]


def main():
    # Ended from outside as by Ctrl-C, so that what was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments = [argument for argument in sys.argv[1:] if argument != "--verbose"]
    binaries, azurite, folder, *wanted = arguments
    known = {check.__name__.replace("_", "-"): check for check in CHECKS}
    chosen = []
    for name in wanted:
        if name.isdigit() and 1 <= int(name) <= len(CHECKS):
            chosen.append(CHECKS[int(name) - 1])
        elif name in known:
            chosen.append(known[name])
        else:
            sys.exit(f"{name} is no check: use a number up to {len(CHECKS)} or one of {', '.join(known)}")
    report = Report("--verbose" in sys.argv)
    scene = Scene(Path(binaries).resolve(), Path(folder), azurite)
    began = time.monotonic()
    try:
        for check in chosen or CHECKS:
            report.check = f"{CHECKS.index(check) + 1} {check.__name__.replace('_', '-')}"
            at = time.monotonic()
            try:
                check(scene, report)
            except Exception as error:
                report.says(False, "the check itself ended", f"{type(error).__name__}: {error}")
                report.detail(traceback.format_exc())
            report.detail(f"     {report.check} took {time.monotonic() - at:.1f} s")
        report.check = "0 stand-in"
        unanswered = sum(proxy.unanswered for proxy in scene.proxies)
        report.says(not unanswered, "Azurite answers every request", f"{unanswered} not" if unanswered else "")
    finally:
        scene.stop()
    print(f"{report.passed} ok, {len(report.failed)} failed in {time.monotonic() - began:.0f} s", flush=True)
    return 1 if report.failed or not report.passed else 0


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
