"""Silver and gold by Spark alone, on a cluster of two workers, in turns with the pipeline, over the same tables.

    silver.py LAKEHOUSE BINARY BUSINESS_DATE WORK

LAKEHOUSE is one that the pipeline made; it is only read. What is shown:

1. Spark makes silver and gold of its bronze, from nothing: every row is the pipeline's.
2. The pipeline goes on from there: its run succeeds, with all its checks, and changes no row.
3. Bronze changes. Spark merges what changed and nothing else: every row is what the pipeline makes of the same bronze.
4. The pipeline goes on from there as well.
5. A month end that is missing is written, and no other.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

# Of the cluster: a statement's tasks need a slot each, all at once.
CLUSTER = {"WORKER_INITIAL_COUNT": "2", "WORKER_MAX_COUNT": "2", "WORKER_TASK_SLOTS": "64"}
os.environ.update({"SAIL_MODE": "local-cluster", "SAIL_EXECUTION__DEFAULT_PARALLELISM": "2", "RUST_LOG": "error"})
os.environ.update({f"SAIL_CLUSTER__{name}": value for name, value in CLUSTER.items()})

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from gold import ENGINES
from lake import Reader
from order import steps
from templates import SETTINGS, build


def with_spark(lakehouse, batch, date, only=""):
    """Runs what the notebook runs; returns the number of rows that differed by table."""
    spark, _, server = ENGINES["sail"](None)
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    for layer in ("bronze", "silver", "gold"):
        spark.sql(f"CREATE DATABASE IF NOT EXISTS {layer}")
        for table in sorted((lakehouse / layer).glob("*/")):
            spark.sql(f"CREATE TABLE {layer}.{table.name} USING delta LOCATION '{table}'")

    def located(statement):
        """A new table lies where the lakehouse has its tables."""
        place = re.search(r"CREATE TABLE IF NOT EXISTS (\w+)\.(\w+) ", statement)
        folder = lakehouse / place[1] / place[2] if place else None
        return statement.replace("USING DELTA", f"USING DELTA LOCATION '{folder}'")

    now = datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    parameters = {"processedAt": now, "batchId": batch, "businessDate": date}
    started = time.monotonic()
    changed = dict(build(spark, (step for step in steps() if only in step["table"]), parameters, located))
    print(f"Spark, {batch}: {sum(changed.values())} rows of {len(changed)} tables in {time.monotonic() - started:.0f} s")
    spark.stop()
    server.stop()
    return changed


def with_pipeline(lakehouse, binary):
    started = time.monotonic()
    command = [binary, "run", "--layers", "silver,gold", "--lakehouse", str(lakehouse)]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit {ran.returncode}\n{ran.stdout[-3000:]}\n{ran.stderr[-2000:]}")
    print(f"pipeline: exit 0 in {time.monotonic() - started:.0f} s")


def copy(lakehouse, target, layers):
    for layer in layers:
        shutil.copytree(lakehouse / layer, target / layer)


def edit(lakehouse, table, count, change):
    """Changes the first rows of a bronze table, as a run of the pipeline would write them."""
    path = lakehouse / "bronze" / table
    rows = DeltaTable(str(path)).to_pyarrow_table().sort_by("id").slice(0, count)
    ids = rows.column("id").to_pylist()
    edited = [dict(change(row), etlRunId="edited") for row in rows.to_pylist()]
    edited = pa.Table.from_pylist(edited, schema=rows.schema)
    write_deltalake(str(path), edited, mode="overwrite", predicate=f"id <= {max(ids)}")
    return ids


def change_bronze(lakehouse):
    """Returns the ids that changed by silver table."""
    gone = datetime(2026, 6, 1, tzinfo=timezone.utc)

    def shorter(row):
        return dict(row, name="Breytt " + (row["name"] or ""), types=(row["types"] or [])[:1])

    changed = {
        "cw_company": edit(lakehouse, "cw_company", 2, shorter),
        "cw_timeentry": edit(lakehouse, "cw_timeentry", 3, lambda row: dict(row, actualHours=9.25)),
        "cw_expenseentry": edit(lakehouse, "cw_expenseentry", 1, lambda row: dict(row, etlDeletedAt=gone)),
        "cw_agreement": edit(lakehouse, "cw_agreement", 1, lambda row: dict(row, customFields=[])),
    }
    # A snapshot's row that is gone is gone.
    table = DeltaTable(str(lakehouse / "bronze/cw_unpostedinvoice"))
    table.delete(f"id = {min(table.to_pyarrow_table().column('id').to_pylist())}")
    return changed


def check(holds, what):
    if not holds:
        raise SystemExit(f"wrong: {what}")


def close_month(reader, lakehouse, date):
    """Takes the last month's rows away, as if it had just ended: Spark writes that month, and no other."""
    table = lakehouse / "gold/fact_monthend"
    stored = DeltaTable(str(table))
    month = max(stored.to_pyarrow_table().column("MonthEndDateKey").to_pylist())
    earlier = reader.rows(table, f"MonthEndDateKey < {month}")
    stored.delete(f"MonthEndDateKey = {month}")
    with_spark(lakehouse, "spark-3", date, only="fact_monthend")
    check(reader.rows(table, f"MonthEndDateKey < {month}") == earlier, "a month that was written is written again")
    written = reader.rows(table, f"MonthEndDateKey = {month}")
    check({"unbilledHours", "unbilledAmount", "receivables"} <= {row[2] for row in written}, f"{month} is not written")


def main():
    lakehouse, binary, date, work = Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])
    reader = Reader()
    ours, theirs = work / "spark", work / "pipeline"
    # Month ends were written when the months ended, and are kept: what is known now would give others.
    work.mkdir(parents=True, exist_ok=True)
    copy(lakehouse, ours, ["bronze", "meta", "gold/fact_monthend"])
    first = with_spark(ours, "spark-1", date)
    reader.same(ours, lakehouse, "made by Spark from nothing")
    with_pipeline(ours, binary)
    reader.same(ours, lakehouse, "after the pipeline went on from Spark's")
    check(reader.batches(ours) == {"spark-1"}, f"the pipeline rewrote rows of Spark's: {reader.batches(ours)}")
    check(len(first) == len(list(steps())), "a table was left out")

    copy(lakehouse, theirs, ["bronze", "silver", "gold", "meta"])
    changed = change_bronze(ours)
    check(change_bronze(theirs) == changed, "other rows were changed")
    with_pipeline(theirs, binary)
    before = reader.versions(ours)
    second = with_spark(ours, "spark-2", date)
    reader.same(ours, theirs, "after bronze changed")
    for table, ids in changed.items():
        found = reader.rewritten(ours, table, "spark-2")
        check(found == ids, f"{table}: the rows {found} were rewritten and not {ids}")
    after = reader.versions(ours)
    moved = {f"{layer}.{table}" for (layer, table), version in after.items() if before.get((layer, table)) != version}
    check(moved == {table for table, count in second.items() if count}, f"commits without a change: {sorted(moved)}")
    check(len(moved) < len(after) / 2, f"nearly all tables got a commit: {sorted(moved)}")

    with_pipeline(ours, binary)
    reader.same(ours, theirs, "after the pipeline went on from the change")
    check(reader.batches(ours) == {"spark-1", "spark-2"}, f"the pipeline rewrote rows: {reader.batches(ours)}")
    close_month(reader, ours, date)
    print("Spark and the pipeline, in turns: all agree")


if __name__ == "__main__":
    main()
