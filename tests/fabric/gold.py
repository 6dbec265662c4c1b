"""Gold and the measures, as their YAML has them."""

from pathlib import Path

import yaml

SCHEMA = Path(__file__).resolve().parents[2] / "schema"
TYPES = {"bigint": "int64", "string": "string", "boolean": "boolean", "date": "dateTime", "timestamp": "dateTime",
         "decimal": "decimal", "measure": "decimal"}
# Personal texts: left out unless they are asked for.
PERSONAL = {"notes", "internalNotes"}
LEFT_OUT = {"dimdate"}


def gold():
    """Gold's tables: their columns with types, their key, and the dimension of each key of a fact."""
    tables = {}
    for path in sorted(SCHEMA.glob("dimensions/*.yaml")) + sorted(SCHEMA.glob("facts/*.yaml")):
        table = yaml.safe_load(path.read_text())
        columns = table.get("columns") or yaml.safe_load(
            (SCHEMA / f"dimensions/{table['columnsOf']}.yaml").read_text())["columns"]
        types = {column["name"]: TYPES[column.get("type", "bigint")] for column in columns}
        if path.parent.name == "dimensions":
            types = {table["key"]: "int64", **types, "isInferred": "boolean"}
        keys = {column["name"]: column["dimension"] for column in columns if "dimension" in column}
        tables[table["table"]] = {"columns": types, "key": table["key"], "keys": keys, "fact": "grain" in table}
    return {name: table for name, table in tables.items() if name not in LEFT_OUT}


GOLD = gold()
MEASURES = {measure["name"]: measure for measure in yaml.safe_load((SCHEMA / "measures.yaml").read_text())["measures"]}
