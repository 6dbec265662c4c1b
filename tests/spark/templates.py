"""What templates/spark has for the notebook: settings, and the loop that runs the statements."""

import sys

from order import ROOT

sys.path.insert(0, str(ROOT / "templates/spark"))

from build import SETTINGS, build, fill  # noqa: E402, F401
