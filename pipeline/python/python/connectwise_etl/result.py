"""Result of a run."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any


@dataclass(frozen=True)
class TableResult:
    """What a run did to a table.

    Attributes:
        layer: bronze, silver or gold.
        table: The table's name.
        rows: Rows in it now.
        inserted: Rows that are new.
        updated: Rows whose content changed.
        unchanged: Rows that were compared and did not differ.
        deleted: Rows that were removed, or marked as deleted.
        seconds: How long it took.
    """

    layer: str
    table: str
    rows: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    seconds: float

    @property
    def changed(self) -> bool:
        """Whether the run wrote to the table."""
        return self.inserted + self.updated + self.deleted > 0


@dataclass(frozen=True)
class CheckResult:
    """Outcome of a check.

    Attributes:
        name: Its name, such as ``rows/cw_timeentry``.
        passed: Whether it holds.
        detail: What was compared, with the figures.
        severity: ``error`` fails a run, ``warning`` is only told.
    """

    name: str
    passed: bool
    detail: str
    severity: str


class RunResult:
    """Result of a run. A notebook shows it as a table.

    Example:
        result = run_etl_pipeline()
        result.tables["gold.fact_timeentry"].rows
        result.inserted, result.updated, result.deleted
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = dict(document)
        #: Each table that the run looked at, by its name with the layer: ``gold.fact_timeentry``.
        self.tables: dict[str, TableResult] = {
            f"{table['layer']}.{table['table']}": TableResult(**{name: table[name] for name in _TABLE})
            for table in document.get("tables", [])
        }
        #: The checks, those that hold and those that don't.
        self.checks: list[CheckResult] = [
            CheckResult(**{name: check[name] for name in _CHECK}) for check in document.get("checks", [])
        ]
        #: What is not as it should be, and is no fault of the run.
        self.warnings: list[str] = list(document.get("warnings", []))

    @classmethod
    def from_json(cls, text: str) -> RunResult:
        """Reads the document that ``connectwise-etl run --json`` prints."""
        return cls(json.loads(text))

    @property
    def status(self) -> str:
        """done, partial (some entities failed), check_failed or failed."""
        return str(self._document["status"])

    @property
    def run_id(self) -> str:
        """The run's id, as in ``meta.etl_run`` and in the columns of the tables."""
        return str(self._document.get("runId", ""))

    @property
    def mode(self) -> str:
        """incremental or full."""
        return str(self._document.get("mode", ""))

    @property
    def layers(self) -> list[str]:
        """The layers that were built."""
        return list(self._document.get("layers", []))

    @property
    def started_at(self) -> datetime | None:
        """When the run began."""
        return _instant(self._document.get("startedAt"))

    @property
    def finished_at(self) -> datetime | None:
        """When it ended."""
        return _instant(self._document.get("finishedAt"))

    @property
    def error(self) -> str | None:
        """What failed, a line each."""
        text = self._document.get("error")
        return None if text is None else str(text)

    @property
    def inserted(self) -> int:
        """Rows that are new, of all tables and layers."""
        return sum(table.inserted for table in self.tables.values())

    @property
    def updated(self) -> int:
        """Rows whose content changed, of all tables and layers."""
        return sum(table.updated for table in self.tables.values())

    @property
    def deleted(self) -> int:
        """Rows that were removed or marked as deleted, of all tables and layers."""
        return sum(table.deleted for table in self.tables.values())

    @property
    def failed_checks(self) -> list[CheckResult]:
        """The checks that don't hold."""
        return [check for check in self.checks if not check.passed]

    def to_dict(self) -> dict[str, Any]:
        """Returns the whole report: the document of ``connectwise-etl run --json``."""
        return copy.deepcopy(self._document)

    def _summary(self) -> str:
        passed = len(self.checks) - len(self.failed_checks)
        parts = [
            f"{len(self.tables)} tables",
            f"{self.inserted:,} inserted",
            f"{self.updated:,} updated",
            f"{self.deleted:,} deleted",
            f"{passed} of {len(self.checks)} checks passed",
        ]
        if self.warnings:
            parts.append(f"{len(self.warnings)} warnings")
        started, finished = self.started_at, self.finished_at
        took = f" in {(finished - started).total_seconds():.1f} s" if started and finished else ""
        return f"{self.mode} run {self.run_id}: {self.status}{took}; {', '.join(parts)}"

    def __repr__(self) -> str:
        return f"<RunResult {self._summary()}>"

    def _repr_html_(self) -> str:
        heads = ["layer", "table", "rows", "inserted", "updated", "deleted", "seconds"]
        rows = [
            [
                table.layer,
                table.table,
                *(f"{number:,}" for number in (table.rows, table.inserted, table.updated, table.deleted)),
                f"{table.seconds:.2f}",
            ]
            for table in self.tables.values()
        ]
        parts = [f"<p><b>{escape(self._summary())}</b></p>", _html_table(heads, rows, texts=2)]
        if self.error:
            parts.append(_html_list("Failed", self.error.splitlines()))
        if self.failed_checks:
            parts.append("<p>Checks that do not hold</p>")
            found = [[check.severity, check.name, check.detail] for check in self.failed_checks]
            parts.append(_html_table(["severity", "check", "detail"], found, texts=3))
        if self.warnings:
            parts.append(_html_list("Warnings", self.warnings))
        unmatched = self._document.get("unmatchedTypes", [])
        if unmatched:
            parts.append("<p>Agreement types that no rule knows: someone must look at them</p>")
            columns = ["typeName", "agreements", "entries", "hours", "revenue"]
            found = [[str(row.get(column, "")) for column in columns] for row in unmatched]
            parts.append(_html_table(["agreement type", *columns[1:]], found, texts=1))
        return "".join(parts)


_TABLE = list(TableResult.__dataclass_fields__)
_CHECK = list(CheckResult.__dataclass_fields__)


def _instant(text: str | None) -> datetime | None:
    # Python 3.10 does not know the Z.
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


def _html_table(heads: Iterable[str], rows: Iterable[Iterable[str]], texts: int) -> str:
    """A table whose first columns are texts, and whose others are numbers."""

    def cells(tag: str, values: Iterable[str]) -> str:
        sides = ((value, "left" if index < texts else "right") for index, value in enumerate(values))
        return "".join(f'<{tag} style="text-align: {side}">{escape(value)}</{tag}>' for value, side in sides)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', heads)}</tr></thead><tbody>{body}</tbody></table>"


def _html_list(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<p>{escape(title)}</p><ul>{items}</ul>"
