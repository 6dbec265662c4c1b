"""Credentials, messages, forms of locations, and Azurite's own mode."""

import base64
import re
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor

from azurite import free_port
from checks_faults import same
from plans import expired, is_commit, refuse_from
from proxy import Fault
from scene import HOST, WORKSPACE, emulated, token

# What one line of an error may not hold: the server's XML, Rust's own words, a backtrace.
NOISE = re.compile(r"<\?xml|</?Error>|</?Code>|backtrace|panicked|Generic \{|Some\(|source:", re.IGNORECASE)
ADVICE = re.compile(r"\b(check|set|give|use|sign|log in|ask|add|name|wait|try|run|make|create|see|renew|get)\b", re.I)
COUNT = "SELECT count(*) AS n FROM gold.fact_timeentry"


def one_line(done):
    return len(done.lines) == 1 and not NOISE.search(done.err) and len(done.err) < 500


def credentials(scene, report):
    """What is wrong with a credential is said at once, in a line."""
    scene.expected("changed")
    scene.source("changed")
    lake = scene.remote("credentials", start="full")
    trap = scene.proxy()
    trap.plan = lambda request: Fault("status", 502)
    through_trap = {"HTTP_PROXY": trap.endpoint, "http_proxy": trap.endpoint,
                    "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    for command in ("run", "status", "doctor"):
        mark = lake.proxy.mark()
        done = scene.run(lake, "-q", command, more={"AZURE_STORAGE_TOKEN": None, **through_trap}, timeout=20)
        said = done.err + (done.out if command == "doctor" else "")
        ways = [way for way in ("AZURE_STORAGE_TOKEN|bearer", "CLIENT_ID|client id", "TENANT", "az login|CLI",
                                "managed identity|MSI") if re.search(way, said, re.IGNORECASE)]
        wanted = 1 if command == "doctor" else 2
        report.says(done.code in (2, wanted) and done.seconds < 1 and len(ways) >= 4,
                    f"no credentials: {command}", f"{len(ways)} of 5 ways named, {done.last}")
        asked = [request.path for request in trap.requests] + [r.path for r in lake.proxy.since(mark)]
        report.says(not asked, f"no credentials: {command} asks nobody", f"{len(asked)} requests: {asked[:2]}" if asked else "")
        trap.requests.clear()

    mark = lake.proxy.mark()
    done = scene.run(lake, "-q", "run", more={"AZURE_STORAGE_TOKEN": token(-60, "old")}, timeout=20)
    asked = len(lake.proxy.since(mark))
    well = done.code == 2 and one_line(done) and "expired" in done.err and not asked
    report.says(well, "a token that has expired", f"{asked} requests, {done.last}")

    lake.proxy.plan = refuse_from(lambda request: is_commit(request, "silver"), expired())
    done = scene.run(lake, "-q", "run", timeout=120)
    refused = sum(request.status == 401 for request in lake.proxy.requests)
    well = done.code in (1, 3) and one_line(done) and refused > 0
    report.says(well, "a token that ends in the middle", f"{len(done.lines)} lines, {refused} requests refused, {done.last}")
    report.detail(done.err)
    lake.proxy.plan = None
    lake.proxy.token = token(name="next")
    lake.environment["AZURE_STORAGE_TOKEN"] = lake.proxy.token
    done = scene.run(lake, "-q", "run")
    if report.says(done.code == 0, "the next run, with a good token", done.last):
        same(scene, report, lake, "changed", "tables after a token that ended", commits=False,
             statuses=["done", "done", "failed"])
    done = scene.run(lake, "doctor")
    told = re.search(r"token", done.out, re.IGNORECASE)
    report.says(bool(told) and lake.proxy.token not in done.out + done.err, "doctor names the credential", done.last)
    done = scene.run(lake, "-v", "status")
    told = re.search(r"token", done.err, re.IGNORECASE)
    report.says(bool(told) and lake.proxy.token not in done.out + done.err, "-v names the credential", done.last)


def messages(scene, report):
    """What is wrong with the storage is said within 15 seconds, in a line with cause and advice."""
    scene.expected("full")
    scene.source("full")
    secure = scene.proxy(tls=untrusted(scene.folder))
    cases = {}

    def case(title, words, location=None, more=None, form="abfss"):
        lake = scene.remote("messages", form=form)
        lake.location = location or lake.location
        cases[title] = (lake, words, more or {})
        return lake

    wrong = {"AZURE_STORAGE_ACCOUNT_KEY": base64.b64encode(b"not the key").decode(), "AZURE_STORAGE_ENDPOINT": None,
             "AZURE_STORAGE_TOKEN": None}
    lake = case("a wrong key", r"403|refuse|denied|not accepted|not allowed|authenticat", form="az", more=wrong)
    lake.environment = {**emulated(lake), **wrong}
    case("no rights", r"403|right|permission|denied|role").proxy.plan = lambda request: Fault(
        "status", 403, {}, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation.")
    case("no such workspace", r"404|does not exist|not found|no workspace|there is no", f"abfss://nowhere@{HOST}/l.Lakehouse/Tables")
    case("an unknown host", r"nowhere\.invalid|resolve|DNS|name", more={"AZURE_STORAGE_ENDPOINT": "http://nowhere.invalid:1"})
    case("a closed port", r"refused|nothing answers|no answer|connect",
         more={"AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{free_port()}"})
    lake = case("an untrusted certificate", r"certificate", more={"AZURE_STORAGE_ENDPOINT": secure.endpoint})
    secure.token = lake.proxy.token

    def play(work):
        title, command = work
        lake, _, more = cases[title]
        return scene.run(lake, "-q", command, more=more, timeout=25)

    works = [(title, command) for title in cases for command in ("run", "status")]
    with ThreadPoolExecutor(len(works)) as workers:
        ended = list(workers.map(play, works))
    for (title, command), done in zip(works, ended):
        words = cases[title][1]
        wrong = [what for what, bad in (
            ("no failure", done.code in (0, None)), ("slow", done.seconds >= 15), (f"{len(done.lines)} lines", not done.lines or len(done.lines) > 1),
            ("noise", bool(NOISE.search(done.err))), ("no cause", not re.search(words, done.err, re.IGNORECASE)),
            ("no advice", not ADVICE.search(done.err)), ("long", len(done.err) > 500)) if bad]
        report.says(not wrong, f"{title}: {command}", f"{', '.join(wrong)}{': ' if wrong else ''}{done.last}")


def untrusted(folder):
    """A certificate for localhost that nobody signed."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def locations(scene, report):
    """A lakehouse has several addresses; what can be none is refused."""
    scene.expected("full")
    lake = scene.remote("locations", start="full")
    item = lake.root.removesuffix("/Tables")

    def asked(location):
        mark = lake.proxy.mark()
        done = scene.run(lake, "query", COUNT, "--format", "csv", "--lakehouse", location, timeout=30)
        return done, {request.url for request in lake.proxy.since(mark)}

    first, urls = asked(lake.location)
    report.says(first.code == 0 and len(urls) > 2, "abfss://", first.last)
    for title, location in (
        ("https:// is the same lakehouse", f"https://{HOST}/{WORKSPACE}/{item}/Tables"),
        ("https:// with a slash at its end is, too", f"https://{HOST}/{WORKSPACE}/{item}/Tables/"),
    ):
        done, others = asked(location)
        report.says(done.code == 0 and done.out == first.out and others == urls, title, done.last if done.code else "")
    for workspace in ("my.workspace", "my workspace", "my%20workspace"):
        done, urls = asked(f"abfss://{workspace}@{HOST}/{item}/Tables")
        well = done.code == 2 and one_line(done) and "GUID" in done.err and not urls
        report.says(well, f"the workspace {workspace} is refused", done.last)
    guid = "12345678-90ab-4cde-8f01-234567890abc"
    scene.azurite.make_container(guid)
    private = scene.remote("private", form="guid", start="full", container=guid)
    private.location = private.location.replace(HOST, f"{guid.replace('-', '')}.z12.dfs.fabric.microsoft.com")
    done = scene.run(private, "query", COUNT, "--format", "csv", timeout=30)
    asks = bool(private.proxy.requests) and all(f"/{guid}" in request.path for request in private.proxy.requests)
    report.says(done.code == 0 and done.out == first.out and asks, "a private link's host", done.last)


def emulator(scene, report):
    """Azurite's own mode works as it did."""
    scene.expected("full")
    scene.azurite.make_container(WORKSPACE, account="devstoreaccount1")
    for form in ("az", "abfss"):
        scene.source("full")
        lake = scene.remote("emulator", form=form)
        lake.environment = emulated(lake)
        for title, command in (
            ("full run", ["-q", "run", "--mode", "full"]), ("status", ["status"]),
            ("maintain", ["-q", "maintain", "--retention-hours", "0", "--force"]), ("next run", ["-q", "run"]),
        ):
            done = scene.run(lake, *command)
            report.says(done.code == 0, f"{form}:// {title}", done.last if done.code else f"{done.seconds:.1f} s")
        signed = all("SharedKey" in request.headers.get("authorization", "") for request in lake.proxy.requests)
        done = scene.run(lake, "query", COUNT, "--format", "csv")
        here = scene.run(scene.expected("full"), "query", COUNT, "--format", "csv")
        report.says(signed and done.code == 0 and done.out == here.out, f"{form}:// holds the rows", " ".join(done.out.split()))
