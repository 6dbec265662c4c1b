"""A lakehouse's silver and gold, read by DuckDB."""

from pathlib import Path

import duckdb
import duckdb_extension_delta
from deltalake import DeltaTable

EXTENSION = Path(duckdb_extension_delta.__file__).parent / f"extensions/v{duckdb.__version__}/delta.duckdb_extension"
# Who wrote a row, and when.
STAMPS = ("_etl_processed_at", "_etl_batch_id")


def connect():
    """A database that reads Delta."""
    database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    database.execute(f"LOAD '{EXTENSION}'")
    database.execute("SET TimeZone = 'UTC'")
    return database


class Reader:
    """Compares lakehouses."""

    def __init__(self):
        self.database = connect()

    def tables(self, lakehouse):
        return {(path.parent.name, path.name) for layer in ("silver", "gold") for path in (lakehouse / layer).glob("*/")}

    def same(self, ours, theirs, when):
        """Every row of every table of silver and gold, but for its stamps."""
        names, others = self.tables(ours), self.tables(theirs)
        wrong = [f"only one has {layer}.{table}" for layer, table in sorted(names ^ others)]
        pairs = {
            f"{layer}.{table}": [f"delta_scan('{side / layer / table}')" for side in (ours, theirs)]
            for layer, table in sorted(names & others)
        }
        self.compare(pairs, wrong, when)

    def same_silver(self, lakehouse, folder):
        """Every row of every silver table against Parquet files of an engine, but for its stamps."""
        pairs = {
            f"silver.{path.name}": [f"read_parquet('{folder / path.name}/*.parquet')", f"delta_scan('{path}')"]
            for path in sorted((lakehouse / "silver").glob("*/"))
        }
        self.compare(pairs, [], "silver by Spark 3.5")

    def compare(self, pairs, wrong, when):
        """The rows of pairs of tables, each by its name: ours and theirs."""
        count = 0
        for name, sides in pairs.items():
            types = [self.database.execute(f"DESCRIBE SELECT * FROM {side}").fetchall() for side in sides]
            ours, theirs = ({row[:2] for row in side} for side in types)
            if ours != theirs:
                wrong.append(f"{name}: other columns: {sorted(ours ^ theirs)}")
                continue
            columns = ", ".join(f'"{row[0]}"' for row in types[0] if row[0] not in STAMPS)
            count += self.database.execute(f"SELECT count(*) FROM {sides[1]}").fetchone()[0]
            for here, there, of in ((*sides, "ours"), (*reversed(sides), "theirs")):
                only = f"SELECT {columns} FROM {here} EXCEPT ALL SELECT {columns} FROM {there}"
                rows = self.database.execute(only).fetchall()
                if rows:
                    wrong.append(f"{name}: {len(rows)} rows are {of} alone, e.g. {rows[0]}")
        if wrong or not count:
            raise SystemExit(f"wrong {when}:\n" + "\n".join(wrong or ["there are no rows"]))
        print(f"{when}: {count} rows of {len(pairs)} tables are the same")

    def rows(self, path, condition):
        return sorted(self.database.execute(f"SELECT * FROM delta_scan('{path}') WHERE {condition}").fetchall())

    def batches(self, lakehouse):
        """The runs that wrote silver's rows."""
        found = set()
        for layer, table in self.tables(lakehouse):
            if layer == "silver":
                batches = f"SELECT DISTINCT _etl_batch_id FROM delta_scan('{lakehouse / layer / table}')"
                found |= {row[0] for row in self.database.execute(batches).fetchall()}
        return found

    def rewritten(self, lakehouse, table, batch):
        """The ids of a silver table's rows that a run wrote."""
        ids = f"SELECT id FROM delta_scan('{lakehouse / 'silver' / table}') WHERE _etl_batch_id = ? ORDER BY id"
        return [row[0] for row in self.database.execute(ids, [batch]).fetchall()]

    def versions(self, lakehouse):
        return {
            (layer, table): DeltaTable(str(lakehouse / layer / table)).version()
            for layer, table in self.tables(lakehouse)
        }
