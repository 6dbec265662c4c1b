"""What no validator sees of the semantic model: names that are not there, ends of relationships, captions twice.

    model.py FOLDER

FOLDER is what is deployed. It is held against schema/: gold's tables and columns, measures, and what the model leaves
out. Faults are told a line each, and the exit status is 1. Then faults are put into copies of the folder, each of which
has to be found; and another reader of TMDL has to count what this one counts.
"""

import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
from gold import GOLD, MEASURES, PERSONAL
from mutations import MUTATIONS
from tmdl import Malformed, column_of, parse, tokens, unquoted

UUID_5 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
PAIRS = {"(": ")", "{": "}"}


class Model:
    """The folder, read."""

    def __init__(self, folder, personal=False):
        """A folder, whose model has the columns with personal texts where they were asked for."""
        self.folder, self.faults, self.personal = folder, [], personal
        self.is_flat = (folder / "ConnectWise.Lakehouse/lakehouse.metadata.json").read_text() == "{}"
        self.definition = folder / "ConnectWise.SemanticModel/definition"
        self.files = {}
        for path in sorted(self.definition.rglob("*")) + sorted(folder.glob("examples/*")):
            if path.is_file():
                self.files[str(path.relative_to(folder))] = path.read_bytes().decode()
        self.parsed = {}
        for path, text in self.files.items():
            self.canonical(path, text)
            try:
                self.parsed[path] = parse(text)
            except Malformed as error:
                self.fault(f"{path}: {error}")
        self.tables = {table.name: table for table in self.all("table")}
        self.measures = {measure.name: table for table in self.tables.values() for measure in table.of("measure")}

    def all(self, kind):
        return [child for root in self.parsed.values() for child in root.of(kind)]

    def fault(self, text):
        self.faults.append(text)

    def column(self, table, name):
        found = self.tables[table].of("column") if table in self.tables else []
        return next((column for column in found if column.name == name), None)

    def canonical(self, path, text):
        """As Microsoft's writer has it."""
        if not text.endswith("\n") or "\r" in text or "\n\n\n" in text:
            self.fault(f"{path}: its line ends are not those of Microsoft's writer")
        in_formula = None
        for number, line in enumerate(text.split("\n"), 1):
            depth = len(line) - len(line.lstrip("\t"))
            if line != line.rstrip():
                self.fault(f"{path}:{number}: blanks at the end of the line")
            if in_formula is not None and (not line or depth >= in_formula + 2):
                continue
            in_formula = depth if line.endswith(" =") else None
            if line[depth:].startswith(" "):
                self.fault(f"{path}:{number}: indented by blanks, not tabs")

    def unique(self, what, names):
        for name, count in Counter(name.casefold() for name in names).items():
            if count > 1:
                self.fault(f"{what} `{name}` is there {count} times")

    def formula(self, where, dax):
        """The words of a formula, whose names are all there."""
        try:
            words = tokens(dax)
        except Malformed as error:
            return self.fault(f"{where}: {error}")
        open_, texts = [], {value[1:-1] for kind, value in words if kind == "text"}
        for place, (kind, value) in enumerate(words):
            if kind == "column" and not self.column(*value):
                self.fault(f"{where}: there is no column {value[0]}[{value[1]}]")
            elif kind == "table" and value not in self.tables:
                self.fault(f"{where}: there is no table {value}")
            elif kind == "measure" and value not in self.measures and value not in texts:
                self.fault(f"{where}: there is no measure [{value}]")
            elif kind == "word" and value.lower().startswith(("fact_", "dim")):
                self.fault(f"{where}: `{value}` is a name of gold")
            elif kind == "word" and value.upper() == "VAR":
                variable = words[place + 1][1]
                if variable.casefold() in map(str.casefold, self.tables):
                    self.fault(f"{where}: the variable {variable} is called like a table")
            elif kind == "sign" and value in PAIRS:
                open_.append(PAIRS[value])
            elif kind == "sign" and value in PAIRS.values() and (not open_ or open_.pop() != value):
                self.fault(f"{where}: `{value}` closes nothing")
        if open_:
            self.fault(f"{where}: `{open_[-1]}` is missing")
        return words

    def entities(self):
        """Gold's table by table."""
        return {name: self.entity(table) for name, table in self.tables.items()}

    def check(self):
        for check in (self.check_heads, self.check_names, self.check_tables, self.check_measures, self.check_relations,
                      self.check_calendar, self.check_hierarchies, self.check_captions, self.check_perspectives):
            try:
                check()
            except (Malformed, KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
                self.fault(f"{check.__name__} could not go on: {error!r}")
        return self.faults

    def check_heads(self):
        item = self.definition.parent
        platform = json.loads((item / ".platform").read_text())
        if platform["metadata"]["type"] != "SemanticModel":
            self.fault(".platform is of no semantic model")
        if not UUID_5.fullmatch(platform["config"]["logicalId"]):
            self.fault(".platform has an identifier that is no UUID of a name")
        json.loads((item / "definition.pbism").read_text())
        level = self.all("database")[0].get("compatibilityLevel")
        if level != "1604":
            self.fault(f"the compatibility level is {level}, not 1604")
        refs = [ref for root in self.parsed.values() for ref in root.refs]
        there = [(kind, one.name) for kind in ("table", "perspective", "cultureInfo", "expression", "role")
                 for one in self.all(kind)]
        self.unique("the ref to", [" ".join(ref) for ref in refs])
        for kind, name in refs:
            if (kind, name) not in there:
                self.fault(f"a ref to {kind} {name}, which is not there")
        for kind, name in there:
            if kind in ("table", "perspective", "cultureInfo") and (kind, name) not in refs:
                self.fault(f"no ref to {kind} {name}")
        expressions = {one.name: one.value for one in self.all("expression")}
        for table in self.tables.values():
            source = table.of("partition")[0].of("source")[0]
            if unquoted(source.get("expressionSource", "")) not in expressions:
                self.fault(f"{table.name}: its partition reads through an expression that is not there")
        self.check_tags()
        if (self.definition / "roles").exists():
            self.fault("a role is on: who is in none would see nothing")
        for role in self.all("role"):
            for permission in role.of("tablePermission"):
                if permission.name not in self.tables:
                    self.fault(f"the role {role.name} filters {permission.name}, which is not there")
                self.formula(f"the role {role.name}", permission.value)

    def check_tags(self):
        tagged = self.all("table") + self.all("expression")
        for one in tagged:
            tagged += [child for kind in ("column", "measure", "hierarchy", "level") for child in one.of(kind)]
        tags = [one.get("lineageTag", "") for one in tagged] + [one.name for one in self.all("relationship")]
        for tag in tags:
            if not UUID_5.fullmatch(tag):
                self.fault(f"the lineage tag `{tag}` is no UUID of a name")
        self.unique("the lineage tag", tags)

    def check_names(self):
        self.unique("the table", self.tables)
        self.unique("the measure", [m.name for table in self.tables.values() for m in table.of("measure")])
        for name, table in self.tables.items():
            inside = [one.name for kind in ("column", "measure", "hierarchy") for one in table.of(kind)]
            self.unique(f"{name}: the name", inside)
            self.unique(f"{name}: the source column", [c.get("sourceColumn", "") for c in table.of("column")])
            if not table.description:
                self.fault(f"{name} has no description")
            for one in table.of("measure") + table.of("hierarchy") + table.of("column"):
                if not one.get("isHidden") and not one.description:
                    self.fault(f"{name}: {one.name} has no description")

    def entity(self, table):
        """The gold table that a table of the model reads."""
        stored = table.of("partition")[0].of("source")[0].get("entityName")
        return stored.removeprefix("gold_") if self.is_flat else stored

    def check_tables(self):
        entities = {}
        for name, table in self.tables.items():
            partition = table.of("partition")[0]
            source = partition.of("source")[0]
            entity = self.entity(table)
            entities[entity] = table
            if source.get("entityName") != (f"gold_{entity}" if self.is_flat else entity):
                self.fault(f"{name}: its table is called otherwise in this lakehouse")
            schema = None if self.is_flat else "gold"
            if (partition.value, partition.get("mode"), source.get("schemaName")) != ("entity", "directLake", schema):
                self.fault(f"{name}: its partition is no Direct Lake over gold")
            tag = f"[dbo].[gold_{entity}]" if self.is_flat else f"[gold].[{entity}]"
            if table.get("sourceLineageTag") != tag or "Name" not in table.changed:
                self.fault(f"{name}: an update of the schema would rename it")
            left_out = set() if self.personal else set(PERSONAL)
            wanted = {column: kind for column, kind in GOLD[entity]["columns"].items() if column not in left_out}
            found = {column.get("sourceColumn"): column.get("dataType") for column in table.of("column")}
            for column in sorted(wanted.keys() | found.keys()):
                if wanted.get(column) != found.get(column):
                    self.fault(f"{name}: {column} is {found.get(column)}, not {wanted.get(column)} as in gold")
            for column in table.of("column"):
                self.check_column(name, column)
        for missing in sorted(GOLD.keys() - entities.keys()):
            self.fault(f"gold's {missing} is not in the model")

    def check_column(self, table, column):
        where, source = f"{table}[{column.name}]", column.get("sourceColumn")
        if column.get("sourceLineageTag") != source or (column.name != source) != ("Name" in column.changed):
            self.fault(f"{where}: an update of the schema would rename it")
        if column.get("summarizeBy") != "none":
            self.fault(f"{where} is summed without a measure")
        if column.get("dataType") not in ("string", "boolean") and not column.get("formatString"):
            self.fault(f"{where} has no format")
        by = column.get("sortByColumn")
        if by:
            by = unquoted(by)
            target = self.column(table, by)
            if not target or target is column:
                self.fault(f"{where} is sorted by {by}, which is not there")
            elif target.get("isAvailableInMdx") == "false":
                self.fault(f"{where} is sorted by {by}, which is not available")
        entity = self.entity(self.tables[table])
        is_key = source in GOLD[entity]["keys"] or not GOLD[entity]["fact"] and source == GOLD[entity]["key"]
        if is_key and not column.get("isHidden"):
            self.fault(f"{where} is a key that people see")

    def check_measures(self):
        source = self.entities()
        for name, table in self.tables.items():
            for measure in table.of("measure"):
                words = self.formula(f"[{measure.name}]", measure.value) or []
                wanted = MEASURES.get(measure.name)
                if wanted is None:
                    self.fault(f"measures.yaml has no [{measure.name}]")
                    continue
                if (measure.get("formatString"), measure.get("displayFolder")) != (wanted["format"], wanted["folder"]):
                    self.fault(f"[{measure.name}] has another format or folder than measures.yaml says")

                def back(word):
                    """A word with gold's names."""
                    kind, value = word
                    if kind == "column":
                        column = self.column(*value)
                        return kind, (source.get(value[0]), column and column.get("sourceColumn"))
                    return ("word", source.get(value)) if kind == "table" else word

                if [back(word) for word in words] != tokens(wanted["dax"]):
                    self.fault(f"[{measure.name}] computes something else than measures.yaml says")
        for missing in MEASURES.keys() - self.measures.keys():
            self.fault(f"the measure [{missing}] is not there")

    def check_relations(self):
        found = Counter()
        active = Counter()
        entity = self.entities()
        for relation in self.all("relationship"):
            ends = [column_of(relation.get(end)) for end in ("fromColumn", "toColumn")]
            many, one = (self.column(*end) for end in ends)
            where = " to ".join(f"{table}[{column}]" for table, column in ends)
            if not many or not one:
                self.fault(f"the relationship {where} ends nowhere")
                continue
            if many.get("dataType") != one.get("dataType"):
                self.fault(f"the relationship {where} is from {many.get('dataType')} to {one.get('dataType')}")
            fact, dimension = entity[ends[0][0]], entity[ends[1][0]]
            if GOLD[dimension]["fact"] or one.get("sourceColumn") != GOLD[dimension]["key"]:
                self.fault(f"the relationship {where} does not end at a dimension's key")
            if GOLD[fact]["keys"].get(many.get("sourceColumn"), "").replace("dimdate", "dimcalendar") != dimension:
                self.fault(f"the relationship {where} is none of gold")
            found[fact, many.get("sourceColumn")] += 1
            active[fact, dimension] += relation.get("isActive") != "false"
        for fact, table in GOLD.items():
            for key in table["keys"]:
                if found[fact, key] != 1:
                    self.fault(f"{fact}.{key} has {found[fact, key]} relationships")
        for (fact, dimension), count in active.items():
            if count != 1:
                self.fault(f"{fact} and {dimension} have {count} active relationships")

    def check_calendar(self):
        calendars = [table for table in self.tables.values() if table.get("dataCategory") == "Time"]
        days = [column for table in calendars for column in table.of("column") if column.get("isKey")]
        if len(calendars) != 1 or [day.get("dataType") for day in days] != ["dateTime"]:
            self.fault("there is no one date table with one day")

    def check_hierarchies(self):
        for name, table in self.tables.items():
            for hierarchy in table.of("hierarchy"):
                levels = hierarchy.of("level")
                if len(levels) < 2:
                    self.fault(f"{name}: the hierarchy {hierarchy.name} has fewer than two levels")
                for level in levels:
                    column = self.column(name, unquoted(level.get("column", "")))
                    if not column or column.get("isAvailableInMdx") == "false":
                        self.fault(f"{name}: the level {level.name} of {hierarchy.name} has no column")

    def check_captions(self):
        model = self.all("cultureInfo")[0].of("translations")[0].of("model")[0]
        captions = {}
        for table in model.of("table"):
            of = self.tables.get(table.name)
            if not of:
                self.fault(f"a caption of the table {table.name}, which is not there")
                continue
            captions[table.name] = table.get("caption")
            inside = {(one.kind, one.name): one for one in table.children}
            self.unique(f"{table.name}: the caption", [one.get("caption") for one in table.children])
            there = {(one.kind, one.name): one for one in of.children}
            for kind, name in inside.keys() - there.keys():
                self.fault(f"a caption of {table.name}: {kind} {name}, which is not there")
            for (kind, name), one in there.items():
                if kind == "partition" or one.get("isHidden"):
                    continue
                if not inside.get((kind, name)) or not inside[kind, name].get("caption"):
                    self.fault(f"{table.name}: {kind} {name} has no Icelandic caption")
                elif kind == "measure" and inside[kind, name].get("caption") != MEASURES[name]["icelandic"]:
                    self.fault(f"[{name}] has another Icelandic caption than measures.yaml says")
                elif kind == "measure" and not inside[kind, name].get("displayFolder"):
                    self.fault(f"[{name}] has no Icelandic folder")
                for level in inside.get((kind, name), one).of("level"):
                    if level.name not in [other.name for other in one.of("level")]:
                        self.fault(f"a caption of the level {level.name}, which is not there")
        self.unique("the caption", captions.values())
        for missing in self.tables.keys() - captions.keys():
            self.fault(f"the table {missing} has no Icelandic caption")

    def check_perspectives(self):
        for perspective in self.all("perspective"):
            for table in perspective.of("perspectiveTable"):
                of = self.tables.get(table.name)
                if not of:
                    self.fault(f"{perspective.name} shows the table {table.name}, which is not there")
                    continue
                visible = {(f"perspective{one.kind.capitalize()}", one.name)
                           for one in of.children if not one.get("isHidden")}
                for one in table.children:
                    if (one.kind, one.name) not in visible:
                        self.fault(f"{perspective.name} shows {table.name}: {one.name}, which is not there or hidden")


def counts(model):
    """What the other reader has to count, too."""
    kinds = ("column", "measure", "hierarchy", "partition")
    found = {kind: sum(len(table.of(kind)) for table in model.tables.values()) for kind in kinds}
    return {"table": len(model.tables), **found, "relationship": len(model.all("relationship"))}


def counts_of_other(definition):
    from pbix_mcp.formats.tmdl_reader import parse_tmdl_folder

    model = parse_tmdl_folder(str(definition))
    model = model.get("model", model)
    plural = {"column": "columns", "measure": "measures", "hierarchy": "hierarchies", "partition": "partitions"}
    found = {kind: sum(len(table.get(name) or []) for table in model["tables"]) for kind, name in plural.items()}
    return {"table": len(model["tables"]), **found, "relationship": len(model["relationships"])}


def main(folder):
    model = Model(folder)
    faults = model.check()
    for fault in faults:
        print(fault)
    ours, others = counts(model), counts_of_other(model.definition)
    if ours != others:
        print(f"pbix-mcp counts {others}, not {ours}")
    missed = 0
    for path, before, after, wanted in MUTATIONS:
        with tempfile.TemporaryDirectory() as copy:
            copy = Path(copy) / "fabric"
            shutil.copytree(folder, copy)
            at = copy / path
            text = at.read_text() if at.exists() else ""
            if before not in text:
                print(f"{path} has no {before!r} to put a fault into")
                missed += 1
                continue
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(text.replace(before, after, 1), newline="")
            if not any(wanted in fault for fault in Model(copy).check()):
                print(f"not found: {before!r} as {after!r} in {path}; wanted: {wanted}")
                missed += 1
    told = ", ".join(f"{count} {kind}s".replace("hierarchys", "hierarchies") for kind, count in ours.items())
    print(f"semantic model: {told}; {len(MUTATIONS) - missed} of {len(MUTATIONS)} faults found")
    return 1 if faults or missed or ours != others else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: tests/fabric/model.py FOLDER")
    sys.exit(main(Path(sys.argv[1])))
