"""Faults of a folder that is to be deployed, which no validator sees: check.py FOLDER."""

import sys

import folder
import items
import notebooks
import report


def faults(files):
    return [fault for part in (items, report, notebooks) for fault in part.check(files)]


if __name__ == "__main__":
    found = faults(folder.load(sys.argv[1]))
    print("\n".join(found) if found else "items: their files, references and notebooks are sound")
    sys.exit(1 if found else 0)
