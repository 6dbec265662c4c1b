"""One round of gold on PySpark: the generated Spark SQL over silver's Parquet files, written as Parquet.

    spark.py LAKEHOUSE BUSINESS_DATE

Prints the seconds and rows a table, the MiB written, and the cost of both processes, Python's and the JVM's.
"""

import json
import os
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/spark"))

from common import written_once  # noqa: E402
from gold import build_order, pyspark  # noqa: E402  (tests/spark/gold.py)


def schema(table):
    """The schema that a Delta table's log tells, in Spark's own JSON."""
    from pyspark.sql.types import StructType

    found = None
    for commit in sorted((table / "_delta_log").glob("*.json")):
        for action in map(json.loads, commit.read_text(encoding="utf-8").splitlines()):
            found = action["metaData"]["schemaString"] if "metaData" in action else found
    return StructType.fromJson(json.loads(found))


def java():
    """The process of the JVM: what Python started is a shell that became it."""
    from pyspark import SparkContext

    return SparkContext._gateway.proc.pid


def cost(process):
    """Processor seconds and peak memory in MiB of this process and of the JVM."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1024
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": cpu + own.ru_utime + own.ru_stime, "peak": peak + own.ru_maxrss / 1024}


def main(lakehouse, date):
    # A driver with Spark's own 1 GiB ends at large.
    os.environ["PYSPARK_SUBMIT_ARGS"] = "--driver-memory 8g --conf spark.ui.showConsoleProgress=false pyspark-shell"
    seconds, rows = {}, {}
    with tempfile.TemporaryDirectory() as out:
        spark, _, _ = pyspark(Path(out) / "warehouse")
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        for layer in ("silver", "gold"):
            spark.sql(f"CREATE DATABASE IF NOT EXISTS {layer}")
        for table in sorted((lakehouse / "silver").iterdir()):
            spark.catalog.createTable(f"silver.{table.name}", path=str(table), source="parquet", schema=schema(table))
        for table in (table for table in build_order() if table not in written_once()):
            statement = (ROOT / f"generated/sql/spark/{table}.sql").read_text(encoding="utf-8")
            target = f"{out}/gold/{table}"
            began = time.monotonic()
            spark.sql(statement.replace("${businessDate}", date)).write.parquet(target)
            spark.sql(f"CREATE TABLE gold.{table} USING parquet LOCATION '{target}'")
            seconds[table] = time.monotonic() - began
            rows[table] = spark.table(f"gold.{table}").count()
        written = sum(path.stat().st_size for path in Path(out, "gold").rglob("*.parquet")) / 2**20
        spent = cost(java())
        spark.stop()
    print(json.dumps({"seconds": seconds, "rows": rows, "mebibytes": written, "cost": spent}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
