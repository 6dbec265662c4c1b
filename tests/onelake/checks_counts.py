"""Requests and connections of each command, and what a request's delay costs."""

from report import breakdown
from tables import differences

# The most requests that a command may need.
CEILINGS = {
    "first full run": 700,
    "status": 150,
    "query of a table": 8,
    "query of no table": 8,
    "doctor": 60,
    "run without changes": 250,
    "run with 1 % changed": 900,
    "reconcile --apply": 700,
}


def counted(scene, report, lake, title, *arguments, ceiling=None, timeout=240):
    """Runs a command; returns how it ended and its number of requests."""
    mark = lake.proxy.mark()
    done = scene.run(lake, *arguments, timeout=timeout)
    requests = lake.proxy.since(mark)
    connections = len({request.connection for request in requests})
    report.detail(breakdown(title, lake, requests))
    if ceiling is not None:
        figures = f"{len(requests)} requests (at most {ceiling}), {connections} connections, {done.seconds:.1f} s"
        report.says(done.code == 0 and len(requests) <= ceiling, title,
                    figures + ("" if done.code == 0 else f"; {done.last}"))
    elif done.code != 0:
        report.says(False, title, done.last)
    return done, len(requests)


def counts(scene, report):
    """Each command stays below its ceiling of requests."""
    state = scene.expected("reconciled")
    scene.source("full")
    lake = scene.remote("counts")

    def of(title, *arguments):
        counted(scene, report, lake, title, *arguments, ceiling=CEILINGS[title])

    of("first full run", "-q", "run", "--mode", "full")
    of("status", "status")
    of("query of a table", "query", "SELECT count(*) FROM gold.fact_timeentry")
    of("query of no table", "query", "SELECT 1")
    of("doctor", "doctor")
    of("run without changes", "-q", "run")
    scene.advance("changed")
    of("run with 1 % changed", "-q", "run")
    scene.advance("reconciled")
    of("reconcile --apply", "-q", "reconcile", "--apply")
    wrong = differences(lake, state)
    report.says(not wrong, "gold equals the local lakehouse's", "; ".join(wrong[:4]))


def age(scene, report):
    """Ten more runs make no command need more requests."""
    scene.expected("full")
    scene.source("full")
    lake = scene.remote("age", start="full")
    commands = {"run without changes": ("-q", "run"), "status": ("status",),
                "query": ("query", "SELECT count(*) FROM gold.fact_timeentry")}
    # The first run at a place knows no fingerprints yet.
    scene.run(lake, "-q", "run")

    def measured():
        return {title: counted(scene, report, lake, title, *command)[1] for title, command in commands.items()}

    young = measured()
    for turn in range(10):
        scene.advance("changed")
        done = scene.run(lake, "-q", "run")
        if done.code != 0:
            report.says(False, f"run {turn + 1} of 10", done.last)
            return
    old = measured()
    for title, before in young.items():
        report.says(old[title] <= before * 1.05 + 1, title, f"{before} requests before ten runs, {old[title]} after")


def delay(scene, report):
    """With 100 ms a request a run takes at most three times as long as on a disk."""
    scene.expected("full")
    disk, lake = scene.local("delay"), scene.remote("delay")
    lake.proxy.delay = 0.1
    for title, command in (("first full run", ("-q", "run", "--mode", "full")), ("run without changes", ("-q", "run"))):
        scene.source("full")
        here = scene.run(disk, *command)
        there = scene.run(lake, *command, timeout=400)
        ratio = there.seconds / here.seconds
        figures = f"{there.seconds:.1f} s with 100 ms a request, {here.seconds:.1f} s on disk: {ratio:.1f} times"
        well = here.code == there.code == 0 and ratio <= 3
        report.says(well, title, figures if there.code == 0 else f"{figures}; {there.last}")
    lake.proxy.delay = 0
