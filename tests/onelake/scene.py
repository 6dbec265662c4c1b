"""The scene of the checks: simulator, Azurite, proxies, lakehouses, and the binary that works on them."""

import base64
import json
import os
import signal
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from azurite import ACCOUNT, KEY, Azurite, free_port
from proxy import Proxy

WORKSPACE = "workspace"
HOST = "onelake.dfs.fabric.microsoft.com"
# One percent of each entity's records at the simulator's small scale.
ONE_PERCENT = {"TimeEntry": 50, "ProductItem": 6, "ExpenseEntry": 4, "Invoice": 3, "Company": 1, "Agreement": 1}
# The commands after which a lakehouse is kept for comparison, and the changes at the source before each.
HISTORY = [
    ("full", ["run", "--mode", "full"], []),
    ("changed", ["run"], [{"hours": 1, "change": n, "entities": [name]} for name, n in ONE_PERCENT.items()]),
    ("reconciled", ["reconcile", "--apply"], [{"hours": 1, "delete": 3, "entities": ["TimeEntry", "ProductItem"]}]),
]


def token(life=3600, name="test"):
    """A made-up JSON Web Token that ends in so many seconds."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(time.time())
    claims = {"aud": "https://storage.azure.com", "exp": now + life, "nbf": now - 7200, "iat": now - 7200, "sub": name}
    return ".".join([part({"alg": "RS256", "typ": "JWT"}), part(claims), part("no signature")])


@dataclass
class Done:
    """How a command ended."""

    code: int | None
    out: str
    err: str
    seconds: float

    @property
    def lines(self):
        return [line for line in self.err.splitlines() if line.strip()]

    @property
    def last(self):
        """The end of what it said, for a line of a report."""
        said = (self.lines or self.out.split("\n") or [""])[-1]
        return f"exit {'none (stopped)' if self.code is None else self.code} after {self.seconds:.1f} s: {said[:300]}"


@dataclass
class Lake:
    """A lakehouse, and the environment that leads to it."""

    location: str
    staging: Path
    environment: dict
    # Where its blobs are; both empty for a local one.
    container: str = ""
    root: str = ""
    proxy: Proxy | None = None


@dataclass
class Scene:
    """Everything that the checks share; each check has its own lakehouses and proxies."""

    binaries: Path
    folder: Path
    azurite_program: str
    simulator: subprocess.Popen | None = None
    settings: dict = field(default_factory=dict)
    proxies: list = field(default_factory=list)
    kept: dict = field(default_factory=dict)
    changes: int = 0
    made: int = 0

    def __post_init__(self):
        self.port = free_port()
        self.azurite = Azurite(self.azurite_program, self.folder)
        self.azurite.make_container(WORKSPACE)
        (self.folder / "home").mkdir()
        # For readers in this process.
        os.environ["AZURITE_BLOB_STORAGE_URL"] = self.azurite.url

    def stop(self):
        for proxy in self.proxies:
            proxy.stop()
        self.stop_simulator()
        self.azurite.stop()

    def stop_simulator(self):
        if self.simulator is not None:
            self.simulator.send_signal(signal.SIGINT)
            self.simulator.wait()
            self.simulator = None

    def source(self, state="new"):
        """Starts the source anew, at the same address, with the changes up to a state of the history."""
        self.stop_simulator()
        command = [self.binaries / "connectwise-simulator", "--port", str(self.port)]
        self.simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.settings = {"CW_REQUESTS_PER_MINUTE": "0"}
        for line in self.simulator.stdout:
            name, _, value = line.strip().partition("=")
            self.settings[name] = value
            if name == "CW_CLIENTID":
                break
        else:
            sys.exit("the simulator ended before it said where it is")
        self.changes = 0
        if state != "new":
            for name, _, _ in HISTORY:
                self.advance(name)
                if name == state:
                    break

    def advance(self, state):
        """Lets happen at the source what comes before a state of the history."""
        for change in next(changes for name, _, changes in HISTORY if name == state):
            address = f"http://127.0.0.1:{self.port}/_simulator/advance"
            request = urllib.request.Request(address, json.dumps(change).encode(), method="POST")
            urllib.request.urlopen(request, timeout=30).read()

    def proxy(self, **more):
        made = Proxy(("127.0.0.1", self.azurite.port), self.azurite.sas, **more)
        self.proxies.append(made)
        return made

    def local(self, name):
        staging = self.folder / f"staging-{name}"
        return Lake(str(self.folder / f"local-{name}"), staging, {"CW_STAGING": str(staging)})

    def remote(self, name, *, form="abfss", start=None, container=WORKSPACE):
        """A lakehouse behind a proxy of its own; start: a state of the history that it is in already."""
        self.made += 1
        item = f"{name}{self.made}"
        root = {"az": f"{item}/Tables", "guid": f"0f8fad5b-d9cb-469f-a165-{self.made:012x}/Tables"}.get(
            form, f"{item}.Lakehouse/Tables"
        )
        location = f"az://{container}/{root}" if form == "az" else f"abfss://{container}@{HOST}/{root}"
        proxy = self.proxy()
        proxy.token = token()
        staging = self.folder / f"staging-{item}"
        environment = {
            "CW_STAGING": str(staging),
            "AZURE_STORAGE_ENDPOINT": proxy.endpoint,
            "AZURE_ALLOW_HTTP": "true",
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_TOKEN": proxy.token,
        }
        if start is not None:
            self.azurite.upload(Path(self.expected(start).location), container, root)
        return Lake(location, staging, environment, container, root, proxy)

    def expected(self, state):
        """The local lakehouse of a state, made by the same binary without any trouble."""
        if not self.kept:
            self.source()
            lake = self.local("expected")
            for name, command, _ in HISTORY:
                self.advance(name)
                done = self.run(lake, "-q", *command)
                if done.code != 0:
                    sys.exit(f"a local {' '.join(command)} fails: {done.last}\n{done.err}")
                kept = self.local(name)
                shutil.copytree(lake.location, kept.location)
                self.kept[name] = kept
                self.kept[f"{name} seconds"] = done.seconds
            self.stop_simulator()
        return self.kept[state]

    def seconds(self, state):
        """How long the local lakehouse's way to a state took."""
        self.expected(state)
        return self.kept[f"{state} seconds"]

    def environment(self, lake, more=None):
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder),
            "CW_LAKEHOUSE": lake.location,
            **self.settings,
            **lake.environment,
            **(more or {}),
        }
        return {name: value for name, value in base.items() if value is not None}

    def start(self, lake, *arguments, more=None):
        return subprocess.Popen(
            [self.binaries / "connectwise-etl", *map(str, arguments)],
            env=self.environment(lake, more),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, lake, *arguments, more=None, timeout=240, started=None):
        """Runs a command to its end, or stops it after so many seconds.

        more: variables; one that is None is not set. started: is called with the process.
        """
        began = time.monotonic()
        process = self.start(lake, *arguments, more=more)
        if started is not None:
            started(process)
        try:
            out, err = process.communicate(timeout=timeout)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            code = None
        finally:
            # Where Ctrl-C ends the checks, it ends this, too.
            process.kill()
        return Done(code, out, err, time.monotonic() - began)


def emulated(lake):
    """The variables of Azurite's own mode: requests are signed with the key that everyone knows."""
    return {
        "CW_STAGING": lake.environment["CW_STAGING"],
        "AZURE_STORAGE_USE_EMULATOR": "true",
        "AZURITE_BLOB_STORAGE_URL": lake.proxy.endpoint,
    }


def reader_options():
    """The storage options of an independent reader, past the proxies."""
    return {"azure_storage_use_emulator": "true", "azure_storage_account_name": ACCOUNT,
            "azure_storage_account_key": KEY}
