"""What can go wrong, each with the exit status that the command line has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectwise_etl.result import RunResult


class EtlError(Exception):
    """Base of all errors of this package.

    Attributes:
        exit_code: The exit status that the command line ends with.
        result: What was done before, where the run came that far.

    Example:
        try:
            run_etl_pipeline()
        except EtlError as error:
            print(error.exit_code, error)
    """

    exit_code = 1

    def __init__(self, message: str, result: RunResult | None = None) -> None:
        super().__init__(message)
        self.result = result


class UsageError(EtlError):
    """An argument or a setting is missing or can't be meant. Nothing was read or written."""

    exit_code = 2


class AuthError(EtlError):
    """No token for the storage could be had. The cause is the error of the function that was asked for one."""


class RunFailed(EtlError):
    """The run failed. What was committed before stays, and the next run goes on from there."""


class EntitiesFailed(EtlError):
    """Some entities failed, and the others are whole. `result` holds the report."""

    exit_code = 3


class ChecksFailed(EtlError):
    """A check of the tables failed after the run. `result` holds the report."""

    exit_code = 4
