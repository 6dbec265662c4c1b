"""What gold costs from silver, beside DuckDB with the same statements over the same Parquet files, in turns.

    gold.py TARGET SCALE LAKEHOUSE     TARGET: the folder of the binaries; LAKEHOUSE: filled where it has no silver
    gold.py duckdb LAKEHOUSE DATE tables|parquet     one round of DuckDB, in a process of its own

DuckDB gets as many threads as there are processors for us, and for each function of ours the fastest way that it has
itself. It makes tables in its memory ("tables"), or Parquet files, as gold is ("parquet"). Our figure is what the run
says of the gold layer with all its checks, since some tables are built side by side, and what the whole process took.
Medians of the rounds.
"""

import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import namedtuple
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from common import ROOT, ROUNDS, measured, medians, served, size, written_once

THREADS = len(os.sched_getaffinity(0))

RULES = """CASE
    WHEN contains(n, 'yþjónusta') THEN 'billable_service'
    WHEN contains(n, 'tímapottur') THEN 'prepaid_hours'
    WHEN contains(n, 'innri verkefni') THEN 'internal_project'
    WHEN contains(n, 'rekstrarþjónusta') OR contains(n, 'alrekstur') THEN 'operations'
    WHEN contains(n, 'hugbúnaðarþjónusta') OR contains(n, 'office 365') THEN 'software_service'
    ELSE 'other' END"""

MACROS = [
    "exact_decimal(x) AS TRY_CAST(x AS DECIMAL(19, 4))",
    f"agreement_type(x) AS (SELECT {RULES} FROM (SELECT lower(nfc_normalize(x)) AS n))",
    "wide_decimal(x) AS TRY_CAST(x AS DECIMAL(38, 4))",
    "trimmed(x) AS trim(x)",
    "folded_name(x) AS lower(nfc_normalize(trim(x)))",
    "whole_number(x) AS TRY_CAST(x AS BIGINT)",
    "digits(x) AS CASE WHEN regexp_matches(x, '^-?[0-9]+[.eE]') THEN CAST(TRY_CAST(x AS HUGEINT) AS VARCHAR) ELSE x END",
    "instant(x) AS TRY_CAST(x AS TIMESTAMPTZ)",
    "percentage(a, b) AS CASE WHEN b = 0 THEN 0 ELSE TRY_CAST(ROUND(100 * a / b, 4) AS DECIMAL(19, 4)) END",
    "text_key(x) AS CAST(hash(x) % 9007199254740992 AS BIGINT)",
    "local_date(x, z) AS CAST(timezone(z, x) AS DATE)",
    "date_key(x, z) AS year(timezone(z, x)) * 10000 + month(timezone(z, x)) * 100 + day(timezone(z, x))",
    "date_add_days(x, n) AS CAST(x + to_days(CAST(n AS INTEGER)) AS DATE)",
    "days_between(a, b) AS CAST(b - a AS BIGINT)",
    "arrow_cast(x, t) AS CAST(x AS TIMESTAMPTZ)",
    "regexp_like(s, p) AS regexp_matches(s, p)",
]


def build_order():
    text = (ROOT / "generated/src/gold.rs").read_text(encoding="utf-8")
    return [name for name in re.findall(r'GoldTable \{\s+name: "(\w+)"', text) if name not in written_once()]


TYPES = {"long": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN", "timestamp": "TIMESTAMPTZ"}


def newest(table):
    """The files of a Delta table's newest version, and its fields, by its log."""
    log = table / "_delta_log"
    if list(log.glob("*.checkpoint*.parquet")):
        sys.exit(f"{table}: its log has a checkpoint, which this script does not read; take a new lakehouse")
    files, fields = {}, []
    for commit in sorted(log.glob("*.json")):
        for action in map(json.loads, commit.read_text(encoding="utf-8").splitlines()):
            if "metaData" in action:
                fields = json.loads(action["metaData"]["schemaString"])["fields"]
            elif "add" in action:
                files[action["add"]["path"]] = True
            elif "remove" in action:
                files.pop(action["remove"]["path"], None)
    return [table / file for file in files], fields


def relation(table):
    """The rows of a Delta table's newest version: a SELECT over its Parquet files."""
    files, fields = newest(table)
    if files:
        listed = ", ".join(f"'{file}'" for file in files)
        return f"SELECT * FROM read_parquet([{listed}])"
    types = [(field["name"], TYPES.get(str(field["type"]), "VARCHAR")) for field in fields]
    return "SELECT " + ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in types) + " WHERE false"


def duckdb_round(lakehouse, date, form):
    import duckdb

    database = duckdb.connect()
    database.execute(f"SET threads = {THREADS}; SET TimeZone = 'UTC'; SET integer_division = true")
    database.execute("CREATE SCHEMA silver; CREATE SCHEMA gold")
    for macro in MACROS:
        database.execute(f"CREATE MACRO {macro}")
    for table in sorted((lakehouse / "silver").iterdir()):
        database.execute(f"CREATE VIEW silver.{table.name} AS {relation(table)}")
    seconds, rows = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for table in build_order():
            sql = (ROOT / f"generated/sql/datafusion/{table}.sql").read_text(encoding="utf-8")
            sql = sql.replace("${businessDate}", date)
            sql = re.sub(r"CAST\((\w+\.infoLastUpdated) AS BIGINT\)", r"epoch_us(\1)", sql)
            started = time.monotonic()
            if form == "tables":
                database.execute(f"CREATE TABLE gold.{table} AS {sql}")
            else:
                path = f"{folder}/{table}.parquet"
                database.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)")
                database.execute(f"CREATE VIEW gold.{table} AS SELECT * FROM read_parquet('{path}')")
            seconds[table] = time.monotonic() - started
            rows[table] = database.execute(f"SELECT count(*) FROM gold.{table}").fetchone()[0]
        print(json.dumps({"seconds": seconds, "rows": rows, "mebibytes": size(folder)}))


def fill(target, scale, lakehouse):
    """Bronze and silver, from a simulator."""
    with served(target, scale) as environment:
        command = [target / "connectwise-etl", "run", "--mode", "full", "--layers", "bronze,silver", "--lakehouse"]
        measured([*command, lakehouse], environment)


# seconds: of each table; layer: of all.
Round = namedtuple("Round", "seconds layer rows mebibytes cost")


def our_round(target, lakehouse):
    shutil.rmtree(lakehouse / "gold", ignore_errors=True)
    command = [target / "connectwise-etl", "run", "--layers", "gold", "--json", "--lakehouse", lakehouse]
    text, cost = measured(command)
    told = json.loads(text)
    tables = [table for table in told["tables"] if table["table"] not in written_once()]
    seconds = {table["table"]: table["seconds"] for table in tables}
    rows = {table["table"]: table["rows"] for table in tables}
    return Round(seconds, told["seconds"]["gold"], rows, size(lakehouse / "gold"), cost)


def round_of(command):
    """One round of another engine, which prints its seconds, rows and MiB a table, and its cost where that is not its process's."""
    text, cost = measured(command)
    told = json.loads(text.splitlines()[-1])
    seconds, cost = told["seconds"], cost._replace(**told.get("cost", {}))
    return Round(seconds, sum(seconds.values()), told["rows"], told["mebibytes"], cost)


def rounds(target, scale, lakehouse, commands):
    """Runs all engines in turns; returns the rounds of each. `commands`: name → the command for a business date."""
    if not (lakehouse / "silver").is_dir():
        print(f"filling {lakehouse} from a simulator, {scale}", file=sys.stderr)
        fill(target, scale, lakehouse)
    found = {name: [] for name in ("connectwise-etl", *commands)}
    for number in range(ROUNDS):
        print(f"gold, round {number + 1} of {ROUNDS}", file=sys.stderr)
        # The day on which the run itself says it is.
        date = datetime.now(ZoneInfo("Atlantic/Reykjavik")).strftime("%Y-%m-%d")
        ours = our_round(target, lakehouse)
        found["connectwise-etl"].append(ours)
        for name, command in commands.items():
            theirs = round_of(command(date))
            if theirs.rows != ours.rows:
                sys.exit(f"{name} has other numbers of rows: {theirs.rows}; ours are {ours.rows}")
            found[name].append(theirs)
    return found


def duckdb_command(lakehouse, form):
    return lambda date: [sys.executable, __file__, "duckdb", lakehouse, date, form]


def figures(found):
    """Medians of an engine's rounds: seconds of the layer, CPU s, wall s, peak MiB, MiB written."""
    return medians([(one.layer, *one.cost, one.mebibytes) for one in found])


def main(target, scale, lakehouse):
    forms = {f"DuckDB, {form}": duckdb_command(lakehouse, form) for form in ("tables", "parquet")}
    found = rounds(target, scale, lakehouse, forms)
    rows = sum(found["connectwise-etl"][0].rows.values())
    print(f"{THREADS} threads, medians of {ROUNDS} rounds, {rows:,} gold rows, as many on each side\n")
    print(f"{'':24}{'layer, s':>10}{'process, s':>11}{'CPU, s':>9}{'peak, MiB':>11}")
    for name, of in found.items():
        total, cpu, wall, peak, _ = figures(of)
        print(f"{name:24}{total:10.2f}{wall:11.2f}{cpu:9.2f}{peak:11.0f}")
    ours = figures(found["connectwise-etl"])
    for name in forms:
        theirs = figures(found[name])
        print(f"\nagainst {name}: {ours[0] / theirs[0]:.2f} times its time, our checks with it; the process {ours[2] / theirs[2]:.2f}")
    tables = {name: dict(zip(of[0].rows, medians([one.seconds[table] for table in of[0].rows] for one in of))) for name, of in found.items()}
    mine = tables["connectwise-etl"]
    print(f"\n{'the slowest, s':32}" + "".join(f"{name:>18}" for name in tables))
    for table in sorted(mine, key=mine.get, reverse=True)[:6]:
        print(f"{table:32}" + "".join(f"{of[table]:18.2f}" for of in tables.values()))


if __name__ == "__main__":
    if sys.argv[1] == "duckdb":
        duckdb_round(Path(sys.argv[2]), sys.argv[3], sys.argv[4])
    else:
        main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
