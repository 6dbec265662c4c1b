"""Gold as DataFusion wrote it, read by DuckDB and by Python, against gold as other engines computed it.

    compare.py copy    LAKEHOUSE OUT [LAYER]     silver, or another layer, as Parquet, for an engine that reads no Delta
    compare.py compare LAKEHOUSE NAME=FOLDER…    every row of every gold table
    compare.py silver  LAKEHOUSE FOLDER          every row of every silver table, but for its stamps
"""

import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from lake import Reader, connect


def copy(lakehouse, out, layer="silver"):
    for table in sorted((lakehouse / layer).iterdir()):
        target = out / table.name
        target.mkdir(parents=True)
        pq.write_table(pa.table(DeltaTable(str(table)).to_pyarrow_table()), target / "part.parquet")


def compare(lakehouse, engines):
    database = connect()
    wrong, read = 0, 0
    for path in sorted((lakehouse / "gold").iterdir()):
        table = path.name
        database.execute(f"CREATE VIEW {table} AS SELECT * FROM delta_scan('{path}')")
        by_python = DeltaTable(str(path)).to_pyarrow_table()
        database.register(f"python_{table}", by_python)
        sources = {"Python deltalake": f"python_{table}"}
        for name, folder in engines:
            sources[name] = f"read_parquet('{folder / table}/*.parquet')"
        rows = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        read += rows
        types = [row[:2] for row in database.execute(f"DESCRIBE {table}").fetchall()]
        for name, source in sources.items():
            other = [row[:2] for row in database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
            if other != types:
                wrong += 1
                print(f"{table}: the columns of {name} differ: {sorted(set(types) ^ set(other))}")
                continue
            for here, there, of in ((table, source, "ours alone"), (source, table, f"{name} alone")):
                only = database.execute(f"SELECT * FROM {here} EXCEPT ALL SELECT * FROM {there}").fetchall()
                if only:
                    wrong += 1
                    print(f"{table}: {len(only)} of {rows} rows are in {of}, e.g. {shown(types, only[0])}")
    names = ", ".join(["DuckDB", "Python deltalake", *(name for name, _ in engines)])
    print(f"{read} gold rows compared: {names}: {'all agree' if wrong == 0 else f'{wrong} differences'}")
    return 0 if wrong == 0 and read > 0 else 1


def shown(types, row):
    texts = (str(value) if isinstance(value, Decimal) else repr(value) for value in row)
    return ", ".join(f"{name}={text}" for (name, _), text in zip(types, texts))


if sys.argv[1] == "copy":
    copy(Path(sys.argv[2]), *map(Path, sys.argv[3:4]), *sys.argv[4:])
elif sys.argv[1] == "silver":
    Reader().same_silver(Path(sys.argv[2]), Path(sys.argv[3]))
else:
    pairs = (argument.split("=", 1) for argument in sys.argv[3:])
    sys.exit(compare(Path(sys.argv[2]), [(name, Path(folder)) for name, folder in pairs]))
