"""Credentials, messages, forms of locations, and Azurite's own mode."""

import base64
import re
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor

from azurite import free_port
from checks_faults import same
from plans import is_commit, refuse_from
from proxy import EXPIRED, Fault, unauthorised
from scene import HOST, WORKSPACE, emulated, token

# What one line of an error may not hold: the server's XML, a library's own words, a backtrace.
NOISE = re.compile(r"<\?xml|</?(Error|Code)>|backtrace|panicked|Generic MicrosoftAzure|Error performing", re.IGNORECASE)
ADVICE = re.compile(r"\b(check|set|give|use|sign in|log in|ask|add|name|wait|try|make|create|see|renew|trust)\b")
LONG = 500
# The ways to give a credential, of which a message without one names at least four.
WAYS = ["AZURE_STORAGE_TOKEN|bearer", "CLIENT_ID|client id", "TENANT", "az login|CLI", "managed identity|MSI"]
NO_RIGHT = "This request is not authorized to perform this operation using this permission."
COUNT = "SELECT count(*) AS n FROM gold.fact_timeentry"


def one_line(done):
    return len(done.lines) == 1 and not NOISE.search(done.err) and len(done.err) < LONG


def credentials(scene, report):
    """What is wrong with a credential is said at once, in a line."""
    scene.expected("changed")
    scene.source("changed")
    lake = scene.remote("credentials", start="full")
    none_given(scene, report, lake)

    mark = lake.proxy.mark()
    done = scene.run(lake, "-q", "run", more={"AZURE_STORAGE_TOKEN": token(-60, "old")}, timeout=20)
    asked = len(lake.proxy.since(mark))
    well = done.code == 2 and one_line(done) and re.search("expired|ended", done.err) and not asked
    report.says(bool(well), "a token that has expired", f"{asked} requests, {done.last}")

    lake.proxy.plan = refuse_from(lambda request: is_commit(request, "silver"), unauthorised(EXPIRED))
    done = scene.run(lake, "-q", "run", timeout=120)
    refused = sum(request.status == 401 for request in lake.proxy.requests)
    well = done.code in (1, 3) and one_line(done) and refused > 0
    figures = f"{len(done.lines)} lines, {refused} requests refused, {done.last}"
    report.says(well, "a token that ends in the middle", figures)
    lake.proxy.plan = None
    lake.proxy.token = token(name="next")
    lake.environment["AZURE_STORAGE_TOKEN"] = lake.proxy.token
    done = scene.run(lake, "-q", "run")
    if report.says(done.code == 0, "the next run, with a good token", done.last):
        # It could not say itself how it ended; the next one does.
        same(scene, report, lake, "changed", "tables after a token that ended", commits=False,
             statuses=[["done", "done", "killed"], ["done", "done", "failed"]])

    for title, command in (("doctor", ["doctor"]), ("-v", ["-v", "status"])):
        done = scene.run(lake, *command)
        said = done.out + done.err
        well = re.search("token", said, re.IGNORECASE) and lake.proxy.token not in said
        report.says(bool(well), f"{title} names the credential", done.last)


def none_given(scene, report, lake):
    """Without credentials nobody is asked, the address of the cloud's own machines included."""
    trap = scene.proxy()
    trap.plan = lambda request: Fault("status", 502)
    through_trap = {"HTTP_PROXY": trap.endpoint, "http_proxy": trap.endpoint,
                    "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    # The doctor looks at the API first.
    for command, codes, most in (("run", (2,), 1), ("status", (2,), 1), ("doctor", (1, 2), 10)):
        asked = trap.mark(), lake.proxy.mark()
        done = scene.run(lake, "-q", command, more={"AZURE_STORAGE_TOKEN": None, **through_trap}, timeout=20)
        said = done.err + (done.out if command == "doctor" else "")
        ways = [way for way in WAYS if re.search(way, said, re.IGNORECASE)]
        well = done.code in codes and done.seconds < most and len(ways) >= 4
        report.says(well, f"no credentials: {command}", f"{len(ways)} of {len(WAYS)} ways named, {done.last}")
        paths = [request.path for request in trap.since(asked[0]) + lake.proxy.since(asked[1])]
        figures = f"{len(paths)} requests, such as {paths[0]}" if paths else ""
        report.says(not paths, f"no credentials: {command} asks nobody", figures)


def messages(scene, report):
    """What is wrong with the storage is said within 15 seconds, in a line with cause and advice."""
    scene.expected("full")
    scene.source("full")
    cases = {}

    def case(title, words, *, form="abfss", location=None, **more):
        lake = scene.remote("messages", form=form)
        lake.location = location or lake.location
        lake.environment.update(more)
        cases[title] = (lake, re.compile(words, re.IGNORECASE))
        return lake

    lake = case("a wrong key", "403|refuse|denied|not accepted|not allowed|authenticat", form="az")
    lake.environment = {**emulated(lake), "AZURE_STORAGE_ACCOUNT_KEY": base64.b64encode(b"not the key").decode()}
    lake = case("no rights", "403|right|permission|denied|role")
    lake.proxy.plan = lambda request: Fault("status", 403, {}, "AuthorizationPermissionMismatch", NO_RIGHT)
    case("no such workspace", "404|does not exist|not found|no workspace|there is no",
         location=f"abfss://nowhere@{HOST}/lake.Lakehouse/Tables")
    case("an unknown host", r"nowhere\.invalid.*(resolve|DNS|look|unknown|no such|not known)|"
         r"(resolve|DNS|unknown|no such).*nowhere\.invalid", AZURE_STORAGE_ENDPOINT="http://nowhere.invalid:1")
    case("a closed port", "refused|nothing answers|no answer|not answer|can.t connect",
         AZURE_STORAGE_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    secure = scene.proxy(tls=untrusted(scene.folder))
    case("an untrusted certificate", "certificate", AZURE_STORAGE_ENDPOINT=secure.endpoint)

    works = [(title, command) for title in cases for command in ("run", "status")]
    with ThreadPoolExecutor(len(works)) as workers:
        ended = list(workers.map(lambda work: scene.run(cases[work[0]][0], "-q", work[1], timeout=25), works))
    for (title, command), done in zip(works, ended):
        found = {
            "no failure": done.code in (0, None),
            "slow": done.seconds >= 15,
            f"{len(done.lines)} lines": len(done.lines) != 1,
            "noise": bool(NOISE.search(done.err)),
            "no cause": not cases[title][1].search(done.err),
            "no advice": not ADVICE.search(done.err),
            "long": len(done.err) > LONG,
        }
        wrong = [what for what, bad in found.items() if bad]
        report.says(not wrong, f"{title}: {command}", "; ".join([*wrong, done.last]))


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
    elsewhere = ["--storage-option", f"azure_storage_endpoint={lake.proxy.endpoint}"]
    mark = lake.proxy.mark()
    unset = {"AZURE_STORAGE_ENDPOINT": None}
    done = scene.run(lake, "query", COUNT, "--format", "csv", *elsewhere, more=unset, timeout=30)
    well = done.code == 0 and done.out == first.out and len(lake.proxy.since(mark)) > 2
    report.says(well, "--storage-option in place of a variable", done.last)
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
        well = signed and done.code == 0 and done.out == here.out
        report.says(well, f"{form}:// holds the rows", " ".join(done.out.split()))
