"""Whether Spark's own parser reads each statement of the notebook: `notebooks.py FOLDER | parse.py`."""

import json
import sys

from pyspark.java_gateway import launch_gateway


def main():
    statements = json.load(sys.stdin)
    gateway = launch_gateway()
    # The parser alone: it needs no session.
    parser = gateway.jvm.org.apache.spark.sql.execution.SparkSqlParser()

    def reads(statement):
        try:
            parser.parsePlan(statement)
            return None
        except Exception as error:  # every statement is to be told of
            return str(error)[:400]

    faults = 0
    if reads("SELECT FROM WHERE (") is None:
        print("spark: its parser lets anything pass")
        faults += 1
    for statement in statements:
        wrong = reads(statement)
        if wrong:
            print(f"spark: it can't read {statement.strip()[:80]}: {wrong}")
            faults += 1
    gateway.shutdown()
    print(f"spark: its parser reads {len(statements) - faults} of {len(statements)} statements")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
