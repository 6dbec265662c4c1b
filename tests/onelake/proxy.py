"""A proxy before Azurite that answers as OneLake does: it checks the token, counts requests and injects faults.

It runs in a thread of the test's process. A request with a bearer token is authorised towards Azurite by the proxy;
one that is signed with the account's key passes unchanged.
"""

import asyncio
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from html import unescape
from urllib.parse import parse_qsl, unquote, urlsplit

# Azurite closes a connection that was idle for five seconds.
IDLE = 2
BODY = '<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
EXPIRED = "Lifetime validation failed. The token is expired."
NO_BATCH = "Either WorkspaceId or ArtifactId are missing in the request"
ITEM = re.compile(rb"<(Blob|BlobPrefix)><Name>(.*?)</Name>.*?</\1>", re.DOTALL)
MODIFIED = re.compile(rb"(?<=<Last-Modified>)[^<]+")


@dataclass
class Fault:
    """What happens to a request in place of its answer."""

    # "status", or a connection that ends: "before" the request is forwarded, "after" it was, or "cut" in the answer.
    kind: str
    status: int = 0
    headers: dict = field(default_factory=dict)
    code: str = "ServerBusy"
    message: str = "The server is busy."


def unauthorised(why):
    """The answer to a request without a token that is valid."""
    challenge = {"www-authenticate": "Bearer authorization_uri=https://login.microsoftonline.com/common"}
    return Fault("status", 401, challenge, "InvalidAuthenticationInfo", why)


@dataclass
class Request:
    """A request, as it is counted."""

    number: int
    connection: int
    method: str
    path: str
    query: dict
    headers: dict
    at: float = field(default_factory=time.monotonic)
    body: bytes = b""
    status: int = 0
    answer: dict = field(default_factory=dict)
    fault: Fault | None = None

    @property
    def area(self):
        where = f"{self.path}/{self.query.get('prefix', '')}/"
        return "log" if "/_delta_log/" in where else "lock" if "/_lock/" in where else "data"

    @property
    def kind(self):
        if self.query.get("comp") == "batch":
            return "batch"
        if self.query.get("comp") == "list":
            return f"list {self.area}"
        return f"{self.method.lower()} {self.area}"

    @property
    def url(self):
        """Method and path without what differs between two requests for the same thing."""
        if self.query.get("comp") == "list":
            return f"LIST {self.path}/{self.query.get('prefix', '')}"
        return f"{self.method} {self.path}"


class Proxy:
    """A server on a free port of 127.0.0.1."""

    def __init__(self, upstream, sas, *, tls=None):
        self.upstream, self.sas, self.tls = upstream, sas, tls
        self.token = None
        # Seconds that each request waits.
        self.delay = 0.0
        # A function from a request to a Fault or None.
        self.plan = None
        # Called with each request when its answer is known.
        self.watch = None
        # Whether Blob Batch is refused, as OneLake does.
        self.refuses_batch = True
        # (instant, seconds): the storage's clock is ahead by so much in all that is modified after the instant.
        self.clock = None
        self.requests = []
        # How many requests Azurite itself did not answer; any is the checks' own failure.
        self.unanswered = 0
        self._connections = 0
        self._pool = []
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        if not started.wait(10):
            raise RuntimeError("the proxy does not start")

    @property
    def endpoint(self):
        return f"{'https://localhost' if self.tls else 'http://127.0.0.1'}:{self.port}"

    def mark(self):
        """The place in the list of requests, for `since`."""
        return len(self.requests)

    def since(self, mark):
        return self.requests[mark:]

    def stop(self):
        async def end():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self._loop)
        self._thread.join()

    def _serve(self, started):
        asyncio.set_event_loop(self._loop)

        async def begin():
            server = await asyncio.start_server(self._client, "127.0.0.1", 0, ssl=self.tls, limit=1 << 20)
            self.port = server.sockets[0].getsockname()[1]
            started.set()

        # A handshake that the client gives up is what one of the checks wants.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._loop.run_until_complete(begin())
        self._loop.run_forever()

    async def _client(self, reader, writer):
        self._connections += 1
        connection = self._connections
        try:
            while (head := await read_head(reader)) is not None:
                first, headers = head
                method, target, _ = first.split(" ", 2)
                if "100-continue" in headers.get("expect", ""):
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                parts = urlsplit(target)
                request = Request(
                    len(self.requests), connection, method, unquote(parts.path) if parts.path else target,
                    dict(parse_qsl(parts.query, keep_blank_values=True)), headers,
                )
                if parts.netloc:
                    request.path = target
                self.requests.append(request)
                request.body = await read_body(reader, headers)
                if self.delay:
                    await asyncio.sleep(self.delay)
                if not await self._answer(request, target, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    async def _answer(self, request, target, writer):
        """Answers a request; returns whether the connection stays."""
        fault = request.fault = self._refusal(request)
        if fault is None and self.plan is not None:
            fault = request.fault = self.plan(request)
        if fault and fault.kind == "before":
            return self._reset(request, writer)
        if fault and fault.kind == "status":
            status, reason, body = fault.status, "Fault", b""
            if request.method != "HEAD":
                body = BODY.format(code=fault.code, message=fault.message).encode()
            headers = {"content-type": "application/xml", "x-ms-error-code": fault.code, **fault.headers}
            headers["date"] = formatdate(usegmt=True)
        else:
            try:
                status, reason, headers, body = await self._forward(request, target)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.unanswered += 1
                raise
        request.status, request.answer = status, headers
        self._shift(headers)
        if request.query.get("comp") == "list":
            body = self._listing(request, body)
        if request.method != "HEAD" and status not in (204, 304):
            headers["content-length"] = str(len(body))
        headers.pop("transfer-encoding", None)
        headers.pop("connection", None)
        if fault and fault.kind == "after":
            return self._reset(request, writer)
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
        if fault and fault.kind == "cut":
            writer.write(body[: len(body) // 2])
            await writer.drain()
            return self._reset(request, writer, hard=not body)
        writer.write(body)
        await writer.drain()
        self._tell(request)
        return True

    def _tell(self, request):
        if self.watch is not None:
            self.watch(request)

    def _reset(self, request, writer, hard=True):
        """Ends a connection without an answer; hard: by RST."""
        self._tell(request)
        connection = writer.get_extra_info("socket")
        if hard and connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        return False

    def _refusal(self, request):
        """What OneLake refuses by itself."""
        given = request.headers.get("authorization", "")
        if given.startswith("SharedKey "):
            return None
        if self.token is not None and given != f"Bearer {self.token}":
            return unauthorised(EXPIRED if given else "Authentication is required.")
        if self.refuses_batch and request.query.get("comp") == "batch":
            return Fault("status", 400, {}, "BadRequest", NO_BATCH)
        return None

    async def _forward(self, request, target):
        headers = {name: value for name, value in request.headers.items() if name not in ("connection", "expect")}
        headers["host"] = "127.0.0.1:%d" % self.upstream[1]
        headers["content-length"] = str(len(request.body))
        headers.pop("transfer-encoding", None)
        if not headers.get("authorization", "").startswith("SharedKey "):
            headers.pop("authorization", None)
            parts = urlsplit(target)
            query = f"{parts.query}&{self.sas}" if parts.query else self.sas
            target = f"/onelake{parts.path}?{query}"
        lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        reader, writer = await self._connect()
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + request.body)
        await writer.drain()
        head = await read_head(reader)
        if head is None:
            raise ConnectionError("Azurite ended the connection")
        first, answer = head
        _, status, reason = (first + " ").split(" ", 2)
        bare = request.method == "HEAD" or status in ("204", "304")
        body = b"" if bare else await read_body(reader, answer)
        if answer.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._pool.append((time.monotonic(), reader, writer))
        return int(status), reason.strip(), answer, body

    async def _connect(self):
        while self._pool:
            since, reader, writer = self._pool.pop()
            if time.monotonic() - since < IDLE and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(*self.upstream, limit=1 << 20)

    def _listing(self, request, body):
        """Leaves out what lies before `startFrom`, which Azurite does not know, and shifts the clock."""
        start = request.query.get("startFrom")
        if start:
            begins = start.encode()
            body = ITEM.sub(lambda item: b"" if unescape(item[2].decode()).encode() < begins else item[0], body)
        if self.clock:
            body = MODIFIED.sub(lambda instant: self._later_if_modified(instant[0].decode()).encode(), body)
        return body

    def _shift(self, headers):
        # Instants have seconds only: an answer of the second in which the clock jumped came after it.
        for name, later in (("date", self._later), ("last-modified", self._later_if_modified)):
            if self.clock and name in headers:
                headers[name] = later(headers[name])

    def _later(self, text):
        return formatdate(parsedate_to_datetime(text).timestamp() + self.clock[1], usegmt=True)

    def _later_if_modified(self, text):
        return self._later(text) if parsedate_to_datetime(text).timestamp() > self.clock[0] else text


async def read_head(reader):
    """The first line and the headers, by their names in small letters; None where the connection ended."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = text[:-4].split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def read_body(reader, headers):
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", 0)))
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    while (await reader.readline()).strip():
        pass
    return b"".join(parts)
