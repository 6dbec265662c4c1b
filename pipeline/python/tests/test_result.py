"""The result of a run: its attributes, and its forms for people."""

import datetime
import json
import xml.etree.ElementTree as xml

from connectwise_etl import CheckResult, RunResult, TableResult
from conftest import report


def test_its_attributes_are_those_of_the_report():
    result = RunResult.from_json(json.dumps(report(warnings=["look at it"])))
    assert result.tables["gold.dimmember"] == TableResult("gold", "dimmember", 1013, 10, 0, 5, 0, 0.25)
    assert {name: table.rows for name, table in result.tables.items()} == {
        "bronze.cw_member": 12,
        "gold.dimdate": 4019,
        "gold.dimmember": 1013,
    }
    assert (result.inserted, result.updated, result.deleted) == (11, 2, 3)
    assert [table.changed for table in result.tables.values()] == [True, False, True]
    assert result.checks == [CheckResult("rows/cw_member", True, "12 and 12", "error")]
    assert (result.failed_checks, result.warnings, result.error) == ([], ["look at it"], None)
    assert (result.mode, result.layers) == ("incremental", ["bronze", "silver", "gold"])
    assert result.started_at == datetime.datetime(2026, 1, 5, 6, tzinfo=datetime.timezone.utc)
    assert result.finished_at - result.started_at == datetime.timedelta(seconds=12.5)


def test_the_whole_report_is_there_and_is_a_copy():
    result = RunResult(report())
    assert result.to_dict() == report()
    result.to_dict()["tables"].clear()
    assert result.to_dict() == report()


def test_a_report_of_a_run_that_could_not_begin_is_read():
    result = RunResult({"status": "failed", "mode": "full", "error": "no lock"})
    assert (result.status, result.error, result.tables, result.started_at) == ("failed", "no lock", {}, None)
    assert repr(result).startswith("<RunResult full run : failed; 0 tables")


def test_the_short_text_says_what_was_done():
    assert repr(RunResult(report(warnings=["a", "b"]))) == (
        "<RunResult incremental run 20260105T060000Z-1a2b: done in 12.5 s; 3 tables, 11 inserted, "
        "2 updated, 3 deleted, 1 of 1 checks passed, 2 warnings>"
    )


def test_the_table_for_notebooks_is_well_formed_and_escaped():
    evil = "<script>alert('&')</script>"
    document = report(
        runId=evil,
        warnings=[evil],
        error=f"{evil}\nsecond line",
        checks=[{"name": evil, "passed": False, "detail": evil, "severity": "warning"}],
        unmatchedTypes=[{"typeName": evil, "agreements": "4", "entries": "477", "hours": "706.6", "revenue": "1.0"}],
    )
    text = RunResult(document)._repr_html_()
    assert "<script" not in text
    page = xml.fromstring(f"<div>{text}</div>")
    cells = [["".join(cell.itertext()) for cell in row] for row in page.iter("tr")]
    assert cells[0] == ["layer", "table", "rows", "inserted", "updated", "deleted", "seconds"]
    assert cells[3] == ["gold", "dimmember", "1,013", "10", "0", "0", "0.25"]
    assert ["warning", evil, evil] in cells
    assert [evil, "4", "477", "706.6", "1.0"] in cells
    assert [item.text for item in page.iter("li")] == [evil, "second line", evil]


def test_the_table_says_nothing_of_what_there_is_not():
    text = RunResult(report())._repr_html_()
    assert not any(word in text for word in ("Failed", "Warnings", "hold", "rule"))
