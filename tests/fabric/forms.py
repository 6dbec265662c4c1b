"""The forms of the folder that the binary writes: forms.py BINARY.

The default one is what is checked in. The others are read by the readers of this folder, and deployed to the stub.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import check
import folder
import model
import publish
import stub

CHECKED_IN = Path(__file__).resolve().parents[2] / "generated/fabric"
FORMS = [
    (["--layout", "flat"], False),
    (["--personal-texts"], True),
    (["--layout", "flat", "--direct-lake", "sql", "--personal-texts"], True),
]


def written(binary, at, *options):
    command = [binary, "export", "fabric", "--output", str(at), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder.load(at)


def main(binary):
    faults = []
    with tempfile.TemporaryDirectory() as work, stub.Server(Path(work)) as server:
        publish.environment(server)
        default = Path(work) / "default"
        if written(binary, default) != folder.load(CHECKED_IN):
            faults.append("the default form is not what is checked in")
        (default / "ConnectWise.Report/left.json").write_text("{}")
        if "ConnectWise.Report/left.json" in written(binary, default):
            faults.append("a file of an earlier export stays, and would be deployed")
        for number, (options, personal) in enumerate(FORMS):
            at = Path(work) / str(number)
            files = written(binary, at, *options)
            found = check.faults(files) + model.Model(at, personal).check() + publish.faults(files, server)
            faults += [f"{' '.join(options)}: {fault}" for fault in found]
            if not model.Model(at, not personal).check():
                faults.append(f"{' '.join(options)}: nothing tells whether personal texts are in it")
    for fault in faults:
        print(f"form: {fault}")
    if not faults:
        print(f"forms: {len(FORMS) + 1} are sound")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
