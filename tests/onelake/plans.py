"""Plans for a proxy: which request meets which fault."""

import random
import threading
import time

from proxy import Fault


def random_faults(rate, seed):
    """Any fault at every request, with this probability."""
    dice = random.Random(seed)
    busy = {"code": "ServerBusy", "message": "The server is busy."}
    kinds = [
        lambda: Fault("status", 500, {}, "InternalError", "The server encountered an internal error."),
        lambda: Fault("status", 503, {}, **busy),
        lambda: Fault("status", 503, {"retry-after": "1"}, **busy),
        lambda: Fault("status", 429, {"retry-after": "1"}, "TooManyRequests", "Too many requests."),
        lambda: Fault("before"),
        lambda: Fault("after"),
        lambda: Fault("cut"),
    ]
    return lambda request: dice.choice(kinds)() if dice.random() < rate else None


def throttle(after, seconds, headers):
    """From a request on, nothing but 503 for so many seconds."""
    count, until = 0, None

    def plan(request):
        nonlocal count, until
        count += 1
        if count > after and until is None:
            until = time.monotonic() + seconds
        return Fault("status", 503, dict(headers)) if until is not None and time.monotonic() < until else None

    return plan


def lose_answers(area):
    """The answer to each PUT of the log or the lock is lost once, after the server did what it says."""
    lost = set()

    def plan(request):
        key = (request.path, request.body)
        if request.method != "PUT" or request.area != area or key in lost:
            return None
        lost.add(key)
        return Fault("after")

    plan.lost = lost
    return plan


def refuse_from(begins, fault):
    """From the first request that fits on, all are refused."""
    refusing = False

    def plan(request):
        nonlocal refusing
        refusing = refusing or begins(request)
        return fault if refusing else None

    return plan


def is_commit(request, layer):
    return request.kind == "put log" and f"/{layer}/" in request.path and request.path.endswith(".json")


class Killer:
    """Kills a process without warning: before a request is forwarded, or at the first one after another's answer."""

    def __init__(self, before=None, after=None):
        self.before, self.after = before, after
        self.process, self.armed, self.done = None, False, threading.Event()

    def started(self, process):
        self.process = process

    def watch(self, request):
        self.armed = self.armed or (self.after is not None and self.after(request))

    def plan(self, request):
        if self.done.is_set() or not (self.armed or (self.before is not None and self.before(request))):
            return None
        self.process.kill()
        self.done.set()
        return Fault("before")
