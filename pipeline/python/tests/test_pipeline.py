"""What a run returns, raises and tells, beside a stand-in for the compiled module."""

import pickle

import pytest
from connectwise_etl import ChecksFailed, EntitiesFailed, EtlError, RunFailed, UsageError, run_etl_pipeline
from conftest import report


def test_a_run_returns_what_it_did(native):
    result = run_etl_pipeline()
    assert (result.status, result.run_id) == ("done", "20260105T060000Z-1a2b")
    assert result.tables["gold.dimmember"].inserted == 10


@pytest.mark.parametrize("status, error", [(1, RunFailed), (3, EntitiesFailed), (4, ChecksFailed)])
def test_an_exit_status_is_an_error_that_holds_the_result(native, status, error):
    native.status, native.document = status, report(status="partial", error="Member: no\nCompany: no")
    with pytest.raises(error, match="Member: no\nCompany: no") as failed:
        run_etl_pipeline()
    assert failed.value.exit_code == status
    assert failed.value.result.tables["bronze.cw_member"].rows == 12
    assert isinstance(failed.value, EtlError)


def test_a_failure_without_words_is_told_by_its_status(native):
    native.status, native.document = 4, report(status="check_failed")
    with pytest.raises(ChecksFailed, match="the run ended with check_failed"):
        run_etl_pipeline()


@pytest.mark.parametrize(
    "kind, error", [("usage", UsageError), ("failed", RunFailed), ("entities", EntitiesFailed), ("check", ChecksFailed)]
)
def test_an_early_end_is_an_error_of_its_kind(native, kind, error):
    native.fails = native.error(kind, "CW_BASE_URL is missing")
    with pytest.raises(error, match="^CW_BASE_URL is missing$") as failed:
        run_etl_pipeline()
    assert failed.value.result is None
    assert failed.value.exit_code == native.fails.exit_code
    assert failed.value.__cause__ is native.fails


@pytest.mark.parametrize("how", ["raised", "cancelled"])
def test_ctrl_c_passes_through(native, how):
    native.fails = KeyboardInterrupt() if how == "raised" else native.error("cancelled", "stopped")
    with pytest.raises(KeyboardInterrupt):
        run_etl_pipeline()


def test_an_error_can_be_sent_to_another_process():
    error = EntitiesFailed("Member: no")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.result) == (EntitiesFailed, "Member: no", None)


def test_progress_is_printed_by_line_and_can_be_silenced(native, capsys):
    native.lines = ["incremental run into ./lakehouse", "TimeEntry: 5,000"]
    run_etl_pipeline()
    assert capsys.readouterr().out == "incremental run into ./lakehouse\nTimeEntry: 5,000\n"
    for silent in (False, None):
        run_etl_pipeline(progress=silent)
    assert capsys.readouterr().out == ""


def test_progress_may_be_a_function(native, capsys):
    native.lines, told = ["a", "b"], []
    run_etl_pipeline(progress=told.append)
    assert (told, capsys.readouterr().out) == (["a", "b"], "")


def test_a_progress_function_that_fails_ends_no_run(native):
    native.lines, told = ["a", "b"], []

    def say(line):
        told.append(line)
        raise ValueError("no more")

    with pytest.warns(UserWarning, match="progress is not told any more.*no more"):
        result = run_etl_pipeline(progress=say)
    assert (result.status, told) == ("done", ["a"])


class Catalog:
    def __init__(self, knows=lambda name: True):
        self.catalog = self
        self.knows = knows
        self.refreshed = []

    def refreshTable(self, name):
        if not self.knows(name):
            raise ValueError(f"[TABLE_OR_VIEW_NOT_FOUND] {name}\nmore lines")
        self.refreshed.append(name)


@pytest.mark.parametrize("layout, variable, sign", [(None, "", "."), ("flat", "", "_"), (None, "flat", "_")])
def test_spark_is_told_which_tables_changed(native, monkeypatch, layout, variable, sign):
    monkeypatch.setenv("CW_LAYOUT", variable)
    spark = Catalog()
    run_etl_pipeline(spark, layout=layout)
    assert spark.refreshed == [f"bronze{sign}cw_member", f"gold{sign}dimmember"]


def test_what_spark_can_not_do_is_told_and_fails_nothing(native):
    spark, told = Catalog(lambda name: name == "gold.dimmember"), []
    assert run_etl_pipeline(spark=spark, progress=told.append).status == "done"
    assert spark.refreshed == ["gold.dimmember"]
    assert told == [
        "Spark could not refresh 1 of 2 tables, which are whole all the same; "
        "bronze.cw_member: [TABLE_OR_VIEW_NOT_FOUND] bronze.cw_member"
    ]
    run_etl_pipeline(spark=object(), progress=False)


def test_spark_is_told_also_where_a_check_failed(native):
    native.status, native.document = 4, report(status="check_failed")
    spark = Catalog()
    with pytest.raises(ChecksFailed):
        run_etl_pipeline(spark=spark)
    assert spark.refreshed == ["bronze.cw_member", "gold.dimmember"]
