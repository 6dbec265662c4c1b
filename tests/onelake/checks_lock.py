"""The lock by the storage's clock, waiting for it, and runs that are killed."""

import json
import re
import threading
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from checks_faults import same
from plans import Killer, is_commit

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# The lock's lease is ten minutes.
BEYOND = 11 * 60


def foreign(text, seconds, released=False):
    """A lock's file as a process of another machine would have written it, whose clock is so many seconds behind."""
    written = [datetime.fromisoformat(at[0][:19]).replace(tzinfo=timezone.utc) for at in INSTANT.finditer(text)]
    behind = datetime.now(timezone.utc) - timedelta(seconds=seconds) - min(written)

    def changed(value, name=""):
        if isinstance(value, dict):
            return {name: changed(inner, name) for name, inner in value.items()}
        if name == "host":
            return "another-machine"
        if name == "machine":
            return "00000000-0000-0000-0000-000000000000 pid:[1]"
        if name == "released":
            return released
        if isinstance(value, str) and INSTANT.fullmatch(value):
            at = datetime.fromisoformat(value[:19]).replace(tzinfo=timezone.utc) + behind
            return at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return value

    return json.dumps(changed(json.loads(text))).encode()


def lock(scene, report):
    """Whose clock is wrong is not robbed, who is gone is; and `--wait` waits."""
    scene.expected("changed")
    scene.source("changed")
    lake = scene.remote("lock", start="full")
    done = scene.run(lake, "-q", "run")
    written = [request for request in lake.proxy.requests if request.kind == "put lock"]
    if done.code != 0 or not written:
        report.says(False, "a run that takes the lock", done.last)
        return
    text = written[0].body.decode()
    folder = written[0].path.rsplit("/", 1)[0].removeprefix(f"/{lake.container}/")
    path = f"{folder}/000000000100.json"

    def put(seconds, released=False):
        if not released:
            clear(scene, lake, folder)
        headers = scene.azurite.put(lake.container, path, foreign(text, seconds, released))
        return parsedate_to_datetime(headers["last-modified"]).timestamp()

    def is_there():
        return sorted(name for name in scene.azurite.names(lake.container, folder + "/"))[-1].endswith("000100.json")

    for title, behind in (("right", 0), ("eleven minutes behind", BEYOND), ("eleven minutes ahead", -BEYOND)):
        put(behind)
        done = scene.run(lake, "-q", "run", timeout=60)
        well = done.code == 1 and done.seconds < 15 and "another-machine" in done.err and is_there()
        report.says(well, f"a holder whose clock is {title} keeps the lock", done.last)

    modified = put(0)
    lake.proxy.clock = (modified, BEYOND)
    done = scene.run(lake, "-q", "run", timeout=60)
    report.says(done.code == 0, "a lock that the storage's clock says is eleven minutes old is taken over", done.last)
    lake.proxy.clock = None

    put(0)
    done = scene.run(lake, "-q", "run", "--wait", "3", timeout=60)
    well = done.code == 1 and 3 <= done.seconds < 15 and "another-machine" in done.err
    report.says(well, "--wait 3 gives up", done.last)

    put(0)
    seen, releases = 0, threading.Event()

    def watch(request):
        nonlocal seen
        seen += request.area == "lock"
        # By then it has found the lock held, and asks again.
        if seen >= 3 and not releases.is_set():
            releases.set()
            threading.Thread(target=put, args=(0, True)).start()

    lake.proxy.watch = watch
    done = scene.run(lake, "-q", "run", "--wait", "60", timeout=120)
    lake.proxy.watch = None
    report.says(done.code == 0 and releases.is_set(), "--wait 60 goes on when the lock is given back", done.last)


def clear(scene, lake, folder):
    for name in scene.azurite.names(lake.container, folder + "/"):
        scene.azurite.ask("DELETE", f"{lake.container}/{name}")


def killed(scene, report):
    """A run that is killed is ended by the next."""
    scene.expected("changed")
    points = {
        "when it has the lock": Killer(after=lambda request: request.kind == "put lock"),
        "before a commit of silver": Killer(before=lambda request: is_commit(request, "silver")),
        "after a commit of gold": Killer(after=lambda request: is_commit(request, "gold")),
    }
    for title, killer in points.items():
        scene.source("changed")
        lake = scene.remote("killed", start="full")
        lake.proxy.plan, lake.proxy.watch = killer.plan, killer.watch
        done = scene.run(lake, "-q", "run", started=killer.started)
        lake.proxy.plan = lake.proxy.watch = None
        if not report.says(killer.done.is_set() and done.code == -9, f"killed {title}", done.last):
            continue
        done = scene.run(lake, "-q", "run")
        report.says(done.code == 0, f"the run after one that was killed {title}", done.last)
        same(scene, report, lake, "changed", f"tables of a run that was killed {title}", commits=False,
             statuses=[["done", "done", "killed"]])
