"""This project beside others over the same data: writes tests/bench/RESULTS.md.

    run.py TARGET SCALE SPARK     TARGET: the folder of the binaries; SPARK: the Python that has PySpark

Each command is a process of its own; all take turns, and what is written down are medians. The simulator is another
process on the same machine, and not counted.
"""

import json
import platform
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import gold
from common import ROOT, ROUNDS, measured, medians, row, served, size

HERE = Path(__file__).parent
DIGITS = (1, 1, 0, 1)


def counted(text):
    """The number of records that a command says it read: a run's report, or the number alone."""
    told = json.loads(text)
    return told if isinstance(told, int) else sum(entity["numbers"]["rows_read"] for entity in told["entities"])


def entries(target, scale):
    """The cost of time entries into a Delta table, by each way, and how many there are."""
    found, counts = {}, set()
    with served(target, scale) as environment:
        for number in range(ROUNDS):
            for name in ("connectwise-etl", "plain Python", "dlt"):
                print(f"time entries, round {number + 1} of {ROUNDS}: {name}", file=sys.stderr)
                with tempfile.TemporaryDirectory() as folder:
                    lake = f"{folder}/lake"
                    if name == "connectwise-etl":
                        command = [target / name, "run", "--mode", "full", "--layers", "bronze", "--json"]
                        command += ["--entities", "TimeEntry", "--lakehouse", lake]
                    elif name == "dlt":
                        command = [sys.executable, HERE / "dlt_entries.py", folder]
                    else:
                        command = [sys.executable, HERE / "plain.py", lake]
                    text, cost = measured(command, {**environment, "CW_STAGING": f"{folder}/staging"})
                    found.setdefault(name, []).append((*cost, size(lake)))
                    counts.add(counted(text))
    if len(counts) != 1:
        sys.exit(f"the numbers of time entries differ: {sorted(counts)}")
    return {name: medians(rounds) for name, rounds in found.items()}, counts.pop()


def first_run(target, scale):
    """The cost of a first run of all layers."""
    rounds = []
    with served(target, scale) as environment:
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                lake = f"{folder}/lake"
                command = [target / "connectwise-etl", "run", "--mode", "full", "--quiet", "--lakehouse", lake]
                _, cost = measured(command, {**environment, "CW_STAGING": f"{folder}/staging"})
                rounds.append((*cost, size(lake)))
    return medians(rounds)


def golds(target, scale, spark):
    """The cost of gold from silver, by each engine, and how many rows it has."""
    with tempfile.TemporaryDirectory() as folder:
        lakehouse = Path(folder, "lake")
        found = gold.rounds(
            target,
            scale,
            lakehouse,
            {
                "DuckDB": gold.duckdb_command(lakehouse, "parquet"),
                "PySpark": lambda date: [spark, HERE / "spark.py", lakehouse, date],
            },
        )
    rows = sum(found["connectwise-etl"][0].rows.values())
    return {name: gold.figures(of) for name, of in found.items()}, rows


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    return f"{model[1] if model else platform.machine()}, {gold.THREADS} cores, {memory:.0f} GiB, {platform.system()}"


def versions(target, spark):
    own = subprocess.run([target / "connectwise-etl", "--version"], capture_output=True, text=True, check=True)
    ask = "from importlib.metadata import version; print(version('pyspark'))"
    pyspark = subprocess.run([spark, "-c", ask], capture_output=True, text=True, check=True)
    packages = ", ".join(f"{name} {version(name)}" for name in ("dlt", "deltalake", "pyarrow", "duckdb"))
    return f"{own.stdout.strip()}, {packages}, pyspark {pyspark.stdout.strip()}, Python {platform.python_version()}"


def table(heads, figures, digits):
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join(lines + [row([name], of, digits) for name, of in figures.items()])


def main(target, scale, spark):
    of_entries, records = entries(target, scale)
    of_gold, rows = golds(target, scale, spark)
    whole = first_run(target, scale)
    heads = ["", "CPU s", "wall s", "peak MiB", "MiB written"]
    text = f"""# Results

Written by `bash tests/bench/run {scale}`. Medians of {ROUNDS} rounds, in turns; CPU seconds are of all processes of a
command, those of the simulator are not in it.

Machine: {machine()}.\\
Versions: {versions(target, spark)}.

## {records:,} time entries from the API into a Delta table

{table(heads, of_entries, DIGITS)}

`plain Python` is requests, orjson, pyarrow and deltalake in forty lines, which keep what is nested as text. dlt's REST
source runs with its own settings.

## Gold from silver: {rows:,} rows

{table(["", "layer, s", *heads[1:]], of_gold, (1, *DIGITS))}

All run the generated SQL, each in its own dialect, over the same Parquet files of silver. DuckDB and PySpark write
plain Parquet; connectwise-etl writes Delta tables and checks them, which is in its time. PySpark runs on all cores, with
8 GiB for its driver.

## A first run, all entities and layers

{table(heads, {"connectwise-etl": whole}, DIGITS)}
"""
    (ROOT / "tests/bench/RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
