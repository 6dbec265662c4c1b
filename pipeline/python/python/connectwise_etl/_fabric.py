"""What a notebook of Microsoft Fabric knows: its lakehouse, and tokens for the storage."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from connectwise_etl._token import Ask
from connectwise_etl.errors import UsageError

#: Where Fabric mounts the default lakehouse of a notebook.
MOUNT = "/lakehouse/default"
#: The end of the hosts of OneLake, those of private links too.
HOSTS = ".fabric.microsoft.com"
#: A folder in the working directory, as on the command line.
ELSEWHERE = "./lakehouse"


@dataclass(frozen=True)
class Notebook:
    """The notebook around this code: its default lakehouse, and that one's workspace."""

    workspace: str
    lakehouse: str | None

    def url(self, below: str = "Tables") -> str | None:
        """The address of a folder of the default lakehouse; None where none is attached."""
        if self.lakehouse is None:
            return None
        return f"abfss://{self.workspace}@onelake.dfs.fabric.microsoft.com/{self.lakehouse}/{below}"


def utilities() -> Any:
    """Returns the module `notebookutils`; None outside of Fabric."""
    try:
        return importlib.import_module("notebookutils")
    except ImportError:
        return None


def notebook() -> Notebook | None:
    """Returns the notebook around this code; None outside of Fabric."""
    module = utilities()
    if module is None:
        return None
    context = getattr(getattr(module, "runtime", None), "context", None)
    workspace = _entry(context, "defaultLakehouseWorkspaceId") or _entry(context, "currentWorkspaceId")
    if workspace is None:
        raise UsageError(
            "The notebook does not say in which workspace it is (notebookutils.runtime.context has no "
            f"currentWorkspaceId). Name the lakehouse: {_example()}"
        )
    return Notebook(workspace, _entry(context, "defaultLakehouseId"))


def target(lakehouse: str | os.PathLike[str] | None) -> str:
    """Returns the lakehouse to write to: the one given, that of CW_LAKEHOUSE, or the notebook's default one."""
    given = os.environ.get("CW_LAKEHOUSE") or None
    if lakehouse is not None:
        try:
            given = os.fspath(lakehouse)
        except TypeError:
            given = None
        if not isinstance(given, str):
            raise UsageError(f"lakehouse is {lakehouse!r}: a folder or an address is expected, such as {_example()}")
    if given is not None:
        _refuse_mount(given)
        return given
    around = notebook()
    if around is None:
        return ELSEWHERE
    url = around.url()
    if url is None:
        raise UsageError(
            "No default lakehouse is attached to this notebook. Attach one (Explorer → Add data items), or name it: "
            f"{_example()}"
        )
    return url


def token_of_notebook(lakehouse: str) -> Ask | None:
    """Returns the function that asks the notebook for a token, for addresses on OneLake alone."""
    if not is_onelake(lakehouse):
        return None
    module = utilities()
    if module is None:
        return None

    def ask() -> object:
        token: object = module.credentials.getToken("storage")
        return token

    return ask


def is_onelake(lakehouse: str) -> bool:
    """Whether an address is on OneLake."""
    try:
        parts = urlsplit(lakehouse)
        return parts.scheme in ("abfss", "abfs", "https") and (parts.hostname or "").endswith(HOSTS)
    except ValueError:
        # It can't be read as an address: whoever opens it says why.
        return False


def _refuse_mount(lakehouse: str) -> None:
    below = _below_mount(lakehouse)
    if below is None:
        return
    try:
        around = notebook()
    except UsageError:
        around = None
    url = around.url(below or "Tables") if around else None
    raise UsageError(
        f"{lakehouse} is the mount {MOUNT}, which can't commit to a Delta table safely. "
        + (f"Use its address: lakehouse={url!r}" if url else f"Use the lakehouse's address: {_example()}")
    )


def _below_mount(lakehouse: str) -> str | None:
    """The path below the mount, for a path or an address that leads there; None for any other."""
    path = lakehouse
    if lakehouse.lower().startswith("file:"):
        path = unquote(urlsplit(lakehouse).path)
    elif "://" in lakehouse:
        return None
    elif path == "~" or path.startswith("~/"):
        path = os.path.expanduser(path)
    for whole in (os.path.abspath(path), os.path.realpath(path)):
        if whole == MOUNT or whole.startswith(f"{MOUNT}/"):
            return whole[len(MOUNT) :].strip("/")
    return None


def _entry(context: Any, name: str) -> str | None:
    try:
        value = context[name]
    except (KeyError, TypeError):
        value = getattr(context, name, None)
    return str(value) if value else None


def _example() -> str:
    return "lakehouse='abfss://<workspace id>@onelake.dfs.fabric.microsoft.com/<lakehouse id>/Tables'"
