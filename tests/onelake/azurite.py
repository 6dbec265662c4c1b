"""Azurite as a process, and a small client of it that signs nothing but one SAS."""

import base64
import hashlib
import hmac
import http.client
import os
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

# The key that every Azurite knows; it opens nothing else.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
ACCOUNT = "onelake"
VERSION = "2021-12-02"


def sas(account=ACCOUNT):
    """A shared access signature of a whole account, for a day."""
    grants = {"sp": "rwdlacup", "ss": "b", "srt": "sco", "st": "2024-01-01T00:00:00Z"}
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
    text = "\n".join([account, "rwdlacup", "b", "sco", grants["st"], ends, "", "http,https", VERSION, "", ""])
    signed = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    fields = {**grants, "se": ends, "spr": "http,https", "sv": VERSION, "sig": base64.b64encode(signed).decode()}
    return urlencode(fields)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Azurite:
    """Azurite on a free port, with its blobs below a folder."""

    def __init__(self, program, folder):
        self.port = free_port()
        self.sas = sas()
        self._local = threading.local()
        self._log = open(folder / "azurite.log", "wb")
        command = [program, "--location", folder / "blobs", "--blobHost", "127.0.0.1", "--blobPort", str(self.port)]
        command += ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        accounts = f"devstoreaccount1:{KEY};{ACCOUNT}:{KEY}"
        self._process = subprocess.Popen(
            command, env={**os.environ, "AZURITE_ACCOUNTS": accounts}, stdout=self._log, stderr=self._log
        )
        until = time.monotonic() + 30
        while True:
            try:
                self.ask("GET", "", comp="list")
                break
            except OSError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"Azurite does not start: see {folder}/azurite.log") from None
                time.sleep(0.05)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._log.close()

    def ask(self, method, path, body=None, headers=None, account=ACCOUNT, **query):
        """One request; returns the headers and the body of the answer."""
        connection = getattr(self._local, "connection", None)
        if connection is None or time.monotonic() - self._local.used > 2:
            connection = self._local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._local.used = time.monotonic()
        target = f"/{account}/{quote(path)}?{urlencode(query)}&{self.sas if account == ACCOUNT else sas(account)}"
        try:
            connection.request(method, target, body, {"x-ms-version": VERSION, **(headers or {})})
            answer = connection.getresponse()
            data = answer.read()
        except Exception:
            self._local.connection = None
            raise
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return answer.headers, data

    def make_container(self, name, account=ACCOUNT):
        try:
            self.ask("PUT", name, restype="container", account=account)
        except RuntimeError as error:
            if "ContainerAlreadyExists" not in str(error):
                raise

    def names(self, container, prefix):
        """The names of all blobs below a prefix."""
        found, marker = [], ""
        while True:
            query = {"restype": "container", "comp": "list", "prefix": prefix, "marker": marker}
            root = ElementTree.fromstring(self.ask("GET", container, **query)[1])
            found += [blob.findtext("Name") for blob in root.iter("Blob")]
            marker = root.findtext("NextMarker") or ""
            if not marker:
                return found

    def get(self, container, name):
        return self.ask("GET", f"{container}/{name}")[1]

    def put(self, container, name, data):
        return self.ask("PUT", f"{container}/{name}", data, {"x-ms-blob-type": "BlockBlob"})[0]

    def upload(self, folder, container, prefix):
        """Copies a folder's files below a prefix."""
        files = [path for path in folder.rglob("*") if path.is_file()]
        with ThreadPoolExecutor(8) as workers:
            def send(path):
                self.put(container, f"{prefix}/{path.relative_to(folder)}", path.read_bytes())

            list(workers.map(send, files))
