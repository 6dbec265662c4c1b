"""Lines that tell how far a run or an extraction is."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from connectwise_etl.errors import UsageError

Say = Callable[[str], None]


def lines_to(progress: bool | Say | None) -> Say | None:
    """Returns the function that takes the lines: True prints them, False and None take none."""
    if progress is None or progress is False:
        return None
    if progress is True:
        return _Guarded(_print)
    if not callable(progress):
        raise UsageError(f"progress is {progress!r}: True, False or a function that takes a line is expected")
    return _Guarded(progress)


def _print(line: str) -> None:
    # A notebook shows it at once, and a pipe as well.
    print(line, flush=True)


class _Guarded:
    """A function that fails loses its lines, and never ends a run."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._failed = False

    def __call__(self, line: str) -> None:
        if self._failed:
            return
        try:
            self._say(line)
        except Exception as error:
            self._failed = True
            warnings.warn(f"progress is not told any more, since its function failed: {error!r}", stacklevel=2)
