"""That the checks find faults: each of these is made in a copy of the folder, and has to be told of.

faults.py FOLDER [NODE VALIDATOR]      VALIDATOR is where Microsoft's validator is installed
"""

import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import check
import folder
import publish
import stub

PAGES = "ConnectWise.Report/definition/pages"
NIGHTLY = "Nightly.Notebook/notebook-content.py"
TRANSFORM = "Transform.Notebook/notebook-content.py"
PIPELINE = "Nightly.DataPipeline/pipeline-content.json"
FINANCE = "ConnectWise.SemanticModel/definition/perspectives/Finance.tmdl"
SCHEDULES = "Nightly.DataPipeline/.schedules"


def swap(path, old, new):
    """Another text in a file."""

    def change(files):
        assert old in files[path], f"{path} has no {old}"
        files[path] = files[path].replace(old, new)

    return change


def drop(path):
    return lambda files: files.pop(path)


def edit(find, how):
    """Another value in the first JSON file below `PAGES` that is looked for."""

    def change(files):
        for path in sorted(files):
            if path.startswith(PAGES) and path.endswith(".json"):
                value = json.loads(files[path])
                if find(value):
                    how(value)
                    files[path] = json.dumps(value, indent=2)
                    return
        raise AssertionError("there is no such file")

    return change


def kind(visual):
    return lambda value: value.get("visual", {}).get("visualType") == visual


def target(value):
    return value.get("type") == "Drillthrough"


def filtered(value):
    return "visual" in value and "filterConfig" in value


def sorted_visual(value):
    return "sortDefinition" in value.get("visual", {}).get("query", {})


def state(value):
    return value["visual"]["query"]["queryState"]


def emptied(value):
    state(value).clear()


def settings(value):
    return value["visual"]["objects"]


def mode(value):
    return settings(value)["data"][0]["properties"]["mode"]["expr"]["Literal"]


def newer(value):
    value["$schema"] = value["$schema"].replace("2.1.0", "9.9.9")


def first(value, role):
    return state(value)[role]["projections"][0]


def inner(expression):
    return next(iter(expression.values()))


def condition(value):
    return value["filterConfig"]["filters"][0]["filter"]["Where"][0]["Condition"]["In"]["Expressions"][0]


def turned(field):
    """A column as a measure."""
    field["Measure"] = field.pop("Column")


def same_identifier(files):
    """The pipeline with the identifier of the notebook."""
    one, two = (
        json.loads(files[f"Nightly.{kind}/.platform"])["config"]["logicalId"] for kind in ("Notebook", "DataPipeline")
    )
    swap("Nightly.DataPipeline/.platform", two, one)(files)


def twin(files):
    """A second visual of one name, on another page."""
    one, two = sorted(path for path in files if path.endswith("/page.json"))[:2]
    paths = [path for path in sorted(files) if path.startswith(one[: -len("page.json")]) and "visual.json" in path]
    files[two[: -len("page.json")] + paths[0][len(one) - len("page.json") :]] = files[paths[0]]


# What is changed, and a part of what has to be said of it.
CHECKED = [
    ("a file that is no JSON", swap("ConnectWise.pbip", "{", "{,"), "is no JSON"),
    ("a file without its schema", swap(SCHEDULES, "$schema", "schema"), "names no schema"),
    ("lines as on Windows", swap("README.md", "\n", "\r\n"), "as on Windows"),
    (
        "an item under another name",
        swap("Nightly.Notebook/.platform", '"Nightly"', '"Nightl"'),
        "not those of its folder",
    ),
    (
        "an identifier that is none",
        swap("Nightly.Notebook/.platform", '"logicalId": "', '"logicalId": "x'),
        "is no identifier",
    ),
    ("a project without its report", swap("ConnectWise.pbip", "ConnectWise.Report", "Report"), "there is no report"),
    (
        "a report without its model",
        swap("ConnectWise.Report/definition.pbir", "../Connect", "../Konnect"),
        "no semantic model",
    ),
    ("a deployment that deletes", swap("config.yml", "skip: true", "skip: false"), "unpublish.skip"),
    ("a kind that is left out", swap("config.yml", "    - Report\n", ""), "kinds of items"),
    ("an item that is left out", drop("ConnectWise.Lakehouse/.platform"), "kinds of items"),
    ("parameters under another name", swap("config.yml", "parameter.yml", "parameters.yml"), "file of parameters"),
    ("a workspace that nothing replaces", swap("parameter.yml", "11111111-", "1111111-"), "nothing replaces"),
    (
        "a lakehouse of neither form",
        swap("ConnectWise.Lakehouse/lakehouse.metadata.json", "dbo", "gold"),
        "with schemas",
    ),
    (
        "a layout that the lakehouse has not",
        swap(NIGHTLY, 'layout = "schemas"', 'layout = "flat"'),
        "not the lakehouse's",
    ),
    ("a pipeline of another notebook", swap(PIPELINE, '"notebookId": "', '"notebookId": "0'), "another notebook"),
    ("a parameter that is not there", swap(PIPELINE, '"mode"', '"modus"'), "no parameter modus"),
    ("a parameter of another type", swap(PIPELINE, '"value": "incremental"', '"value": 1'), "another type"),
    ("a pipeline that installs nothing", swap(PIPELINE, "_inlineInstallationEnabled", "inline"), "installs nothing"),
    ("another hour", swap(SCHEDULES, "04:00", "16:00"), "at 04:00"),
    (
        "a zone that Windows does not know",
        swap(SCHEDULES, "Greenwich Standard Time", "Atlantic/Reykjavik"),
        "in Iceland",
    ),
    ("a notebook without its head", swap(NIGHTLY, "# Fabric notebook source", "# Notebook"), "does not begin"),
    ("another kernel", swap(NIGHTLY, '"name": "jupyter"', '"name": "synapse_pyspark"'), "kernel"),
    (
        "another lakehouse",
        swap(TRANSFORM, '"default_lakehouse_name": "ConnectWise"', '"default_lakehouse_name": "X"'),
        "lakehouse",
    ),
    ("a cell of another language", swap(NIGHTLY, "jupyter_python", "synapse_pyspark"), "its metadata"),
    (
        "a cell that does not compile",
        swap(NIGHTLY, "for variable, secret in", "for variable, secret"),
        "does not compile",
    ),
    ("no parameters", swap(NIGHTLY, "# PARAMETERS CELL", "# CELL"), "one cell of parameters"),
    ("markdown that is code", swap(NIGHTLY, "# # Nightly", "Nightly"), "no comment"),
    ("a wheel that is not installed", swap(NIGHTLY, "%pip install", "# pip install"), "wheel has to be installed"),
    ("no word of a key vault", swap(NIGHTLY, "if not key_vault", "if False"), "without a key vault"),
    ("a secret that is not read", swap(NIGHTLY, '"CW_CLIENTID"', '"CW_CLIENT"'), "runs the pipeline with"),
    ("another address", swap(NIGHTLY, "/Tables", "/Files"), "runs the pipeline with"),
    ("a token that ends", swap(NIGHTLY, "token=lambda: ", "token="), "returns a token"),
    ("a refresh that nobody asked for", swap(NIGHTLY, "refresh_model = False", "refresh_model = True"), "unasked"),
    (
        "a refresh of another model",
        swap(NIGHTLY, '["displayName"] == "ConnectWise"', '["displayName"] == "Other"'),
        "it calls",
    ),
    (
        "a day that stays a placeholder",
        swap(TRANSFORM, '"businessDate": day', '"businessDay": day'),
        "stays a placeholder",
    ),
    (
        "a table that is read elsewhere",
        swap(TRANSFORM, r"(bronze|silver|gold)\.(cw", r"(silver|gold)\.(cw"),
        "names what is not there",
    ),
    (
        "a table that is merged into another",
        swap(TRANSFORM, "CREATE TABLE IF NOT EXISTS gold.dimagreementtype", "CREATE TABLE IF NOT EXISTS gold.dimother"),
        "what is merged differ",
    ),
    (
        "a table before what it reads",
        swap(TRANSFORM, "FROM silver.cw_agreement ", "FROM silver.cw_none "),
        "before it is built",
    ),
    (
        "a measure that is not there",
        edit(kind("cardVisual"), lambda v: inner(first(v, "Data")["field"]).update(Property="X")),
        "no Measure",
    ),
    (
        "a column that is not there",
        edit(kind("slicer"), lambda v: inner(first(v, "Values")["field"]).update(Property="X")),
        "no Column",
    ),
    ("a column as a measure", edit(kind("slicer"), lambda v: turned(first(v, "Values")["field"])), "no Measure"),
    ("a field under another name", edit(kind("slicer"), lambda v: first(v, "Values").update(queryRef="X")), "calls"),
    ("a key that the schema lacks", edit(kind("slicer"), lambda v: v.update(titel="X")), "has no `titel`"),
    ("a key that a visual lacks", edit(kind("slicer"), lambda v: v["visual"].update(title="X")), "has no `title`"),
    ("a schema of another version", edit(kind("slicer"), newer), "none of those"),
    ("a visual outside of its page", edit(kind("slicer"), lambda v: v["position"].update(y=700)), "outside"),
    ("a visual over another", edit(kind("cardVisual"), lambda v: v["position"].update(y=20)), "covers"),
    ("a visual under another name", edit(kind("slicer"), lambda v: v.update(name="x")), "not its folder's"),
    ("two visuals of one name", twin, "is there already"),
    ("a filter on another field", edit(filtered, lambda v: inner(condition(v)).update(Property="X")), "no Column"),
    (
        "a filter with another alias",
        edit(filtered, lambda v: inner(condition(v))["Expression"]["SourceRef"].update(Source="x")),
        "no Column",
    ),
    ("an order by what is not shown", edit(sorted_visual, emptied), "does not show"),
    (
        "a field that no perspective shows",
        swap(FINANCE, "perspectiveMeasure MRR", "perspectiveMeasure MR"),
        "no perspective",
    ),
    ("a page that is not in the order", edit(lambda v: "pageOrder" in v, lambda v: v["pageOrder"].pop()), "order"),
    (
        "a first page that is not there",
        edit(lambda v: "pageOrder" in v, lambda v: v.update(activePageName="x")),
        "opens on",
    ),
    ("a page under another name", edit(lambda v: "displayName" in v, lambda v: v.update(name="x")), "not its folder's"),
    ("a sixth tab", edit(target, lambda v: v.pop("visibility")), "have a tab"),
    ("drill-through without a binding", edit(target, lambda v: v.pop("pageBinding")), "has a binding"),
    ("a binding of another kind", edit(target, lambda v: v["pageBinding"].update(type="Default")), "of drill-through"),
    (
        "a parameter without its filter",
        edit(target, lambda v: v["pageBinding"]["parameters"][0].update(boundFilter="x")),
        "not of one field",
    ),
]

DEPLOYED = [
    ("a placeholder that is left", swap("parameter.yml", "22222222-", "99999999-"), "a placeholder is left"),
    ("a placeholder of which a part is left", swap("parameter.yml", "22222222-", "2222222-"), "does not name"),
    (
        "parameters that are no parameters",
        swap("parameter.yml", "find_replace", "find_and_replace"),
        "validator refuses",
    ),
    (
        "a lakehouse that is not there",
        swap("parameter.yml", "Lakehouse.ConnectWise.$id", "Lakehouse.Other.$id"),
        "fails",
    ),
    ("a deployment that deletes", swap("config.yml", "skip: true", "skip: false"), "deletes"),
    ("two items of one identifier", same_identifier, "fails"),
    ("a report without its model", swap("ConnectWise.Report/definition.pbir", "../Connect", "../Konnect"), "fails"),
    ("a workspace of another name", swap("config.yml", "workspace: ConnectWise", "workspace: Other"), "fails"),
    ("a kind that is left out", swap("config.yml", "    - DataPipeline\n", ""), "sent 0 times"),
]

VALIDATED = [
    ("a kind of visual that is none", edit(kind("slicer"), lambda v: v["visual"].update(visualType="sliser"))),
    ("a part that the kind lacks", edit(kind("slicer"), lambda v: state(v).update(Y=state(v).pop("Values")))),
    (
        "a setting that the kind lacks",
        edit(kind("slicer"), lambda v: settings(v).update(datta=settings(v).pop("data"))),
    ),
    ("a setting of no known value", edit(kind("slicer"), lambda v: mode(v).update(Value="'Dropup'"))),
    ("a report without its version", drop("ConnectWise.Report/definition/version.json")),
]


def tried(files, change):
    changed = copy.copy(files)
    change(changed)
    return changed


def main():
    files = folder.load(sys.argv[1])
    missed, found = [], 0

    def judge(name, faults, wanted):
        nonlocal found
        if any(wanted in fault for fault in faults):
            found += 1
        else:
            missed.append(f"{name}: {faults[:2] or 'nothing is said of it'}")

    for name, change, wanted in CHECKED:
        judge(name, check.faults(tried(files, change)), wanted)
    with tempfile.TemporaryDirectory() as at, stub.Server(Path(at)) as server:
        publish.environment(server)
        for name, change, wanted in DEPLOYED:
            judge(f"deployed, {name}", publish.faults(tried(files, change), server), wanted)
    if len(sys.argv) > 3:
        for name, change in VALIDATED:
            with tempfile.TemporaryDirectory() as at:
                folder.save(tried(files, change), at)
                command = [sys.argv[2], f"{sys.argv[3]}/validate.mjs", at]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                judge(f"validated, {name}", done.stdout.splitlines() if done.returncode == 1 else [], "validator: ")
    for name in missed:
        print(f"not found: {name}")
    print(f"mutations: {found} of {found + len(missed)} faults are found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
