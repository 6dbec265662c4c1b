"""The semantic model through Microsoft's own reader and writer of TMDL, and faults that either has to show.

    roundtrip.py FOLDER SERVER

SERVER speaks JSON-RPC over its standard input and output (Model Context Protocol).
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Seconds that an answer may take.
PATIENCE = 120
# Put into a copy: what is refused by the reader, and what the writer would have written otherwise.
FAULTS = [
    ("tables/Tickets.tmdl", "\t\tdataType: int64\n", "\t\tdataType: whole\n"),
    ("tables/Tickets.tmdl", "\t/// The board.\n", "\t/// The board.\n\n"),
    ("tables/Tickets.tmdl", "\t\tlineageTag: ", "\t\tlineageTags: "),
    ("tables/Tickets.tmdl", "\t\tisHidden\n\t\tformatString: 0\n", "\t\tformatString: 0\n\t\tisHidden\n"),
    ("tables/Calendar.tmdl", "\t\t\tcolumn: Year\n", "\t\t\tcolumn: Years\n"),
    ("relationships.tmdl", "toColumn: Calendar.'Date key'", "toColumn: Calendar.'Day key'"),
    ("cultures/is-IS.tmdl", "\t\t\t\tcolumn Board\n", "\t\t\t\tcolumn Boards\n"),
    ("perspectives/Finance.tmdl", "perspectiveColumn 'Agreement number'", "perspectiveColumn 'Agreement numbers'"),
    ("model.tmdl", "\nref table Tickets", ""),
]


class Refused(Exception):
    """What the server says no to."""


class Server:
    """Microsoft's program."""

    def __init__(self, program):
        # Without the libraries of languages that a bare machine lacks.
        environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        self.process = subprocess.Popen(
            [program, "--start", "--skipconfirmation"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, bufsize=0, env=environment)
        self.number, self.rest = 0, b""
        self.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                "clientInfo": {"name": "roundtrip", "version": "1"}})
        self.send({"method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def line(self):
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                raise TimeoutError(f"no answer within {PATIENCE} seconds")
            more = os.read(self.process.stdout.fileno(), 1 << 16)
            if not more:
                raise EOFError("it ended")
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def ask(self, method, params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while True:
            answer = json.loads(self.line())
            if answer.get("id") == self.number and "method" not in answer:
                return answer["result"]

    def do(self, operation, folder):
        request = {"operation": operation, "tmdlFolderPath": str(folder)}
        said = self.ask("tools/call", {"name": "database_operations", "arguments": {"request": request}})
        text = " ".join(part.get("text", "") for part in said.get("content", []))
        if said.get("isError") or '"success":false' in text:
            raise Refused(text)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def differences(program, definition):
    """The files that come back otherwise, or what the reader says. A server of its own: it keeps what it read."""
    server = Server(program)
    try:
        with tempfile.TemporaryDirectory() as out:
            server.do("ImportFromTmdlFolder", definition)
            server.do("ExportToTmdlFolder", out)
            one, other = files(definition), files(Path(out))
            return [path for path in sorted(one.keys() | other.keys()) if one.get(path) != other.get(path)]
    except Refused as error:
        return [str(error)[:300]]
    finally:
        server.process.kill()
        server.process.wait()


def main(folder, program):
    definition = folder / "ConnectWise.SemanticModel/definition"
    try:
        found = differences(program, definition)
    except (OSError, EOFError, TimeoutError) as error:
        print(f"SKIPPED: Microsoft's writer of TMDL does not start here: {error}")
        return 0
    for path in found:
        print(f"Microsoft's writer of TMDL gives another text: {path}")
    missed = 0
    for path, before, after in FAULTS:
        with tempfile.TemporaryDirectory() as copy:
            copy = Path(copy) / "definition"
            shutil.copytree(definition, copy)
            text = (copy / path).read_text()
            (copy / path).write_text(text.replace(before, after, 1))
            if before not in text or not differences(program, copy):
                print(f"not found: {before!r} as {after!r} in {path}")
                missed += 1
    print(f"semantic model through Microsoft's writer: {len(files(definition)) - len(found)} of "
          f"{len(files(definition))} files byte for byte; {len(FAULTS) - missed} of {len(FAULTS)} faults found")
    return 1 if found or missed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: tests/fabric/roundtrip.py FOLDER SERVER")
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
