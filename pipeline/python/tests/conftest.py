"""Stand-ins: for the compiled module, for Fabric's notebookutils, and a simulated ConnectWise.

Without the wheel, the sources are tested beside a stand-in for the compiled module, and what needs it is skipped.
"""

import importlib.util
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

HAS_WHEEL = importlib.util.find_spec("connectwise_etl") is not None


def stand_in():
    """A compiled module that can do nothing."""

    class NativeError(Exception):
        kind, exit_code = "failed", 1

    module = types.ModuleType("connectwise_etl._native")
    module.__version__ = "0.0.0"
    module.NativeError = NativeError
    module.run = module.extract = module.classify = module.main = None
    return module


if not HAS_WHEEL:
    sys.path.insert(0, str(Path(__file__).parents[1] / "python"))
    sys.modules["connectwise_etl._native"] = stand_in()

# The variables that a person may have set; the tests set their own.
SETTINGS = [name for name in os.environ if name.startswith("CW_") and name != "CW_SIMULATOR_BIN"]
SIMULATOR = os.environ.get("CW_SIMULATOR_BIN")


def pytest_collection_modifyitems(items):
    lacks = "the wheel is not installed" if not HAS_WHEEL else "CW_SIMULATOR_BIN names no simulator"
    for item in items:
        if "native" in item.keywords and not (HAS_WHEEL and SIMULATOR):
            item.add_marker(pytest.mark.skip(reason=lacks))


@pytest.fixture(autouse=True)
def settings(monkeypatch):
    for name in SETTINGS:
        monkeypatch.delenv(name)


def report(**changes):
    """The document of a run, in the form of `connectwise-etl run --json`."""
    counts = {"unchanged": 5, "seconds": 0.25}
    document = {
        "runId": "20260105T060000Z-1a2b",
        "status": "done",
        "mode": "incremental",
        "layers": ["bronze", "silver", "gold"],
        "startedAt": "2026-01-05T06:00:00.000000Z",
        "finishedAt": "2026-01-05T06:00:12.500000Z",
        "entities": [],
        "tables": [
            {"layer": "bronze", "table": "cw_member", "rows": 12, "inserted": 1, "updated": 2, "deleted": 3, **counts},
            {"layer": "gold", "table": "dimdate", "rows": 4019, "inserted": 0, "updated": 0, "deleted": 0, **counts}
            | {"computed": "nothing"},
            {"layer": "gold", "table": "dimmember", "rows": 1013, "inserted": 10, "updated": 0, "deleted": 0, **counts}
            | {"computed": "part"},
        ],
        "checks": [{"name": "rows/cw_member", "passed": True, "detail": "12 and 12", "severity": "error"}],
        "unmatchedTypes": [],
        "warnings": [],
        "error": None,
    }
    return document | changes


class Native:
    """Stands for the compiled module: keeps what it is asked, and answers what the test says."""

    def __init__(self):
        from connectwise_etl import _native

        self.calls = []
        self.status, self.document = 0, report()
        self.fails = None
        self.lines = []
        self.tokens = 0
        self.given = []
        self.read = b""
        self.Error = _native.NativeError

    def error(self, kind, text):
        error = self.Error(text)
        error.kind, error.exit_code = kind, {"usage": 2, "entities": 3, "check": 4}.get(kind, 1)
        return error

    def run(self, **arguments):
        self.calls.append(arguments)
        for line in self.lines:
            if arguments["progress"]:
                arguments["progress"](line)
        for _ in range(self.tokens):
            try:
                self.given.append(arguments["token"]())
            except Exception as error:
                raise self.error("failed", f"storage: {error}") from None
        if self.fails is not None:
            raise self.fails
        return self.status, json.dumps(self.document)

    def extract(self, **arguments):
        self.calls.append(arguments)
        if self.fails is not None:
            raise self.fails
        return self.read


@pytest.fixture
def native(monkeypatch):
    from connectwise_etl import _native

    fake = Native()
    monkeypatch.setattr(_native, "run", fake.run)
    monkeypatch.setattr(_native, "extract", fake.extract)
    return fake


class Utilities(types.ModuleType):
    """Stands for Fabric's notebookutils."""

    def __init__(self, context):
        super().__init__("notebookutils")
        self.asked = []
        self.runtime = types.SimpleNamespace(context=context)
        self.credentials = types.SimpleNamespace(getToken=self.token)

    def token(self, audience):
        self.asked.append(audience)
        return f"token {len(self.asked)} for {audience}"


@pytest.fixture
def fabric(monkeypatch):
    """Makes a notebook of Fabric around the test, with that context."""

    def make(**context):
        module = Utilities(context)
        monkeypatch.setitem(sys.modules, "notebookutils", module)
        return module

    return make


@pytest.fixture
def attached(fabric):
    """A notebook of Fabric with a default lakehouse."""
    return fabric(currentWorkspaceId="W", defaultLakehouseId="L")


@pytest.fixture(scope="session")
def simulator():
    """A simulated ConnectWise, as the variables that lead to it."""
    with simulated() as variables:
        yield variables


class simulated:
    """Starts a simulated ConnectWise on a free port, and ends it."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        command = [SIMULATOR, "--port", "0", "--clock", "2026-01-05T06:00:00Z", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        variables = dict(self.process.stdout.readline().strip().split("=", 1) for _ in range(4))
        assert variables["CW_BASE_URL"].startswith("http://127.0.0.1:")
        return variables

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def connectwise(simulator, monkeypatch, tmp_path):
    """The variables that lead to the simulated ConnectWise are set."""
    for name, value in simulator.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CW_STAGING", str(tmp_path / "staging"))
    return simulator
