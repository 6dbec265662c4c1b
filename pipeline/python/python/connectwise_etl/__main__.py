"""The command line: ``python -m connectwise_etl``, and the script ``connectwise-etl``."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Sequence

from connectwise_etl import _native


def main(argv: Sequence[str] | None = None) -> int:
    """Executes a command line in this process, which prints to the process's own standard output.

    Args:
        argv: The arguments, without the program's name. Those of the process where they are left out.

    Returns:
        The exit status.

    Example:
        >>> main(["status", "--max-age", "26h"])
        0
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    before = None
    # Ctrl-C is the command's own affair, and Python would notice it only afterwards.
    with contextlib.suppress(ValueError):  # Not on the main thread: it has no signals.
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return _native.main(arguments)
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    sys.exit(main())
