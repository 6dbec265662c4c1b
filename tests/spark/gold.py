"""Gold by Spark's SQL: every statement of generated/sql/spark, in the order in which they are built, on an engine.

    gold.py sail    LAKEHOUSE BUSINESS_DATE OUT [ROOT]     over the silver Delta tables
    gold.py pyspark SILVER    BUSINESS_DATE OUT [ROOT]     over Parquet copies of them

ROOT holds `generated`, where that is not the checked-in one. Each table is written to OUT as Parquet, where the
statements after it read it as gold.
"""

import re
import sys
from pathlib import Path

from templates import SETTINGS

ROOT = Path(sys.argv[5]) if len(sys.argv) > 5 else Path(__file__).resolve().parents[2]


def build_order():
    text = (ROOT / "generated/src/gold.rs").read_text(encoding="utf-8")
    return re.findall(r'GoldTable \{\s+name: "(\w+)"', text)


def sail(_warehouse):
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    host, port = server.listening_address
    return SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate(), "delta", server


def pyspark(warehouse):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "ERROR",
        # As Spark 4 has it unless it is told otherwise.
        "spark.sql.ansi.enabled": "true",
        # The tables are small, and the statements are long: what pays only over many rows is left out.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(key, value)
    return builder.getOrCreate(), "parquet", None


ENGINES = {"sail": sail, "pyspark": pyspark}


def main():
    engine, silver, business_date, out = sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    if engine == "sail":
        silver = silver / "silver"
    spark, stored_as, server = ENGINES[engine](out / "warehouse")
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    for layer in ("silver", "gold"):
        spark.sql(f"CREATE DATABASE IF NOT EXISTS {layer}")
    for table in sorted(path for path in silver.iterdir() if path.is_dir()):
        spark.sql(f"CREATE TABLE silver.{table.name} USING {stored_as} LOCATION '{table}'")
    failed = []
    for table in build_order():
        statement = (ROOT / f"generated/sql/spark/{table}.sql").read_text(encoding="utf-8")
        try:
            rows = spark.sql(statement.replace("${businessDate}", business_date))
            rows.write.mode("overwrite").parquet(str(out / table))
            spark.sql(f"CREATE TABLE gold.{table} USING parquet LOCATION '{out / table}'")
        except Exception as error:  # each statement is to be told of
            failed.append(table)
            print(f"{engine}: {table} can't be run: {str(error)[:1500]}")
    spark.stop()
    if server:
        server.stop()
    print(f"{engine}: {len(build_order()) - len(failed)} of {len(build_order())} statements ran")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
