"""What a first run costs, layer by layer and whole: processor time, wall time, peak memory, bytes of the lakehouse.

    layers.py TARGET SCALE [OTHER]     TARGET: the folder of the binaries; OTHER: a connectwise-etl to run in turns with it

Each layer is a process of its own over what the ones before it wrote, so that a peak is that layer's. A whole run is one
process. Medians of the rounds; a pair of versions is run in turns. The simulator is another process, and not counted.
"""

import sys
import tempfile
from pathlib import Path

from common import ROUNDS, measured, medians, row, served, size

STEPS = {"bronze": ["bronze"], "silver": ["silver"], "gold": ["gold"], "whole": ["bronze", "silver", "gold"]}


def first_run(binary, environment):
    """Runs the layers into one lakehouse and all of them into another; returns the figures of each step."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for step, layers in STEPS.items():
            lakehouse = f"{folder}/{'whole' if step == 'whole' else 'layers'}"
            command = [binary, "run", "--mode", "full", "--quiet", "--lakehouse", lakehouse, "--layers"]
            _, cost = measured([*command, ",".join(layers)], {**environment, "CW_STAGING": f"{folder}/staging"})
            figures[step] = (*cost, size(lakehouse))
    return figures


def main():
    target, scale, *other = sys.argv[1:]
    binaries = {"this": Path(target, "connectwise-etl"), **({"other": Path(other[0])} if other else {})}
    found = {name: {step: [] for step in STEPS} for name in binaries}
    with served(target, scale) as environment:
        for _ in range(ROUNDS):
            for name, binary in binaries.items():
                for step, figures in first_run(binary, environment).items():
                    found[name][step].append(figures)
    print(f"{scale}, medians of {ROUNDS} rounds\n")
    print("| step | version | CPU s | wall s | peak MiB | lakehouse MiB |\n|---|---|---|---|---|---|")
    for step in STEPS:
        for name in binaries:
            print(row([step, name], medians(found[name][step]), (1, 1, 0, 0)))


if __name__ == "__main__":
    main()
