"""What the benchmarks share: the simulator, a command's cost, and tables of medians."""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3


def written_once():
    """The gold tables that only a run over all layers writes, when a month is over: a run of gold alone leaves them."""
    text = (ROOT / "generated/src/gold.rs").read_text(encoding="utf-8")
    tables = [(part.split('"', 2)[1], part) for part in text.split("GoldTable {\n        name: ")[1:]]
    return {name for name, part in tables if "written_once: Some" in part}


class Cost(NamedTuple):
    """What a process cost: seconds of processor and of wall time, peak memory in MiB."""

    cpu: float
    wall: float
    peak: float


@contextmanager
def served(target, scale):
    """Runs the simulator, and yields an environment that leads to it; requests are not limited."""
    process = subprocess.Popen(
        [Path(target, "connectwise-simulator"), "--port", "0", "--scale", scale], stdout=subprocess.PIPE, text=True
    )
    try:
        settings = {"CW_REQUESTS_PER_MINUTE": "1000000"}
        for line in process.stdout:
            name, _, value = line.strip().partition("=")
            if re.fullmatch(r"CW_\w+", name):
                settings[name] = value
            if name == "CW_CLIENTID":
                break
        else:
            sys.exit("the simulator ended before it printed its settings")
        yield {**os.environ, **settings}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def measured(command, environment=None):
    """Runs a command, and returns what it printed and its cost; ends the benchmark where the command fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, env=environment, stdout=printed)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read().decode()
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}: {text[-2000:]}")
    return text, Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def size(folder):
    """The bytes of a folder's files, in MiB."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 2**20


def medians(rounds):
    """The median of each column of some rounds."""
    return [statistics.median(column) for column in zip(*rounds)]


def row(names, figures, digits):
    """A line of a Markdown table."""
    shown = [f"{figure:,.{places}f}" for figure, places in zip(figures, digits)]
    return "| " + " | ".join([*names, *shown]) + " |"
