"""The part of Fabric's REST API that a deployment uses, on loopback, over TLS."""

import json
import re
import socket
import ssl
import threading
import uuid
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = ["api.fabric.microsoft.com", "api.powerbi.com"]


def certificate(folder):
    """A certificate of the two hosts, for a day; the file with it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stub")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "stub.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Workspace:
    """What the service holds, and what was asked of it."""

    def __init__(self, name="ConnectWise"):
        self.name, self.id = name, str(uuid.uuid4())
        self.endpoint, self.server = str(uuid.uuid4()), "stub.datawarehouse.fabric.microsoft.com"
        # By identifier: kind, name and description, as the list of items has them.
        self.items = {}
        # Answers that are not there at once.
        self.operations = {}
        # (what was done, kind and name, body)
        self.changes = []
        self.unknown = []
        self.lock = threading.Lock()

    def add(self, kind, name):
        identifier = str(uuid.uuid4())
        self.items[identifier] = {"id": identifier, "type": kind, "displayName": name, "description": ""}
        return identifier

    def named(self, identifier):
        item = self.items.get(identifier, {})
        return f"{item.get('displayName')}.{item.get('type')}"

    def identifier(self, item):
        """The identifier of `ConnectWise.Lakehouse`."""
        return next((found for found in self.items if self.named(found) == item), None)

    def answer(self, method, path, body):
        """Status, body and headers."""
        own = f"/v1/workspaces/{self.id}"
        if (method, path) == ("GET", "/v1/workspaces"):
            return 200, {"value": [{"id": self.id, "displayName": self.name}]}, {}
        if (method, path) == ("GET", own):
            return 200, {"id": self.id, "displayName": self.name, "capacityId": "C"}, {}
        if (method, path) == ("GET", f"{own}/folders"):
            return 200, {"value": []}, {}
        if (method, path) == ("GET", f"{own}/items"):
            return 200, {"value": list(self.items.values())}, {}
        if (method, path) == ("POST", f"{own}/items"):
            return self.create(body)
        if found := re.fullmatch(rf"{own}/lakehouses/([0-9a-f-]+)", path):
            endpoint = {"provisioningStatus": "Success", "id": self.endpoint, "connectionString": self.server}
            return 200, {"id": found[1], "properties": {"sqlEndpointProperties": endpoint}}, {}
        if method == "POST" and (found := re.fullmatch(rf"{own}/items/([0-9a-f-]+)/updateDefinition", path)):
            self.changes.append(("update", self.named(found[1]), body))
            return 200, {}, {}
        if found := re.fullmatch(rf"{own}/items/([0-9a-f-]+)", path):
            if method == "PATCH":
                self.changes.append(("rename", self.named(found[1]), body))
                return 200, self.items[found[1]], {}
            if method == "DELETE":
                self.changes.append(("delete", self.named(found[1]), None))
                self.items.pop(found[1], None)
                return 200, {}, {}
        if method == "GET" and (found := re.fullmatch(r"/v1/operations/([0-9a-f-]+)(/result)?", path)):
            if found[2]:
                return 200, self.operations.pop(found[1]), {}
            return 200, {"status": "Succeeded"}, {"Location": f"{path}/result"}
        self.unknown.append(f"{method} {path}")
        return 404, {"errorCode": "Unknown", "message": f"the stub knows no {method} {path}"}, {}

    def create(self, body):
        kind, name = body["type"], body["displayName"]
        if self.identifier(f"{name}.{kind}"):
            return 400, {"errorCode": "ItemDisplayNameAlreadyInUse", "message": f"{name}.{kind} is there"}, {}
        identifier = self.add(kind, name)
        self.changes.append(("create", f"{name}.{kind}", body))
        if "definition" not in body:
            return 201, self.items[identifier], {}
        # What has a definition is made in the background.
        operation = str(uuid.uuid4())
        self.operations[operation] = self.items[identifier]
        return 202, {}, {"Location": f"/v1/operations/{operation}", "Retry-After": "0"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self):
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        with self.server.workspace.lock:
            path = self.path.split("?")[0]
            body = json.loads(text) if text else None
            status, value, headers = self.server.workspace.answer(self.command, path, body)
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, header in headers.items():
            whole = header if name != "Location" else f"https://{HOSTS[0]}:{self.server.server_port}{header}"
            self.send_header(name, whole)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = reply

    def log_message(self, *arguments):
        pass


class Server:
    """The stub on a free port. Inside of it, the names of the service lead to loopback, and no others lead anywhere."""

    def __init__(self, folder):
        self.certificate = certificate(folder)
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_port

    def __enter__(self):
        self.look_up = socket.getaddrinfo

        def loopback(host, port, *arguments, **named):
            if host not in HOSTS:
                raise socket.gaierror(f"the test asks for {host}, which is no part of it")
            return self.look_up("127.0.0.1", port, *arguments, **named)

        socket.getaddrinfo = loopback
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *arguments):
        socket.getaddrinfo = self.look_up
        self.http.shutdown()
        self.http.server_close()
