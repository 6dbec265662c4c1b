"""The measures of schema/measures.yaml: the SQL of each, as the binary computes it, against its DAX.

    compare.py LAKEHOUSE BINARY

The DAX is computed by pbix-mcp over the same gold, read by Python, with the relationships that schema/facts tells: in
total, by month, company, agreement and member, and in one month by every third of the latter three.

Both are computed over a copy of the lakehouse, in which invoices are due around today, so that what is overdue has an
age; some work and invoices have no date, some additions begin or end on the last day of a month, and agreements are
billed by every cycle that gold knows.
"""

import json
import multiprocessing
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow as pa
import yaml
from deltalake import DeltaTable, write_deltalake
from pbix_mcp.dax import engine

SCHEMA = Path(__file__).resolve().parents[2] / "schema"
KEYS = {
    "month": ("dimcalendar", "YearMonth"),
    "company": ("dimcompany", "CompanyKey"),
    "agreement": ("dimagreement", "AgreementKey"),
    "member": ("dimmember", "MemberKey"),
}
UNIT = Decimal("0.0001")
# Days from today on which invoices of the copy are due: the first and the last of each age.
DUE = [20, 0, -1, -30, -31, -60, -61, -90, -91, -120]


def relationships():
    """Every dimension key of a fact; the first date of a fact is the active one."""
    found = []
    for path in sorted((SCHEMA / "facts").glob("*.yaml")):
        fact = yaml.safe_load(path.read_text())
        dates = 0
        for column in fact["columns"]:
            target = column.get("dimension")
            if target is None:
                continue
            active = True
            if target == "dimdate":
                dates += 1
                target, active = "dimcalendar", dates == 1
            key = "DateKey" if target == "dimcalendar" else yaml.safe_load(
                (SCHEMA / f"dimensions/{target}.yaml").read_text()
            )["key"]
            found.append({
                "FromTable": fact["table"], "FromColumn": column["name"],
                "ToTable": target, "ToColumn": key, "IsActive": int(active),
            })
    return found


def key_of(day):
    return day.year * 10000 + day.month * 100 + day.day


def moved(lakehouse, folder):
    """The copy."""
    copy = Path(folder) / "lakehouse"
    shutil.copytree(lakehouse, copy)
    template = (SCHEMA.parent / "templates/gold/cycle_months.sql.j2").read_text()
    cycles = [*re.findall(r"WHEN '([^']+)'", template), "Weekly", None]
    for table, column, to in [
        ("fact_invoice", "DueDateKey", lambda number, _: key_of(date.today() + timedelta(DUE[number % len(DUE)]))),
        ("fact_invoice", "InvoiceDateKey", lambda number, key: -1 if number % 20 == 0 else key),
        ("fact_timeentry", "WorkDateKey", lambda number, key: -1 if number % 50 == 0 else key),
        ("fact_agreementaddition", "EffectiveDateKey", lambda number, key: 20250630 if number % 10 == 0 else key),
        ("fact_agreementaddition", "CancelledDateKey", lambda number, key: 20250930 if number % 10 == 1 else key),
        ("dimagreement", "billingCycleName", lambda number, _: cycles[number % len(cycles)]),
    ]:
        path = str(copy / "gold" / table)
        rows = pa.table(DeltaTable(path).to_pyarrow_table())
        values = [to(number, value) for number, value in enumerate(rows.column(column).to_pylist())]
        place = rows.column_names.index(column)
        field = rows.schema.field(place)
        write_deltalake(path, rows.set_column(place, field, pa.array(values, field.type)), mode="overwrite")
    return copy


def plain(column):
    """Values as the engine takes them: decimals as numbers, days and instants as datetime without a zone."""
    kind = column.type
    values = column.to_pylist()
    if pa.types.is_decimal(kind):
        return [None if value is None else float(value) for value in values]
    if pa.types.is_timestamp(kind):
        return [None if value is None else value.replace(tzinfo=None) for value in values]
    if pa.types.is_date(kind):
        return [None if value is None else datetime.combine(value, time()) for value in values]
    return values


def gold(lakehouse, formulas):
    """The tables of gold with the columns that formulas or relationships name, and the names of the decimal ones."""
    joined = {(r["FromTable"], r["FromColumn"]) for r in RELATIONSHIPS}
    joined |= {(r["ToTable"], r["ToColumn"]) for r in RELATIONSHIPS} | set(KEYS.values())
    tables, decimals = {}, {}
    for path in sorted((lakehouse / "gold").iterdir()):
        table = pa.table(DeltaTable(str(path)).to_pyarrow_table())
        named = [(name, f"{path.name}[{name}]" in formulas) for name in table.column_names]
        names = [name for name, is_used in named if is_used or (path.name, name) in joined]
        if not names:
            continue
        columns = [plain(table.column(name)) for name in names]
        tables[path.name] = {"columns": names, "rows": [list(row) for row in zip(*columns)]}
        decimals[path.name] = [name for name in names if pa.types.is_decimal(table.schema.field(name).type)]
    # Decimals with four places are fixed decimal numbers in Power BI, and their sums are exact.
    engine.mark_currency_columns(tables, decimals)
    return tables


def sql(binary, lakehouse, *arguments):
    """What the binary says: {(key, measure): value}; the key of a total is None."""
    command = [binary, "report", "measures", "--json", "--lakehouse", str(lakehouse), *arguments]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return {(row.get("key"), row["measure"]): row["value"]
            for row in json.loads(told, parse_float=Decimal, parse_int=Decimal)}


def month_key(text):
    return int(str(text).replace("-", ""))


def contexts(tables, binary, lakehouse, by, month):
    """The filters to evaluate under, each with what the SQL gives there: (name, filters, {measure: value})."""
    arguments = (["--by", by] if by else []) + (["--month", f"{month // 100}-{month % 100:02}"] if month else [])
    told = sql(binary, lakehouse, *arguments)
    if by is None:
        return [("in total", {}, {name: value for (_, name), value in told.items()})]
    within, suffix = ({"dimcalendar.YearMonth": [month]}, f", {month}") if month else ({}, "")
    table, column = KEYS[by]
    to_key = month_key if by == "month" else int
    values = {}
    for (key, name), value in told.items():
        values.setdefault(to_key(key), {})[name] = value
    place = tables[table]["columns"].index(column)
    # Every key there is, also one that the SQL tells nothing of. Of months, the calendar has more.
    keys = sorted(set(values) if by == "month" else {row[place] for row in tables[table]["rows"]} | set(values))
    if month:
        keys = keys[::3]
    return [(f"{by} {key}{suffix}", {**within, f"{table}.{column}": [key]}, values.get(key, {})) for key in keys]


def rounded(value):
    return Decimal(value).quantize(UNIT, ROUND_HALF_UP)


def differs(ours, theirs, computed):
    """Blank is 0. A number of DAX that is computed from others may be off by one in the fourth place; a sum may not."""
    ours = rounded(ours) if ours is not None else Decimal(0)
    if theirs is None:
        return ours != 0
    if isinstance(theirs, bool) or not isinstance(theirs, (int, float)):
        return True
    # A double has about 15 digits; a sum of decimals is the one nearest to the exact sum.
    theirs = rounded(repr(float(theirs)))
    return abs(ours - theirs) > (UNIT if computed else 0)


def evaluate(part):
    """The DAX under each of the filters: what differs, and the measures that had a value."""
    wrong, valued, compared = [], set(), 0
    cache = {}
    for where, filters, told in part:
        found = engine.evaluate_measures_batch(
            list(FORMULAS), TABLES, FORMULAS, dict(filters), "dimcalendar", "Date", RELATIONSHIPS,
            date_tables={"dimcalendar": "Date"}, cache=cache,
            model_columns={name: set(table["columns"]) for name, table in TABLES.items()},
        )
        for name in FORMULAS:
            compared += 1
            if found[name] is not None:
                valued.add(name)
            if differs(told.get(name), found[name], name in COMPUTED):
                wrong.append((name, where, told.get(name), found[name]))
    problems = [f"{name}: {message}" for name, message in dict(engine._engine.eval_errors).items()]
    problems += [f"the engine has no {name}" for name in engine._engine.unsupported_functions]
    return wrong, valued, compared, problems


def main(lakehouse, binary):
    global FORMULAS, TABLES, RELATIONSHIPS, COMPUTED
    measures = yaml.safe_load((SCHEMA / "measures.yaml").read_text())["measures"]
    FORMULAS = {measure["name"]: measure["dax"] for measure in measures}
    COMPUTED = {measure["name"] for measure in measures if "of" in measure}
    RELATIONSHIPS = relationships()
    TABLES = gold(lakehouse, "\n".join(FORMULAS.values()))

    worked = TABLES["fact_timeentry"]
    place = worked["columns"].index("WorkDateKey")
    # The last month that was over when work was last entered, and so has some of everything.
    last = max(row[place] for row in worked["rows"] if row[place] <= key_of(date.today())) // 100
    month = last - 1 if last % 100 > 1 else last - 89
    wanted = [(None, None), ("month", None)]
    wanted += [(by, of) for by in ("company", "agreement", "member") for of in (None, month)]
    todo = [context for by, of in wanted for context in contexts(TABLES, binary, lakehouse, by, of)]

    unknown = {name for _, _, told in todo for name in told} ^ set(FORMULAS)
    workers = multiprocessing.cpu_count()
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        parts = pool.map(evaluate, [todo[first::workers * 4] for first in range(workers * 4)], chunksize=1)
    wrong = [row for part in parts for row in part[0]]
    valued = set().union(*(part[1] for part in parts))
    compared = sum(part[2] for part in parts)
    problems = sorted({problem for part in parts for problem in part[3]})
    problems += [f"{name}: blank everywhere in DAX" for name in FORMULAS if name not in valued]
    problems += [f"{name}: in one of the YAML and the report alone" for name in sorted(unknown)]

    for name in FORMULAS:
        rows = [row for row in wrong if row[0] == name]
        for _, where, ours, theirs in rows[:3]:
            print(f"{name}, {where}: SQL {ours}, DAX {theirs}")
        if len(rows) > 3:
            print(f"{name}: and {len(rows) - 3} more")
    for problem in problems:
        print(problem)
    good = not wrong and not problems and compared > 0
    print(f"{len(FORMULAS)} measures, {compared} values compared: {'all agree' if good else f'{len(wrong)} differ'}")
    return 0 if good else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        status = main(moved(Path(sys.argv[1]), folder), sys.argv[2])
    sys.exit(status)
