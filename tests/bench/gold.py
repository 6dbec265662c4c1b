"""How long gold takes from silver, beside DuckDB with the same statements over the same Parquet files, in turns.

    gold.py TARGET SCALE LAKEHOUSE     TARGET: the folder of the binaries; LAKEHOUSE: filled where it has no silver
    gold.py duckdb LAKEHOUSE DATE tables|parquet     one round of DuckDB, in a process of its own

DuckDB gets as many threads as there are processors for us, and for each function of ours the fastest way that it has
itself. It makes tables in its memory ("tables"), or Parquet files, as gold is ("parquet"). Our figure is what the run
says of its gold tables, and what the whole process took, with the checks and its start.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
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
    return re.findall(r'GoldTable \{\s+name: "(\w+)"', text)


TYPES = {"long": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN", "timestamp": "TIMESTAMPTZ"}


def relation(table):
    """The rows of a Delta table's newest version, by its log: a SELECT over its Parquet files."""
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
    if files:
        listed = ", ".join(f"'{table / file}'" for file in files)
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
    print(json.dumps({"seconds": seconds, "rows": rows}))


def measured(command, **more):
    """Runs a command: what it printed, its seconds, and its peak memory in MiB."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, stdout=printed, **more)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read().decode()
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}: {text}")
    return text, seconds, usage.ru_maxrss / 1024


def fill(target, scale, lakehouse):
    """Bronze and silver, from a simulator."""
    arguments = [target / "connectwise-simulator", "--port", "0", "--scale", scale]
    simulator = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        login = dict(simulator.stdout.readline().strip().split("=", 1) for _ in range(4))
        command = [target / "connectwise-etl", "run", "--mode", "full", "--layers", "bronze,silver", "--lakehouse"]
        measured([*command, lakehouse], env={**os.environ, **login})
    finally:
        simulator.send_signal(signal.SIGINT)
        simulator.wait()


def our_round(target, lakehouse):
    shutil.rmtree(lakehouse / "gold", ignore_errors=True)
    command = [target / "connectwise-etl", "run", "--layers", "gold", "--json", "--lakehouse", lakehouse]
    text, seconds, memory = measured(command)
    tables = json.loads(text)["tables"]
    rows = {table["table"]: table["rows"] for table in tables}
    return {table["table"]: table["seconds"] for table in tables}, rows, seconds, memory


def main(target, scale, lakehouse):
    if not (lakehouse / "silver").is_dir():
        print(f"filling {lakehouse} from a simulator, {scale}", file=sys.stderr)
        fill(target, scale, lakehouse)
    best = {}

    def keep(name, seconds, whole, memory):
        total = sum(seconds.values())
        if name not in best or total < best[name][0]:
            best[name] = (total, whole, memory, seconds)

    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
        # The day on which the run itself says it is.
        date = datetime.now(ZoneInfo("Atlantic/Reykjavik")).strftime("%Y-%m-%d")
        counts = {}
        for form in ("tables", "parquet"):
            command = [sys.executable, __file__, "duckdb", lakehouse, date, form]
            text, whole, memory = measured(command)
            told = json.loads(text)
            counts[f"DuckDB, {form}"] = told["rows"]
            keep(f"DuckDB, {form}", told["seconds"], whole, memory)
        seconds, rows, whole, memory = our_round(target, lakehouse)
        keep("connectwise-etl", seconds, whole, memory)
        for name, theirs in counts.items():
            if theirs != rows:
                sys.exit(f"{name} has other numbers of rows: {theirs}; ours are {rows}")

    print(f"{THREADS} threads, the best of {ROUNDS} rounds, {sum(rows.values()):,} gold rows, as many on each side\n")
    print(f"{'':32}{'tables, s':>10}{'process, s':>11}{'peak, MiB':>11}")
    for name, (total, whole, memory, _) in best.items():
        print(f"{name:32}{total:10.2f}{whole:11.2f}{memory:11.0f}")
    total, whole, _, ours = best["connectwise-etl"]
    for name in ("DuckDB, tables", "DuckDB, parquet"):
        theirs, _, _, _ = best[name]
        print(f"\nagainst {name}: {total / theirs:.2f} times its time; with the checks and the process {whole / theirs:.2f}")
    slowest = sorted(ours, key=ours.get, reverse=True)[:6]
    print(f"\n{'the slowest, s':32}{'ours':>10}{'tables':>11}{'parquet':>11}")
    for table in slowest:
        theirs = [best[name][3][table] for name in ("DuckDB, tables", "DuckDB, parquet")]
        print(f"{table:32}{ours[table]:10.2f}{theirs[0]:11.2f}{theirs[1]:11.2f}")


if sys.argv[1] == "duckdb":
    duckdb_round(Path(sys.argv[2]), sys.argv[3], sys.argv[4])
else:
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
