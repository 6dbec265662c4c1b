"""The statements of generated/sql/spark in their order, with their text."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "generated/sql/spark"


def steps(root=ROOT):
    """The steps of order.json, with the text of their files."""
    folder = root / "generated/sql/spark"
    for step in json.loads((folder / "order.json").read_text(encoding="utf-8"))["tables"]:
        texts = {part: (folder / step[part]).read_text(encoding="utf-8") for part in ("select", "merge")}
        yield {**step, **texts}
