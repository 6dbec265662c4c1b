"""The report's files: what refers to what, and that every field is the semantic model's."""

import re

import folder

DEFINITION = "ConnectWise.Report/definition"
PAGES = f"{DEFINITION}/pages"
SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric/item/report/definition/"

# The keys that the schemas of these versions allow; no other one may stand there.
ALLOWED = {
    "page/2.0.0": {
        "$schema",
        "name",
        "displayName",
        "displayOption",
        "height",
        "width",
        "filterConfig",
        "pageBinding",
        "objects",
        "type",
        "visibility",
        "visualInteractions",
        "autoPageGenerationConfig",
        "annotations",
        "howCreated",
    },
    "visualContainer/2.1.0": {
        "$schema",
        "name",
        "position",
        "visual",
        "visualGroup",
        "parentGroupName",
        "filterConfig",
        "isHidden",
        "annotations",
        "howCreated",
    },
    "report/3.0.0": {
        "$schema",
        "themeCollection",
        "filterConfig",
        "objects",
        "reportSource",
        "publicCustomVisuals",
        "resourcePackages",
        "organizationCustomVisuals",
        "annotations",
        "dataSourceVariables",
        "settings",
        "slowDataSourceSettings",
    },
    "pagesMetadata/1.0.0": {"$schema", "pageOrder", "activePageName"},
    "versionMetadata/1.0.0": {"$schema", "version"},
}
VISUAL = {
    "visualType",
    "autoSelectVisualType",
    "query",
    "expansionStates",
    "objects",
    "visualContainerObjects",
    "syncGroup",
    "drillFilterOtherVisuals",
}
POSITION = {"x", "y", "z", "height", "width", "tabOrder", "angle"}
PROJECTION = {"field", "queryRef", "nativeQueryRef", "displayName", "format", "active", "hidden"}
FILTER = {
    "name",
    "displayName",
    "ordinal",
    "field",
    "type",
    "filter",
    "restatement",
    "howCreated",
    "isHiddenInViewMode",
    "isLockedInViewMode",
    "objects",
}


def check(files):
    faults = []
    tables = folder.model(files)
    names = {}
    structure(files, faults)
    pages = folder.parsed(files, f"{PAGES}/pages.json") or {}
    order = pages.get("pageOrder", [])
    there = sorted({path[len(PAGES) + 1 :].split("/")[0] for path in files if path.endswith("/page.json")})
    if sorted(order) != there:
        faults.append(f"{PAGES}/pages.json: its order and the folders of pages differ")
    if pages.get("activePageName") not in order:
        faults.append(f"{PAGES}/pages.json: the page that the report opens on is not in its order")
    visible = 0
    for name in there:
        at = f"{PAGES}/{name}/page.json"
        page = folder.parsed(files, at) or {}
        unique(names, page.get("name"), at, faults)
        if page.get("name") != name:
            faults.append(f"{at}: its name is not its folder's")
        visible += page.get("visibility") != "HiddenInViewMode"
        drillthrough(page, at, tables, names, faults)
        places = []
        for path in files:
            if path.startswith(f"{PAGES}/{name}/visuals/") and path.endswith("/visual.json"):
                visual(files, path, page, tables, names, faults)
                place = (folder.parsed(files, path) or {}).get("position", {})
                places.append((path, place))
        overlaps(places, faults)
    # Who looks by a perspective may change a visual, and finds its fields again.
    shown = set(re.findall(r'"queryRef": "([^"]+)"', "".join(text for path, text in files.items() if PAGES in path)))
    faults += [
        f"{PAGES}: no perspective of the model shows {name}" for name in sorted(shown - folder.perspectives(files))
    ]
    if visible != 5:
        faults.append(f"{PAGES}: {visible} pages have a tab, and not five")
    return faults


def structure(files, faults):
    """That each file names a schema that is known here, and has no key that this schema does not."""
    for path in files:
        if not path.startswith(DEFINITION) or not path.endswith(".json"):
            continue
        value = folder.parsed(files, path)
        if value is None:
            continue
        version = re.sub(rf"^{re.escape(SCHEMAS)}(.*)/schema\.json$", r"\1", str(value.get("$schema")))
        if version not in ALLOWED:
            faults.append(f"{path}: its schema {version} is none of those that are known here")
            continue
        for key in value.keys() - ALLOWED[version]:
            faults.append(f"{path}: {version} has no `{key}`")


def unique(names, name, at, faults):
    if not isinstance(name, str) or not 0 < len(name) <= 50:
        faults.append(f"{at}: {name!r} is no name of at most 50 characters")
    elif name in names:
        faults.append(f"{at}: the name {name} is there already, in {names[name]}")
    else:
        names[name] = at


def field(expression, at, tables, faults, aliases=None):
    """That a field exists; returns `table.name`."""
    kind, inner = next(iter(expression.items()), (None, {}))
    source = inner.get("Expression", {}).get("SourceRef", {})
    table = source.get("Entity") or (aliases or {}).get(source.get("Source"))
    name = inner.get("Property")
    part = {"Column": "columns", "Measure": "measures"}.get(kind)
    if part is None or table not in tables or name not in tables[table][part]:
        faults.append(f"{at}: the semantic model has no {kind} {table}[{name}]")
    return f"{table}.{name}"


def filters(value, at, tables, names, faults):
    for one in value.get("filterConfig", {}).get("filters", []):
        for key in one.keys() - FILTER:
            faults.append(f"{at}: a filter has no `{key}`")
        unique(names, one.get("name"), at, faults)
        named = field(one.get("field", {}), at, tables, faults)
        if "filter" in one:
            aliases = {source["Name"]: source["Entity"] for source in one["filter"].get("From", [])}
            for condition in one["filter"].get("Where", []):
                for inner in condition["Condition"]["In"]["Expressions"]:
                    if field(inner, at, tables, faults, aliases) != named:
                        faults.append(f"{at}: a filter's condition is on another field than the filter")


def drillthrough(page, at, tables, names, faults):
    filters(page, at, tables, names, faults)
    binding = page.get("pageBinding")
    is_target = page.get("type") == "Drillthrough"
    if (binding is not None) != is_target:
        faults.append(f"{at}: a drill-through page has a binding, and no other one has")
    if not is_target or binding is None:
        return
    bound = {one.get("name"): one for one in page.get("filterConfig", {}).get("filters", [])}
    parameters = binding.get("parameters", [])
    if binding.get("type") != "Drillthrough" or len(parameters) != len(bound) or not parameters:
        faults.append(f"{at}: its binding has to be of drill-through, with a parameter for each filter")
    for parameter in parameters:
        one = bound.get(parameter.get("boundFilter"), {})
        if one.get("field") != parameter.get("fieldExpr") or one.get("howCreated") != "Drillthrough":
            faults.append(f"{at}: the parameter {parameter.get('name')} and its filter are not of one field")


def visual(files, at, page, tables, names, faults):
    value = folder.parsed(files, at) or {}
    if value.get("name") != at.split("/")[-2]:
        faults.append(f"{at}: its name is not its folder's")
    unique(names, value.get("name"), at, faults)
    inner, place = value.get("visual", {}), value.get("position", {})
    for what, keys, allowed in [("visual", inner, VISUAL), ("position", place, POSITION)]:
        for key in keys.keys() - allowed:
            faults.append(f"{at}: a {what} has no `{key}`")
    if not {"x", "y", "width", "height"} <= place.keys():
        faults.append(f"{at}: it has no place")
    elif (
        min(place["x"], place["y"]) < 0
        or place["x"] + place["width"] > page.get("width", 0)
        or place["y"] + place["height"] > page.get("height", 0)
    ):
        faults.append(f"{at}: it stands outside of its page")
    filters(value, at, tables, names, faults)
    query = inner.get("query", {})
    shown = set()
    for role, state in query.get("queryState", {}).items():
        for projection in state.get("projections", []):
            for key in projection.keys() - PROJECTION:
                faults.append(f"{at}: a field has no `{key}`")
            named = field(projection.get("field", {}), at, tables, faults)
            if projection.get("queryRef") != named:
                faults.append(f"{at}: {role} calls {named} {projection.get('queryRef')}")
            if named in shown:
                faults.append(f"{at}: it shows {named} twice")
            shown.add(named)
    for sort in query.get("sortDefinition", {}).get("sort", []):
        if field(sort.get("field", {}), at, tables, faults) not in shown:
            faults.append(f"{at}: it is sorted by a field that it does not show")


def overlaps(places, faults):
    for index, (path, one) in enumerate(places):
        for other_path, other in places[:index]:
            if not {"x", "y", "width", "height"} <= one.keys() & other.keys():
                continue
            if (
                one["x"] < other["x"] + other["width"]
                and other["x"] < one["x"] + one["width"]
                and one["y"] < other["y"] + other["height"]
                and other["y"] < one["y"] + one["height"]
            ):
                faults.append(f"{path}: it covers {other_path.split('/')[-2]}")
