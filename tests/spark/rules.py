"""What an expression of Spark's SQL says of names, on an engine.

    rules.py sail|pyspark FILE WORK

FILE is a JSON document with `expression`, over the column `name`, and `names`; WORK is a folder for the engine. Prints
a JSON list of what the expression gives for each name.
"""

import json
import sys
from pathlib import Path

from gold import ENGINES


def main():
    engine, file, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    asked = json.loads(file.read_text(encoding="utf-8"))
    spark, _, server = ENGINES[engine](work / "warehouse")
    rows = spark.createDataFrame(list(enumerate(asked["names"])), "place int, name string")
    rows.createOrReplaceTempView("names")
    found = spark.sql(f"SELECT place, {asked['expression']} AS class FROM names").collect()
    print(json.dumps([row["class"] for row in sorted(found, key=lambda row: row["place"])]))
    spark.stop()
    if server:
        server.stop()
    return 0


sys.exit(main())
