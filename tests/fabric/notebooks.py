"""The notebooks: their form, that their cells compile, and what they do beside stand-ins for Fabric."""

import ast
import contextlib
import io
import json
import os
import re
import sys
import types

from gold import GOLD

NIGHTLY = "Nightly.Notebook/notebook-content.py"
TRANSFORM = "Transform.Notebook/notebook-content.py"
KERNELS = {NIGHTLY: ("jupyter", "jupyter_python"), TRANSFORM: ("synapse_pyspark", "synapse_pyspark")}
WORKSPACE = "11111111-1111-1111-1111-111111111111"
LAKEHOUSE = "22222222-2222-2222-2222-222222222222"


def check(files):
    faults = []
    for path in KERNELS:
        if form(files.get(path, ""), path, faults):
            is_flat = files.get("ConnectWise.Lakehouse/lakehouse.metadata.json") == "{}"
            layout = "flat" if is_flat else "schemas"
            if path == NIGHTLY:
                nightly(files[path], path, layout, faults)
            else:
                transform(files[path], path, faults)
    return faults


def parts(text):
    """The parts of a notebook: what each is, and its lines."""
    found = re.split(r"(?m)^# ([A-Z ]+) \*{20}\n", text)
    return found[0], [(found[index], found[index + 1].strip("\n")) for index in range(1, len(found), 2)]


def meta(text):
    """The JSON behind `# META`; None where a line is of another form."""
    lines = text.splitlines()
    if not all(line.startswith("# META ") for line in lines):
        return None
    with contextlib.suppress(ValueError):
        return json.loads("".join(line[len("# META ") :] for line in lines))
    return None


def cells(text):
    """The code of the cells, without magics."""
    code = [body for kind, body in parts(text)[1] if kind in ("CELL", "PARAMETERS CELL")]
    return [re.sub(r"(?m)^[%!].*$", "", body) for body in code]


def parameters(text):
    """The parameters of a notebook, with their values."""
    found = {}
    for kind, body in parts(text)[1]:
        if kind == "PARAMETERS CELL":
            # Code that can't be read is told of elsewhere.
            with contextlib.suppress(SyntaxError, ValueError):
                for statement in ast.parse(body).body:
                    if isinstance(statement, ast.Assign):
                        found[statement.targets[0].id] = ast.literal_eval(statement.value)
    return found


def form(text, path, faults):
    """The form that Fabric's Git integration reads. Whether the cells compile."""
    head, found = parts(text)
    name, group = KERNELS[path]
    if head != "# Fabric notebook source\n\n" or not found or found[0][0] != "METADATA":
        faults.append(f"{path}: it does not begin as a notebook of Fabric")
        return False
    whole = meta(found[0][1]) or {}
    if whole.get("kernel_info", {}).get("name") != name:
        faults.append(f"{path}: its kernel is not {name}")
    lakehouse = whole.get("dependencies", {}).get("lakehouse", {})
    wanted = {
        "default_lakehouse": LAKEHOUSE,
        "default_lakehouse_name": "ConnectWise",
        "default_lakehouse_workspace_id": WORKSPACE,
        "known_lakehouses": [{"id": LAKEHOUSE}],
    }
    if lakehouse != wanted:
        faults.append(f"{path}: its lakehouse is not ConnectWise")
    compiles = True
    for (kind, body), (after, its_meta) in zip(found[1:], found[2:] + [("", "")]):
        if kind in ("CELL", "PARAMETERS CELL"):
            language = {"language": "python", "language_group": group}
            if after != "METADATA" or meta(its_meta) != language:
                faults.append(f"{path}: a cell is not followed by its metadata: {body[:40]!r}")
            try:
                compile(re.sub(r"(?m)^[%!].*$", "", body), path, "exec")
            except SyntaxError as error:
                faults.append(f"{path}: a cell does not compile: {error}")
                compiles = False
        elif kind == "MARKDOWN" and not all(line.startswith("#") for line in body.splitlines()):
            faults.append(f"{path}: a line of markdown is no comment")
    if sum(kind == "PARAMETERS CELL" for kind, _ in found) != 1:
        faults.append(f"{path}: it has to have one cell of parameters")
        compiles = False
    return compiles


class Answer:
    ok = True
    status_code, text = 200, ""

    def __init__(self, value):
        self.value = value

    def json(self):
        return self.value


def run_nightly(text, **given):
    """Runs the notebook with those parameters; what it asked of Fabric, of the pipeline, and the variables it set."""
    runs, calls = [], []

    def request(method, url, headers, **arguments):
        calls.append((method, url, headers["Authorization"]))
        return Answer(
            {
                "properties": {"sqlEndpointProperties": {"id": "E"}},
                "value": [{"displayName": "Other", "id": "O"}, {"displayName": "ConnectWise", "id": "M"}],
            }
        )

    def pipeline(**arguments):
        runs.append(dict(arguments, variables={name: os.environ.get(name) for name in VARIABLES}))
        return "result"

    credentials = types.SimpleNamespace(
        getSecret=lambda vault, name: f"{vault}|{name}", getToken=lambda audience: f"token for {audience}"
    )
    modules = {
        "notebookutils": types.SimpleNamespace(credentials=credentials),
        "connectwise_etl": types.SimpleNamespace(run_etl_pipeline=pipeline),
        "requests": types.SimpleNamespace(request=request),
    }
    before = {name: sys.modules.get(name) for name in modules}
    environment = dict(os.environ)
    scope = {"display": lambda result: None}
    try:
        for name in VARIABLES:
            os.environ.pop(name, None)
        sys.modules.update(modules)
        with contextlib.redirect_stdout(io.StringIO()):
            for kind, body in parts(text)[1]:
                if kind in ("CELL", "PARAMETERS CELL"):
                    exec(compile(re.sub(r"(?m)^[%!].*$", "", body), NIGHTLY, "exec"), scope)
                if kind == "PARAMETERS CELL":
                    scope.update(given)
    finally:
        os.environ.clear()
        os.environ.update(environment)
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
    return runs, calls


VARIABLES = ["CW_BASE_URL", "CW_AUTH_USERNAME", "CW_AUTH_PASSWORD", "CW_CLIENTID", "CW_HASH_KEY"]


def nightly(text, path, layout, faults):
    def fault(wrong):
        faults.append(f"{path}: {wrong}")

    code = [body for kind, body in parts(text)[1] if kind in ("CELL", "PARAMETERS CELL")]
    if "%pip install" not in code[0] or any("%pip" in body for body in code[1:]):
        fault("the wheel has to be installed by the first cell of code: an installation may begin a new interpreter")
    try:
        run_nightly(text)
        fault("it runs without a key vault")
    except ValueError as error:
        if "key_vault is empty" not in str(error):
            fault(f"without a key vault, it says {error}")
    except Exception as error:  # whatever it is, it is no message for a person
        fault(f"without a key vault, it fails with {error!r}")
    try:
        runs, calls = run_nightly(text, key_vault="V")
        every, more = run_nightly(
            text, key_vault="V", mode="full", lookback_days=7, refresh_endpoint=True, refresh_model=True
        )
    except Exception as error:  # the cells are ours: whatever they raise is a fault
        fault(f"it fails with {error!r}")
        return
    if calls:
        fault(f"unasked, it calls {calls[0][1]}")
    if len(runs) != 1:
        fault(f"it runs the pipeline {len(runs)} times")
        return
    token = runs[0].pop("token", None)
    if not callable(token) or token() != "token for storage":
        fault("the pipeline has to be given a function that returns a token for storage")
    secrets = ["base-url", "username", "password", "client-id"]
    values = [f"V|connectwise-{name}" for name in secrets] + [None]
    wanted = {
        "lakehouse": f"abfss://{WORKSPACE}@onelake.dfs.fabric.microsoft.com/{LAKEHOUSE}/Tables",
        "layout": layout,
        "mode": "incremental",
        "lookback_days": None,
        "variables": dict(zip(VARIABLES, values)),
    }
    if runs[0] != wanted:
        fault(f"it runs the pipeline with {runs[0]}, and not with {wanted}")
    if (every[0]["mode"], every[0]["lookback_days"]) != ("full", 7):
        fault("its parameters do not reach the pipeline")
    api, bearer = f"https://api.fabric.microsoft.com/v1/workspaces/{WORKSPACE}", "Bearer token for pbi"
    refreshes = f"https://api.powerbi.com/v1.0/myorg/groups/{WORKSPACE}/datasets/M/refreshes"
    asked = [
        ("GET", f"{api}/lakehouses/{LAKEHOUSE}", bearer),
        ("POST", f"{api}/sqlEndpoints/E/refreshMetadata", bearer),
        ("GET", f"{api}/semanticModels", bearer),
        ("POST", refreshes, bearer),
    ]
    if more != asked:
        fault(f"asked to refresh, it calls {more}")


class Session:
    """Stands for Spark: keeps the statements, and finds a row that differs in each table."""

    def __init__(self):
        self.statements, self.conf, self.catalog = [], self, self
        self.columns, self.schema = [], []

    def sql(self, statement):
        self.statements.append(statement)
        return self

    def tableExists(self, name):
        return True

    def count(self):
        return 1

    def __getattr__(self, name):
        # What else is asked of a session or of rows.
        return lambda *arguments: self


def run_transform(text, **given):
    """The statements that the notebook runs."""
    session = Session()
    scope = {"spark": session}
    with contextlib.redirect_stdout(io.StringIO()):
        for kind, body in parts(text)[1]:
            if kind in ("CELL", "PARAMETERS CELL"):
                exec(compile(body, TRANSFORM, "exec"), scope)
            if kind == "PARAMETERS CELL":
                scope.update(given)
    return session.statements


def transform(text, path, faults):
    def fault(wrong):
        faults.append(f"{path}: {wrong}")

    for layout, sign in [("schemas", "."), ("flat", "_")]:
        try:
            statements = run_transform(text, layout=layout, business_date="2026-06-15")
        except Exception as error:  # as above
            fault(f"it fails with {error!r}")
            return
        codes = [re.sub(r"--[^\n]*", "", statement) for statement in statements]
        schemas = [f"CREATE SCHEMA IF NOT EXISTS {layer}" for layer in ("silver", "gold")] if sign == "." else []
        if codes[: len(schemas)] != schemas:
            fault("it does not begin with its schemas")
        codes = codes[len(schemas) :]
        done = set()
        for create, select, differing, merge in zip(*[iter(codes)] * 4):
            table = re.search(r"CREATE TABLE IF NOT EXISTS (\S+)", create)
            into = re.search(r"MERGE INTO (\S+)", merge)
            if not table or not into or table[1] != into[1]:
                fault(f"{layout}: what is made and what is merged differ: {create.strip()[:60]}")
                continue
            name = table[1]
            for code in (create, select, differing, merge):
                if "${" in code:
                    fault(f"{layout}: a value of {name} stays a placeholder")
                if sign == "_" and re.search(r"\b(bronze|silver|gold)\.[a-z]", code):
                    fault(f"{layout}: the statement of {name} names what is not there")
            reads = set(re.findall(rf"\b(?:silver|gold){re.escape(sign)}(?:cw|dim|fact)\w+", select)) - {name}
            if not reads <= done:
                fault(f"{layout}: {name} reads {', '.join(sorted(reads - done))} before it is built")
            done.add(name)
        if len(codes) != 4 * len(done) or not done:
            fault(f"{layout}: {len(codes)} statements build {len(done)} tables")
        for missing in sorted({f"gold{sign}{table}" for table in GOLD} - done):
            fault(f"{layout}: {missing} is not built")


if __name__ == "__main__":
    # The statements as JSON, for Spark's parser.
    from pathlib import Path

    script = (Path(sys.argv[1]) / TRANSFORM).read_text(encoding="utf-8")
    json.dump(run_transform(script, business_date="2026-06-15"), sys.stdout)
