"""Items and settings of the deployment: their files, identifiers, and what they say of each other."""

import json
import re
import uuid

import yaml

import folder
import notebooks

# What stands for an identifier, or for a server's name, until the deployment: one digit all through.
PLACEHOLDER = re.compile(r"\b([1-9])\1{7}-\1{4}-\1{4}-\1{4}-\1{12}\b(\.datawarehouse\.fabric\.microsoft\.com)?")
JSON = (".json", ".platform", ".pbir", ".pbip", ".pbism", ".schedules")
# Files whose form has no schema of its own.
WITHOUT_SCHEMA = ("lakehouse.metadata.json", "pipeline-content.json")
KINDS = {"Lakehouse", "Notebook", "SemanticModel", "Report", "DataPipeline"}


def check(files):
    faults = []
    formats(files, faults)
    platforms(files, faults)
    paths(files, faults)
    deployment(files, faults)
    pipeline(files, faults)
    layouts(files, faults)
    return faults


def formats(files, faults):
    for path, text in files.items():
        if "\r" in text:
            faults.append(f"{path}: its lines end as on Windows")
        if not path.endswith(JSON):
            continue
        try:
            value = json.loads(text)
        except ValueError as error:
            faults.append(f"{path}: it is no JSON: {error}")
            continue
        if not path.endswith(WITHOUT_SCHEMA) and not str(value.get("$schema", "")).startswith(
            "https://developer.microsoft.com/json-schemas/fabric/"
        ):
            faults.append(f"{path}: it names no schema of Fabric")


def platforms(files, faults):
    known = {}
    for item in folder.items(files):
        at = f"{item}/.platform"
        value = folder.parsed(files, at) or {}
        metadata, config = value.get("metadata", {}), value.get("config", {})
        if f"{metadata.get('displayName')}.{metadata.get('type')}" != item:
            faults.append(f"{at}: name and kind are not those of its folder")
        try:
            logical = str(uuid.UUID(config.get("logicalId")))
        except (TypeError, ValueError):
            faults.append(f"{at}: {config.get('logicalId')!r} is no identifier")
            continue
        if logical in known:
            faults.append(f"{at}: its identifier is that of {known[logical]}")
        known[logical] = item


def paths(files, faults):
    """That what leads from one item to another leads somewhere."""
    project = folder.parsed(files, "ConnectWise.pbip") or {}
    for artifact in project.get("artifacts", [{}]):
        path = artifact.get("report", {}).get("path")
        if f"{path}/definition.pbir" not in files:
            faults.append(f"ConnectWise.pbip: there is no report {path}")
    reference = folder.parsed(files, "ConnectWise.Report/definition.pbir") or {}
    path = reference.get("datasetReference", {}).get("byPath", {}).get("path", "")
    if not path.startswith("../") or f"{path[3:]}/definition.pbism" not in files:
        faults.append(f"ConnectWise.Report/definition.pbir: there is no semantic model {path}")


def layouts(files, faults):
    """That the lakehouse is one with schemas or one without, and that the notebooks take it as such."""
    at = "ConnectWise.Lakehouse/lakehouse.metadata.json"
    layout = {'{"defaultSchema":"dbo"}': "schemas", "{}": "flat"}.get(files.get(at))
    if layout is None:
        faults.append(f"{at}: it has to be one with schemas, or one without")
    for path in notebooks.KERNELS:
        if notebooks.parameters(files.get(path, "")).get("layout") != layout:
            faults.append(f"{path}: its layout is not the lakehouse's")


def deployment(files, faults):
    config = yaml.safe_load(files.get("config.yml", "")) or {}
    core = config.get("core", {})
    if config.get("unpublish", {}).get("skip") is not True:
        faults.append(
            "config.yml: unpublish.skip has to be true: else the deployment deletes what is not in the folder"
        )
    there = {item.rsplit(".", 1)[1] for item in folder.items(files)}
    if set(core.get("item_types_in_scope", [])) != there or there != KINDS:
        faults.append("config.yml: the kinds of items in scope and those of the folder differ")
    if core.get("parameter") not in files:
        faults.append("config.yml: its file of parameters is not there")
    parameters = yaml.safe_load(files.get("parameter.yml", "")) or {}
    replaced = {entry.get("find_value") for entry in parameters.get("find_replace", [])}
    for path, text in files.items():
        for found in PLACEHOLDER.finditer(text):
            if found.group(0) not in replaced:
                faults.append(f"{path}: nothing replaces {found.group(0)}")


def pipeline(files, faults):
    at = "Nightly.DataPipeline/pipeline-content.json"
    activities = (folder.parsed(files, at) or {}).get("properties", {}).get("activities", [])
    platform = folder.parsed(files, "Nightly.Notebook/.platform") or {}
    known = notebooks.parameters(files.get("Nightly.Notebook/notebook-content.py", ""))
    if [activity.get("type") for activity in activities] != ["TridentNotebook"]:
        faults.append(f"{at}: it has to run one notebook")
        return
    properties = activities[0].get("typeProperties", {})
    if properties.get("notebookId") != platform.get("config", {}).get("logicalId"):
        faults.append(f"{at}: it runs another notebook than Nightly")
    kinds = {"string": str, "bool": bool, "int": int}
    given = dict(properties.get("parameters", {}))
    if given.pop("_inlineInstallationEnabled", {}).get("value") is not True:
        faults.append(f"{at}: without _inlineInstallationEnabled, the notebook installs nothing in a pipeline")
    for name, parameter in given.items():
        if name not in known:
            faults.append(f"{at}: the notebook has no parameter {name}")
        elif {type(parameter.get("value")), type(known[name])} != {kinds.get(parameter.get("type"))}:
            faults.append(f"{at}: the parameter {name} is of another type than in the notebook")
    schedules = (folder.parsed(files, "Nightly.DataPipeline/.schedules") or {}).get("schedules", [])
    configuration = schedules[0].get("configuration", {}) if len(schedules) == 1 else {}
    wanted = {"type": "Daily", "localTimeZoneId": "Greenwich Standard Time", "times": ["04:00"]}
    if {key: configuration.get(key) for key in wanted} != wanted:
        faults.append("Nightly.DataPipeline/.schedules: it has to be daily, at 04:00 in Iceland")
