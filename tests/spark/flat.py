"""Silver's SELECTs on Spark itself, under the standard's rules, over Parquet copies of bronze; and every statement of
order.json through its parser: without Delta, Spark runs no MERGE.

    flat.py BRONZE OUT
"""

import sys
from pathlib import Path

from gold import pyspark
from order import steps
from templates import SETTINGS, fill

PARAMETERS = {"processedAt": "2026-06-15T02:00:00.123456Z", "batchId": "flat", "businessDate": "2026-06-15"}


def main():
    bronze, out = Path(sys.argv[1]), Path(sys.argv[2])
    spark, _, _ = pyspark(out / "warehouse")
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    spark.sql("CREATE DATABASE bronze")
    for table in sorted(bronze.glob("*/")):
        spark.sql(f"CREATE TABLE bronze.{table.name} USING parquet LOCATION '{table}'")
    parser = spark._jsparkSession.sessionState().sqlParser()
    parsed = 0
    for step in steps():
        select, *merge = (fill(text, PARAMETERS) for text in (step["select"], *step["merge"].split(";\n")))
        for statement in (select, *merge):
            parser.parsePlan(statement)
            parsed += 1
        if step["layer"] == "silver":
            spark.sql(select).write.parquet(str(out / step["table"]))
    spark.stop()
    print(f"pyspark: {parsed} statements are read")


main()
