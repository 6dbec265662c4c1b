"""What a first run costs, layer by layer and whole: processor time, wall time, peak memory, bytes of the lakehouse.

    layers.py TARGET SCALE [OTHER]     TARGET: the folder of the binaries; OTHER: a connectwise-etl to run in turns with it

Each layer is a process of its own over what the ones before it wrote, so that a peak is that layer's. A whole run is one
process. Medians of the rounds; a pair of versions is run in turns. The simulator is another process, and not counted.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3
STEPS = {"bronze": ["bronze"], "silver": ["silver"], "gold": ["gold"], "whole": ["bronze", "silver", "gold"]}


def served(simulator, scale):
    """Starts the simulator, and returns its process and the settings that it prints."""
    process = subprocess.Popen([simulator, "--port", "0", "--scale", scale], stdout=subprocess.PIPE, text=True)
    settings = {}
    for line in process.stdout:
        name, _, value = line.strip().partition("=")
        if re.fullmatch(r"CW_\w+", name):
            settings[name] = value
        if name == "CW_CLIENTID":
            return process, settings
    sys.exit("the simulator ended before it printed its settings")


def measured(command, environment):
    """Runs a command, and returns its processor seconds, its wall seconds and its peak in MiB."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1024


def size(folder):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def first_run(binary, settings):
    """Runs the layers into one lakehouse and all of them into another; returns the figures of each step."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **settings, "CW_STAGING": f"{folder}/staging"}
        for step, layers in STEPS.items():
            lakehouse = f"{folder}/{'whole' if step == 'whole' else 'layers'}"
            command = [binary, "run", "--mode", "full", "--quiet", "--lakehouse", lakehouse, "--layers"]
            figures[step] = (*measured([*command, ",".join(layers)], environment), size(lakehouse) / 2**20)
    return figures


def main():
    target, scale, *other = sys.argv[1:]
    binaries = {"this": Path(target, "connectwise-etl"), **({"other": Path(other[0])} if other else {})}
    process, settings = served(Path(target, "connectwise-simulator"), scale)
    settings["CW_REQUESTS_PER_MINUTE"] = "1000000"
    found = {name: {step: [] for step in STEPS} for name in binaries}
    try:
        for _ in range(ROUNDS):
            for name, binary in binaries.items():
                for step, figures in first_run(binary, settings).items():
                    found[name][step].append(figures)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    print(f"{scale}, medians of {ROUNDS} rounds\n")
    print("| step | version | CPU s | wall s | peak MiB | lakehouse MiB |\n|---|---|---|---|---|---|")
    for step in STEPS:
        for name in binaries:
            cpu, wall, peak, stored = (statistics.median(column) for column in zip(*found[name][step]))
            print(f"| {step} | {name} | {cpu:.1f} | {wall:.1f} | {peak:.0f} | {stored:.0f} |")


if __name__ == "__main__":
    main()
