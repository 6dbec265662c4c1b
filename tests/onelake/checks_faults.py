"""Storage that misbehaves: what is in the tables stays what it would have been."""

import os
from concurrent.futures import ThreadPoolExecutor

from deltalake import DeltaTable

from plans import lose_answers, random_faults, throttle
from scene import HISTORY, reader_options
from tables import differences, runs, versions

SEEDS = [int(seed) for seed in os.environ.get("CW_ONELAKE_SEEDS", "1,2,3").split(",")]


def same(scene, report, lake, state, what, *, commits=True, statuses=None):
    """Reports whether a lakehouse is what the local one is: gold, a row a run, and as many commits a table.

    statuses: how the runs may have ended, where that is not as in the local lakehouse.
    """
    expected = scene.expected(state)
    wrong = differences(lake, expected)
    found = runs(lake)
    twice = len(found) - len({run for run, _ in found})
    ended = sorted(status for _, status in found)
    wanted = statuses or [sorted(status for _, status in runs(expected))]
    if twice or ended not in wanted:
        wrong.append(f"etl_run has {', '.join(ended)} ({twice} of them twice), not {', '.join(wanted[0])}")
    if commits:
        there, here = versions(scene, lake), versions(scene, expected)
        uneven = [f"{name} has {there.get(name, 0)} commits, not {here.get(name, 0)}"
                  for name in sorted(here.keys() | there.keys()) if there.get(name) != here.get(name)]
        wrong += uneven[:3] + ([f"and {len(uneven) - 3} tables more"] if len(uneven) > 3 else [])
    return report.says(not wrong, what, "; ".join(wrong[:6]) or f"{len(found)} runs, tables equal the local ones")


def history(scene, lake, states, **more):
    """Plays the states of the history; returns the first command that failed, or the last one, and all seconds."""
    seconds = 0.0
    for name, command, _ in HISTORY:
        if name not in states:
            continue
        scene.advance(name)
        done = scene.run(lake, "-q", *command, **more)
        seconds += done.seconds
        if done.code != 0:
            return done, seconds
    return done, seconds


def tables(scene, report):
    """Gold is the same by whatever URL, and as on a disk."""
    scene.expected("reconciled")
    scene.source()
    lake = scene.remote("tables", form="az")
    done, _ = history(scene, lake, ["full", "changed", "reconciled"])
    if report.says(done.code == 0, "az:// runs", done.last):
        same(scene, report, lake, "reconciled", "az:// holds what a disk does")
    scene.source("full")
    lake = scene.remote("tables", form="guid", start="full")
    done, _ = history(scene, lake, ["changed"])
    if report.says(done.code == 0, "abfss:// with GUIDs runs", done.last):
        same(scene, report, lake, "changed", "abfss:// with GUIDs holds what a disk does")


def faults(scene, report):
    """Any fault at 5 % of all requests changes nothing."""
    scene.expected("reconciled")
    for seed in SEEDS:
        scene.source()
        lake = scene.remote("faults")
        lake.proxy.plan = random_faults(0.05, seed)
        done, seconds = history(scene, lake, ["full", "changed", "reconciled"])
        met = sum(request.fault is not None for request in lake.proxy.requests)
        figures = f"{met} faults in {len(lake.proxy.requests)} requests, {seconds:.1f} s"
        well = report.says(done.code == 0 and met >= 10, f"seed {seed}: full, incremental and reconcile",
                           figures + ("" if done.code == 0 else f"; {done.last}"))
        if well:
            same(scene, report, lake, "reconciled", f"seed {seed}: tables")
        done = scene.run(lake, "-q", "maintain")
        report.says(done.code == 0, f"seed {seed}: maintain", done.last)
        if well:
            wrong = differences(lake, scene.expected("reconciled"))
            report.says(not wrong, f"seed {seed}: tables after maintain", "; ".join(wrong[:4]))


def throttling(scene, report):
    """A run outlasts 60 seconds in which everything is refused."""
    scene.expected("changed")
    scene.source("changed")
    ways = {"with Retry-After": {"retry-after": "5"}, "without Retry-After": {}}
    lakes = {title: scene.remote("throttling", start="full") for title in ways}

    def play(title):
        lakes[title].proxy.plan = throttle(60, 60, ways[title])
        return scene.run(lakes[title], "-q", "run", timeout=200)

    with ThreadPoolExecutor(len(ways)) as workers:
        ended = dict(zip(ways, workers.map(play, ways)))
    for title, done in ended.items():
        requests = lakes[title].proxy.requests
        refused = sum(request.status == 503 for request in requests)
        figures = f"{refused} of {len(requests)} requests refused, {done.seconds:.0f} s"
        figures += f"; {done.last}" if done.code else ""
        if report.says(done.code == 0 and refused > 0, f"60 s of 503 {title}", figures):
            same(scene, report, lakes[title], "changed", f"tables after 60 s {title}")


def lost_answers(scene, report):
    """The answers to commits and to the lock are lost after the server wrote them: nothing is written twice."""
    scene.expected("changed")
    for area, least, states, start in (("log", 100, ["full", "changed"], None), ("lock", 2, ["changed"], "full")):
        scene.source(start or "new")
        lake = scene.remote("lost", start=start)
        lake.proxy.plan = plan = lose_answers(area)
        done, seconds = history(scene, lake, states)
        figures = f"{len(plan.lost)} answers lost, {seconds:.1f} s" + (f"; {done.last}" if done.code else "")
        title = {"log": "commits", "lock": "the lock"}[area]
        if report.says(done.code == 0 and len(plan.lost) >= least, f"answers to {title} are lost", figures):
            same(scene, report, lake, "changed", f"nothing twice where answers to {title} are lost")


def batch(scene, report):
    """Where Blob Batch is refused, old files are deleted one by one."""
    scene.expected("reconciled")
    scene.source("reconciled")
    lake = scene.remote("batch", start="reconciled")
    done = scene.run(lake, "-q", "run")
    report.says(done.code == 0, "run", done.last)
    for title, place in (("in an empty place", scene.remote("empty")), ("in a lakehouse", lake)):
        before = names(scene, place)
        done = scene.run(place, "doctor")
        left = sorted(names(scene, place) - before)
        if not report.says(done.code == 0, f"doctor {title}", done.last if done.code else ""):
            report.detail(done.out + done.err)
        figures = f"{len(left)} files, such as {left[0]}" if left else ""
        report.says(not left, f"doctor {title} leaves nothing", figures)
    before = names(scene, lake)
    mark = lake.proxy.mark()
    done = scene.run(lake, "-q", "maintain", "--retention-hours", "0", "--force")
    kinds = [request.kind for request in lake.proxy.since(mark)]
    deletes = sum(kind.startswith("delete") for kind in kinds)
    figures = f"{deletes} DELETEs, {kinds.count('batch')} batches refused, {done.last}"
    report.says(done.code == 0 and deletes > 0, "maintain", figures)
    after = names(scene, lake)
    # Folders whose names begin with _ belong to no version of a table.
    existing = {name for name in after if name.endswith(".parquet") and "/_" not in name}
    places = {name.split("/_delta_log/")[0] for name in after if "/_delta_log/" in name}
    live = set()
    for place in places:
        table = DeltaTable(f"az://{lake.container}/{place}", storage_options=reader_options())
        live |= {uri.split(f"{lake.container}/", 1)[1] for uri in table.file_uris()}
    gone = len({name for name in before if name.endswith(".parquet")} - after)
    report.says(existing == live and gone > 0, "old files are deleted, live ones are not",
                f"{gone} deleted, {len(existing - live)} old ones stay, {len(live - existing)} live ones are missing")
    marked = {name.split("/_delta_log/")[0] for name in after if name.endswith("/_delta_log/_last_checkpoint")}
    report.says(places == marked, "each table has a checkpoint", f"{len(marked)} of {len(places)}")
    wrong = differences(lake, scene.expected("reconciled"))
    report.says(not wrong, "tables after maintain", "; ".join(wrong[:4]))


def names(scene, lake):
    """All blobs but those of the lock."""
    return {name for name in scene.azurite.names(lake.container, lake.root + "/") if "/_lock/" not in name}
