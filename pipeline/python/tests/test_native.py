"""The wheel itself, against a simulated ConnectWise."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import connectwise_etl
import pyarrow
import pytest
from connectwise_etl import AuthError, EntitiesFailed, RunFailed, UsageError, run_etl_pipeline
from connectwise_etl.agreement_utils import classify_agreement_type
from connectwise_etl.client import ConnectWiseClient
from conftest import simulated

pytestmark = pytest.mark.native

SCRIPT = Path(sys.executable).parent / "connectwise-etl"


def command(*arguments, **options):
    """The command line of the wheel, in a process of its own."""
    line = [sys.executable, "-m", "connectwise_etl", *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=300, **options)


def control(variables, method, path, body):
    """One of the simulator's own controls."""
    address = variables["CW_BASE_URL"].split("/v4_6")[0] + f"/_simulator/{path}"
    request = urllib.request.Request(address, json.dumps(body).encode(), method=method)
    urllib.request.urlopen(request, timeout=10).close()


def faults(variables, *rules):
    """Lets the simulator misbehave from now on."""
    control(variables, "POST", "faults", {"rules": list(rules)})


@pytest.fixture(scope="module")
def filled(simulator, tmp_path_factory):
    """A lakehouse that was filled, its report, and the lines that were told."""
    folder, lines = tmp_path_factory.mktemp("filled"), []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**simulator, "CW_STAGING": str(folder / "staging")}.items():
            patch.setenv(name, value)
        result = run_etl_pipeline(lakehouse=folder / "lake", progress=lines.append)
    return folder / "lake", result, lines


def rows(lake, table):
    """A table, as the Python deltalake reads it; by its own engine, since pyarrow's threads may abort at the end."""
    from deltalake import DeltaTable, QueryBuilder

    found = DeltaTable(str(lake / table.replace(".", "/")))
    return pyarrow.table(QueryBuilder().register("found", found).execute("SELECT * FROM found").read_all())


def test_a_run_fills_the_tables_as_it_says(filled):
    lake, result, lines = filled
    assert (result.status, result.mode) == ("done", "incremental")
    assert {name.split(".")[0] for name in result.tables} == {"bronze", "silver", "gold"}
    for name in ("bronze.cw_timeentry", "silver.cw_timeentry", "gold.fact_timeentry", "gold.dimagreement"):
        assert rows(lake, name).num_rows == result.tables[name].rows > 0
    assert all(check.passed or check.severity == "warning" for check in result.checks) and len(result.checks) > 50
    assert result.run_id in rows(lake, "meta.etl_run").column("runId").to_pylist()
    assert all("\n" not in line for line in lines) and any("incremental run into" in line for line in lines)


def test_a_run_without_changes_writes_nothing(filled, connectwise):
    lake, first, _ = filled
    again = run_etl_pipeline(lakehouse=lake, progress=False)
    assert (again.status, again.inserted, again.updated, again.deleted) == ("done", 0, 0, 0)
    assert again.tables["gold.fact_timeentry"].rows == first.tables["gold.fact_timeentry"].rows
    assert again.run_id != first.run_id


def test_the_command_line_knows_what_the_package_did(filled):
    lake, result, _ = filled
    done = command(
        "query", "SELECT COUNT(*) AS n FROM gold.fact_timeentry", "--format", "json", "--lakehouse", str(lake)
    )
    assert json.loads(done.stdout) == [{"n": result.tables["gold.fact_timeentry"].rows}], done.stderr


def fits(value, given):
    """Whether a value of the table is what the API gave, as far as JSON tells it."""
    if given is None or hasattr(value, "isoformat"):
        return (value is None) == (given is None)
    if isinstance(given, dict):
        there = dict(value) if isinstance(value, list) else value
        return all(fits(there[name], part) for name, part in given.items() if name in there)
    if isinstance(given, list):
        return len(value) == len(given) and all(map(fits, value, given))
    # A value that may be anything is kept as its JSON.
    return value == given or value == json.dumps(given)


BOARDS = [
    {
        "id": 1,
        "name": "Þjónusta",
        "location": {"id": 2, "name": "Akureyri"},
        "days": [1, 2],
        "rate": 1.5,
        "isOpen": True,
    },
    {"id": 2, "name": None, "location": None, "days": [], "rate": None, "isOpen": False},
]


@pytest.mark.parametrize(
    "endpoint, conditions, fields",
    [
        ("/time/entries", "lastUpdated>=[2026-01-01]", None),
        ("/system/members", None, ["id", "identifier"]),
        ("/service/boards", None, None),
    ],
)
def test_a_list_is_what_the_command_line_gives(connectwise, endpoint, conditions, fields):
    # A list that is no entity: its columns are what its records have in common.
    control(connectwise, "PUT", "lists/service/boards", BOARDS)
    table = ConnectWiseClient().extract(endpoint=endpoint, conditions=conditions, fields=fields, page_size=1000)
    options = ["--conditions", conditions] if conditions else []
    options += ["--fields", ",".join(fields)] if fields else []
    done = command("extract", endpoint, *options)
    records = {record["id"]: record for record in map(json.loads, done.stdout.splitlines())}
    assert table.num_rows == len(records) > 0, done.stderr
    if fields:
        assert set(fields) <= set(table.column_names) <= {*fields, "_unknown"}
    for row in table.to_pylist():
        given = records[row["id"]]
        wrong = {
            name: (row.get(name), value) for name, value in given.items() if name in row and not fits(row[name], value)
        }
        assert not wrong


def test_conditions_that_can_not_be_read_are_refused(connectwise):
    with pytest.raises(UsageError, match="can't be read at letter"):
        ConnectWiseClient().extract("/time/entries", 'status = "Open" and or')


NAMES = {
    "yÞjónusta": ("billable_service", "billable"),
    "Tímapottur: 10 tímar": ("prepaid_hours", "prepaid"),
    "INNRI VERKEFNI": ("internal_project", "internal"),
    "Alrekstur:": ("operations", "operations"),
    "Office 365": ("software_service", "billable"),
    "Ráðgjöf": ("other", "unknown"),
    None: ("other", "unknown"),
}


@pytest.mark.parametrize("name", NAMES)
def test_agreements_are_classified_as_the_command_line_does(name):
    assert classify_agreement_type(name) == NAMES[name]
    if name:
        assert all(word in command("classify", name).stdout for word in NAMES[name])


def test_the_command_line_is_there():
    for line in ([SCRIPT], [sys.executable, "-m", "connectwise_etl"]):
        done = subprocess.run([*line, "--version"], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, f"connectwise-etl {connectwise_etl.__version__}\n")
    done = command("run", "--mode", "sometimes")
    assert done.returncode == 2 and "sometimes" in done.stderr


def test_without_settings_it_says_which_are_missing(tmp_path):
    with pytest.raises(UsageError, match="CW_BASE_URL"):
        run_etl_pipeline(lakehouse=tmp_path / "lake", progress=False)
    assert not (tmp_path / "lake" / "bronze").exists()


def test_a_wrong_login_fails_the_run(connectwise, tmp_path, monkeypatch):
    monkeypatch.setenv("CW_AUTH_PASSWORD", "wrong-and-secret")
    with pytest.raises(RunFailed, match="401") as failed:
        run_etl_pipeline(lakehouse=tmp_path / "lake", progress=False)
    assert "wrong-and-secret" not in str(failed.value)
    with pytest.raises(RunFailed, match="401"):
        ConnectWiseClient().extract("/time/entries")


def test_an_entity_that_fails_is_told_and_the_others_are_whole(tmp_path, monkeypatch):
    with simulated() as variables:
        for name, value in {**variables, "CW_STAGING": str(tmp_path / "staging")}.items():
            monkeypatch.setenv(name, value)
        faults(variables, {"endpoint": "/system/members", "fault": "forbidden", "when": "always"})
        with pytest.raises(EntitiesFailed, match="Member") as failed:
            run_etl_pipeline(
                lakehouse=tmp_path / "lake", layers="bronze", entities=["Member", "Company"], progress=False
            )
    assert failed.value.result.tables["bronze.cw_company"].rows == rows(tmp_path / "lake", "bronze.cw_company").num_rows


def test_a_token_function_that_raises_is_the_cause(connectwise):
    # It is asked before anything is sent.
    wrong = RuntimeError("the session is over")

    def ask():
        raise wrong

    workspace, lakehouse = "1" * 8 + "-1111" * 3 + "-" + "1" * 12, "2" * 8 + "-2222" * 3 + "-" + "2" * 12
    place = f"abfss://{workspace}@onelake.dfs.fabric.microsoft.com/{lakehouse}"
    with pytest.raises(AuthError, match="the session is over") as failed:
        run_etl_pipeline(lakehouse=f"{place}/Tables", token=ask, progress=False)
    assert failed.value.__cause__ is wrong


def test_other_threads_go_on_while_a_run_is_at_work(connectwise, tmp_path):
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.01):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    begun = time.monotonic()
    run_etl_pipeline(lakehouse=tmp_path / "lake", layers="bronze", progress=False)
    ended = time.monotonic()
    done.set()
    thread.join()
    inside = [begun, *(at for at in ticks if begun < at < ended), ended]
    assert len(inside) > 10
    assert max(after - before for before, after in zip(inside, inside[1:])) < (ended - begun) / 2


SLOW = """
import signal, sys
from connectwise_etl import run_etl_pipeline
# Where the tests run in the background, Ctrl-C is ignored, and so it would be here.
signal.signal(signal.SIGINT, signal.default_int_handler)
run_etl_pipeline(lakehouse=sys.argv[1], layers="bronze", progress=lambda line: print(line, flush=True))
"""


def test_ctrl_c_ends_a_run_and_leaves_no_lock(tmp_path):
    lake = tmp_path / "lake"
    with simulated() as variables:
        faults(variables, {"fault": {"delay": {"millis": 1500}}, "when": "always"})
        environment = {**os.environ, **variables, "CW_STAGING": str(tmp_path / "staging")}
        child = subprocess.Popen(
            [sys.executable, "-c", SLOW, str(lake)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until = time.monotonic() + 60
            while not locks(lake):
                assert time.monotonic() < until and child.poll() is None, "it took no lock"
                time.sleep(0.05)
            assert locks(lake)[-1]["released"] is False
            child.send_signal(signal.SIGINT)
            begun = time.monotonic()
            _, said = child.communicate(timeout=60)
        finally:
            child.kill()
        assert child.returncode == -signal.SIGINT, said
        assert said.rstrip().splitlines()[-1].startswith("KeyboardInterrupt"), said
        assert time.monotonic() - begun < 20
        assert locks(lake)[-1]["released"] is True


def locks(lake):
    """What the files of the lock hold, the newest last. A file that is being written is read again."""
    files = sorted(lake.glob("**/_lock/*.json"), key=lambda path: int(path.stem))
    try:
        return [{"released": False, **json.loads(path.read_text(encoding="utf-8"))} for path in files]
    except ValueError:
        return []


BOTH = """
import sys
import {first}
import {second}
import deltalake, pyarrow as pa
from connectwise_etl import run_etl_pipeline
place = sys.argv[1]
deltalake.write_deltalake(place + "/before", pa.table({{"a": [1, 2]}}))
run_etl_pipeline(lakehouse=place + "/lake", layers="bronze", entities="Member", progress=False)
deltalake.write_deltalake(place + "/after", pa.table({{"a": [3]}}))
print([deltalake.DeltaTable(place + path).count() for path in ("/before", "/after", "/lake/bronze/cw_member")])
"""


@pytest.mark.parametrize("first, second", [("deltalake", "connectwise_etl"), ("connectwise_etl", "deltalake")])
def test_it_lives_beside_the_python_deltalake(connectwise, tmp_path, first, second):
    code = BOTH.format(first=first, second=second)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "[2, 1, 25]\n"), done.stderr


def test_an_import_is_quick():
    code = "import time; begun = time.perf_counter(); import connectwise_etl; print(time.perf_counter() - begun)"
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) for _ in range(3)
    ]
    print("import:", min(times), "s")
    assert min(times) < 1
