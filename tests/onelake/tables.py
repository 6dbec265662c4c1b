"""Tables of two lakehouses, read by Python's deltalake and compared row by row."""

import re
from pathlib import Path

from deltalake import DeltaTable

from scene import reader_options

# What says when and by which run a row was written.
STAMPS = {"etlTimestamp", "etlRunId", "_etl_processed_at", "_etl_batch_id"}
COMMIT = re.compile(r"(.+)/_delta_log/(\d{20})\.json")
SCHEMA = Path(__file__).parents[2] / "schema"
NAMES = sorted(path.stem for folder in ("dimensions", "facts") for path in (SCHEMA / folder).iterdir())
# What gold holds in the lakehouses that others are compared with, by their locations.
READ = {}


def table(lake, name):
    """A table's rows; None where there is no table."""
    if lake.container:
        address, options = f"az://{lake.container}/{lake.root}/{name}", reader_options()
    else:
        address, options = f"{lake.location}/{name}", None
    if not DeltaTable.is_deltatable(address, options):
        return None
    return DeltaTable(address, storage_options=options).to_pyarrow_table()


def gold(lake):
    """Every row of every gold table, in an order of its own."""
    found = {}
    for name in NAMES:
        rows = table(lake, f"gold/{name}")
        if rows is not None:
            columns = sorted(set(rows.column_names) - STAMPS)
            found[name] = rows.select(columns).sort_by([(column, "ascending") for column in columns])
    return found


def differences(lake, expected):
    """What of a lakehouse's gold is not as it should be, in words; empty where all is."""
    if expected.location not in READ:
        READ[expected.location] = gold(expected)
    wanted, found = READ[expected.location], gold(lake)
    wrong = [f"{name} is missing" for name in wanted if name not in found]
    for name, rows in found.items():
        if name not in wanted:
            wrong.append(f"{name} is too much")
        elif rows.num_rows != wanted[name].num_rows:
            wrong.append(f"{name} has {rows.num_rows} rows, not {wanted[name].num_rows}")
        elif not rows.equals(wanted[name]):
            wrong.append(f"{name} differs in a value or a type")
    return wrong


def runs(lake):
    """(runId, status) of each row of etl_run."""
    rows = table(lake, "meta/etl_run")
    return [] if rows is None else list(zip(rows["runId"].to_pylist(), rows["status"].to_pylist()))


def versions(scene, lake):
    """How many commits each table has."""
    if lake.container:
        names = scene.azurite.names(lake.container, lake.root + "/")
        names = [name[len(lake.root) + 1:] for name in names]
    else:
        names = [str(path.relative_to(lake.location)) for path in Path(lake.location).rglob("*.json")]
    found = {}
    for name in names:
        if match := COMMIT.fullmatch(name):
            found[match[1]] = found.get(match[1], 0) + 1
    return found
