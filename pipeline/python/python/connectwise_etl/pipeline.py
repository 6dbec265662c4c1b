"""Runs the pipeline."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from connectwise_etl import _arguments, _fabric, _native, _spark
from connectwise_etl._progress import Say, lines_to
from connectwise_etl._token import Ask, TokenSource
from connectwise_etl.errors import ChecksFailed, EntitiesFailed, EtlError, RunFailed, UsageError
from connectwise_etl.result import RunResult

#: What an exit status or a kind of error is raised as.
_BY_STATUS: dict[int, type[EtlError]] = {3: EntitiesFailed, 4: ChecksFailed}
_BY_KIND: dict[str, type[EtlError]] = {"usage": UsageError, "entities": EntitiesFailed, "check": ChecksFailed}
#: The option of the storage that holds a token which is not renewed.
_FIXED_TOKEN = "azure_storage_token"


def run_etl_pipeline(
    spark: Any = None,
    layers: str | Sequence[str] = ("bronze", "silver", "gold"),
    mode: str = "incremental",
    lookback_days: int | None = 7,
    lakehouse: str | os.PathLike[str] | None = None,
    *,
    layout: str | None = None,
    token: str | Ask | None = None,
    entities: str | Sequence[str] | None = None,
    storage_options: Mapping[str, str] | None = None,
    wait: float | None = None,
    progress: bool | Say | None = True,
) -> RunResult:
    """Brings bronze, silver and gold of a lakehouse up to date.

    The address and the login of ConnectWise are read from the environment: CW_BASE_URL, CW_AUTH_USERNAME,
    CW_AUTH_PASSWORD, CW_CLIENTID.

    Args:
        spark: A session of Spark. The run does not need it: afterwards Spark is told which tables changed, if it can.
        layers: What to build, of bronze, silver and gold.
        mode: incremental reads what changed since the last run, full reads everything.
        lookback_days: How many days before the newest change that is known an incremental run begins. None leaves it
            to each entity. A full run has no use for it.
        lakehouse: A folder or an address. Where it is left out: CW_LAKEHOUSE, else the default lakehouse of the
            notebook in Fabric, else ./lakehouse.
        layout: schemas (``gold/fact_timeentry``) or flat (``gold_fact_timeentry``). Where it is left out: CW_LAYOUT,
            else schemas.
        token: A function that returns a bearer token for the storage. It is asked again before a token ends. A text
            is taken, too, and can't be renewed. Where it is left out, a notebook in Fabric asks for its own.
        entities: What to read, such as ``["TimeEntry", "Company"]``. All where it is left out.
        storage_options: Settings of the storage, named as in the environment. A notebook's own token is not used
            beside them.
        wait: How many seconds to wait for another run on the same lakehouse. Where it is left out: CW_WAIT, else 0.
        progress: True prints lines, False prints nothing, and a function is given each line.

    Returns:
        What the run did, by table and by check.

    Raises:
        UsageError: An argument or a setting is missing or can't be meant. Nothing was done.
        AuthError: No token for the storage could be had.
        RunFailed: The run failed.
        EntitiesFailed: Some entities failed. The error's `result` says which.
        ChecksFailed: A check of the tables failed. The error's `result` says which.

    Example:
        result = run_etl_pipeline(mode="full", lakehouse="./lakehouse")
        result.tables["gold.fact_timeentry"].rows
    """
    chosen = _arguments.layers(layers)
    mode = _arguments.one_of("mode", mode, _arguments.MODES)
    days = _arguments.whole("lookback_days", lookback_days, 0, _arguments.MOST_DAYS)
    layout = None if layout is None else _arguments.one_of("layout", layout, _arguments.LAYOUTS)
    only = _arguments.names("entities", entities)
    options = _arguments.options(storage_options)
    wait = _arguments.seconds("wait", wait)
    say = lines_to(progress)
    place = _fabric.target(lakehouse)
    source = _token_source(token, place, options)
    try:
        status, report = _native.run(
            lakehouse=place,
            layout=layout,
            mode=mode,
            layers=chosen,
            lookback_days=None if mode == "full" else days,
            entities=only,
            storage_options=options,
            token=source,
            wait=wait,
            progress=say,
        )
    except _native.NativeError as error:
        if error.kind == "cancelled":
            raise KeyboardInterrupt from error
        if source is not None:
            source.raise_for_error()
        raise _BY_KIND.get(error.kind, RunFailed)(str(error)) from error
    result = RunResult.from_json(report)
    if spark is not None:
        _refresh(spark, result, layout, say)
    if status != 0:
        raise _BY_STATUS.get(status, RunFailed)(result.error or f"the run ended with {result.status}", result)
    return result


def _token_source(token: str | Ask | None, lakehouse: str, options: dict[str, str]) -> TokenSource | None:
    """Returns what native asks for tokens; a fixed token goes into the options."""
    if isinstance(token, str):
        if not token.strip():
            raise UsageError("token is empty: a bearer token for https://storage.azure.com is expected")
        warnings.warn(
            "token is a text, which can't be renewed: a run that takes longer than it lasts ends early. "
            "A function that returns a new one is asked again.",
            stacklevel=3,
        )
        options[_FIXED_TOKEN] = token
        return None
    if token is not None and not callable(token):
        raise UsageError(f"token is of the type {type(token).__name__}: a function that returns a text is expected")
    if token is None and not options:
        token = _fabric.token_of_notebook(lakehouse)
    return None if token is None else TokenSource(token)


def _refresh(spark: Any, result: RunResult, layout: str | None, say: Say | None) -> None:
    """Tells Spark which tables changed. Where it can't be told, that is no fault of the run."""
    is_flat = (layout or os.environ.get("CW_LAYOUT")) == "flat"
    sign = "_" if is_flat else "."
    changed = (f"{table.layer}{sign}{table.table}" for table in result.tables.values() if table.changed)
    remark = _spark.refresh(spark, changed)
    if remark and say:
        say(remark)
