#!/usr/bin/env python3
"""Writes the dashboards; a test holds them equal to what is committed.

python ops/grafana/make.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from boards import graph, log, models, pipeline

FOLDER = Path(__file__).parent / "dashboards"
BOARDS = (pipeline.BOARD, models.BOARD, graph.BOARD, log.BOARD)


def files() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {f"{board['uid']}.json": _text(board) for board in BOARDS}


def _text(board: dict[str, Any]) -> str:
    return json.dumps(board, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {FOLDER / name}\n")
