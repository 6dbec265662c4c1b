"""The deployment's folder in memory: texts by their paths, so that a check can be tried on a changed copy."""

import json
import re
from pathlib import Path


def load(root):
    """The folder's files: path with `/` to text."""
    root = Path(root)
    files = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            files[path.relative_to(root).as_posix()] = path.read_bytes().decode("utf-8")
    return files


def save(files, root):
    for path, text in files.items():
        at = Path(root) / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(text.encode("utf-8"))


def items(files):
    """The folders that are items: `ConnectWise.Report` and so on."""
    return sorted(path.rsplit("/", 1)[0] for path in files if path.endswith("/.platform"))


def parsed(files, path):
    """A file's JSON; None where it is missing or none, which `formats` tells of."""
    try:
        return json.loads(files[path])
    except (KeyError, ValueError):
        return None


# A name of TMDL: bare, or between quotes in which a quote is doubled.
NAME = r"'((?:[^']|'')+)'|([^\s=]+)"


def model(files):
    """The semantic model's names: table to {"columns": …, "measures": …}."""
    tables = {}
    for path, text in files.items():
        if "SemanticModel/definition/tables/" not in path:
            continue
        table = None
        for line in text.splitlines():
            found = re.match(rf"(\t?)(table|column|measure) (?:{NAME})", line)
            if not found:
                continue
            indent, kind, quoted, bare = found.groups()
            name = quoted.replace("''", "'") if quoted else bare
            if kind == "table" and not indent:
                table = tables.setdefault(name, {"columns": set(), "measures": set()})
            elif table is not None and indent:
                table[f"{kind}s"].add(name)
    return tables


def perspectives(files):
    """The fields that the model's perspectives show, as `table.name`."""
    shown = set()
    for path, text in files.items():
        if "SemanticModel/definition/perspectives/" not in path:
            continue
        table = None
        for kind, quoted, bare in re.findall(rf"(?m)^\t+perspective(Table|Column|Measure) (?:{NAME})$", text):
            name = quoted.replace("''", "'") if quoted else bare
            if kind == "Table":
                table = name
            else:
                shown.add(f"{table}.{name}")
    return shown
