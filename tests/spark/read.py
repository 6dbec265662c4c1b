"""Every table of a lakehouse, read by Spark from the files of its newest version.

    read.py LAKEHOUSE      prints a JSON object: table → column → the old instants (µs) and dates (days) in it, in order
"""

import json
import sys
from pathlib import Path
from urllib.parse import unquote

from pyspark.sql import SparkSession
from pyspark.sql.types import DateType, TimestampType


def files(table):
    """Its newest version's, by a log that has no checkpoint yet."""
    found = set()
    for commit in sorted((table / "_delta_log").glob("*.json")):
        for action in map(json.loads, commit.read_text(encoding="utf-8").splitlines()):
            if "remove" in action:
                found.discard(action["remove"]["path"])
        for action in map(json.loads, commit.read_text(encoding="utf-8").splitlines()):
            if "add" in action:
                found.add(action["add"]["path"])
    return [str(table / unquote(path)) for path in sorted(found)]


def old(spark, table):
    paths = files(table)
    if not paths:
        return {}
    rows = spark.read.parquet(*paths)
    # All of it, also what is nested.
    rows.write.format("noop").mode("overwrite").save()
    found = {}
    for field in rows.schema:
        number = {TimestampType: "unix_micros", DateType: "unix_date"}.get(type(field.dataType))
        if number:
            numbers = rows.where(f"`{field.name}` < DATE'1900-01-01'").selectExpr(f"{number}(`{field.name}`)").distinct()
            found[field.name] = sorted(row[0] for row in numbers.collect())
    return {name: numbers for name, numbers in found.items() if numbers}


def main():
    builder = SparkSession.builder.master("local[2]")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "ERROR",
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    tables = sorted(log.parent for log in Path(sys.argv[1]).glob("*/*/_delta_log"))
    print(json.dumps({f"{table.parent.name}.{table.name}": old(spark, table) for table in tables}))
    spark.stop()


main()
