"""The package as a whole: what it imports, its command line, and the classes of agreements."""

import os
import signal
import subprocess
import sys

import pytest
from connectwise_etl import _native
from connectwise_etl.__main__ import main
from connectwise_etl.agreement_utils import classify_agreement_type
from conftest import HAS_WHEEL


def test_an_import_brings_nothing_heavy_with_it():
    code = (
        "import sys, types, conftest, connectwise_etl, connectwise_etl.client, connectwise_etl.agreement_utils\n"
        "heavy = {'pyspark', 'notebookutils', 'deltalake', 'pyarrow', 'pandas', 'numpy', 'asyncio', 'email'}\n"
        "print(sorted(heavy & set(sys.modules) - set(sys.argv[1:])))"
    )
    folder = os.path.dirname(__file__)
    before = subprocess.run(
        [sys.executable, "-c", "import sys, conftest; print(*sys.modules)"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    done = subprocess.run([sys.executable, "-c", code, *before], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_agreement_is_classified_by_the_rules_of_the_tables(monkeypatch):
    monkeypatch.setattr(_native, "classify", lambda name: ("prepaid_hours", name))
    agreement_type, billing_behavior = classify_agreement_type("Tímapottur")
    assert (agreement_type, billing_behavior) == ("prepaid_hours", "Tímapottur")
    assert classify_agreement_type("Tímapottur").billing_behavior == "Tímapottur"
    assert classify_agreement_type(None) == ("prepaid_hours", "")
    with pytest.raises(TypeError, match="name is of the type float: a text or None is expected"):
        classify_agreement_type(float("nan"))


def test_the_command_line_gets_the_arguments_and_ctrl_c(monkeypatch):
    calls = []

    def command(argv):
        calls.append((argv, signal.getsignal(signal.SIGINT)))
        return 3

    monkeypatch.setattr(_native, "main", command)
    monkeypatch.setattr(sys, "argv", ["connectwise-etl", "status", "--json"])
    before = signal.getsignal(signal.SIGINT)
    assert main() == 3
    assert main(("run",)) == 3
    assert calls == [(["status", "--json"], signal.SIG_DFL), (["run"], signal.SIG_DFL)]
    assert signal.getsignal(signal.SIGINT) is before is not signal.SIG_DFL


def test_the_version_is_there():
    import connectwise_etl

    assert connectwise_etl.__version__ == _native.__version__
    assert HAS_WHEEL == (connectwise_etl.__version__ != "0.0.0")
