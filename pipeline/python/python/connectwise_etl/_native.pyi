"""The compiled part of the package. Use the modules around it."""

from collections.abc import Callable
from typing import Literal

__version__: str

class NativeError(Exception):
    """A command that ended early. Its text is one line for the user."""

    kind: Literal["usage", "failed", "entities", "check", "cancelled"]
    exit_code: int

def run(
    *,
    lakehouse: str,
    layout: str | None,
    mode: str,
    layers: list[str],
    lookback_days: int | None,
    entities: list[str],
    storage_options: dict[str, str],
    token: Callable[[], str] | None,
    wait: float | None,
    progress: Callable[[str], None] | None,
) -> tuple[int, str]:
    """Runs layers of the pipeline; returns the exit status and the report as a JSON document."""

def extract(
    *,
    endpoint: str,
    conditions: str | None,
    child_conditions: str | None,
    custom_field_conditions: str | None,
    fields: list[str],
    order_by: str | None,
    page_size: int,
    limit: int | None,
    progress: Callable[[str], None] | None,
) -> bytes:
    """Reads a list of the API; returns it as a Parquet file."""

def classify(name: str) -> tuple[str, str]:
    """Classifies the name of an agreement type; returns its normalized type and its billing behavior."""

def main(argv: list[str]) -> int:
    """Executes a command line, without the program's name; returns its exit status."""
