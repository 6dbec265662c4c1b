"""Checks of arguments: all of them are made before anything is read or written."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping, Sequence

from connectwise_etl.errors import UsageError

LAYERS = ("bronze", "silver", "gold")
MODES = ("incremental", "full")
LAYOUTS = ("schemas", "flat")
#: A hundred years.
MOST_DAYS = 36_525
MOST_RECORDS = 1_000


def names(argument: str, value: str | Iterable[str] | None) -> list[str]:
    """Reads a list of names; one text is taken as the command line takes it, with commas between names."""
    if value is None:
        return []
    given: Iterable[object] = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, Iterable):
        raise UsageError(f"{argument} is {value!r}: a list of texts is expected")
    found = []
    for name in given:
        if not isinstance(name, str) or not name.strip():
            raise UsageError(f"{argument} holds {name!r}: a name is expected")
        found.append(name.strip())
    return found


def layers(value: str | Sequence[str]) -> list[str]:
    """Reads the layers; returns them in the order in which they are built."""
    given = [name.lower() for name in names("layers", value)]
    for name in given:
        if name not in LAYERS:
            raise UsageError(f"layers holds {name!r}: {_any_of(LAYERS)} are expected")
    if not given:
        raise UsageError(f"layers is empty: one or more of {', '.join(LAYERS)} are expected")
    return [layer for layer in LAYERS if layer in given]


def one_of(argument: str, value: str, allowed: Sequence[str]) -> str:
    """Reads a word that has to be one of a few."""
    if value not in allowed:
        raise UsageError(f"{argument} is {value!r}: {_any_of(allowed)} is expected")
    return value


def whole(argument: str, value: int | None, least: int, most: int | None = None) -> int | None:
    """Reads a whole number in a range, or none."""
    if value is None:
        return None
    wanted = f"a whole number from {least} to {most}" if most is not None else f"a whole number from {least}"
    try:
        # Also the whole numbers of numpy and pandas.
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least or (most is not None and number > most):
        raise UsageError(f"{argument} is {value!r}: {wanted} is expected, or None")
    return number


def seconds(argument: str, value: float | None) -> float | None:
    """Reads a time in seconds, or none."""
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value < 0:
        raise UsageError(f"{argument} is {value!r}: seconds, 0 or more, are expected, or None")
    return float(value)


def options(value: Mapping[str, str] | None) -> dict[str, str]:
    """Reads the options of the storage. Values stay out of messages: they may be secret."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for pair in value.items() for text in pair):
        raise UsageError(
            "storage_options is no dictionary of texts: names and values as in the environment are expected"
        )
    return dict(value)


def _any_of(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
