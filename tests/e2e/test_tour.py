"""The tour of the demo in a process of its own, as `make run` starts it: the main job on real screens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

PAGES = (
    "unlock",
    "cases",
    "margins",
    "margins-zh",
    "confirm",
    "photos",
    "camera",
    "photos-stills",
    "sync-before",
    "sync-after",
    "to-sign",
    "photo-scale",
    "photo-measured",
    "photo-measured-zh",
    "beside",
    "beside-still",
    "inbox",
)


@pytest.mark.timeout(400)
def test_the_main_job_is_done_in_the_window_and_read_back_at_the_centre(tmp_path: Path) -> None:
    output = tmp_path / "demo-output"
    done = subprocess.run(
        [sys.executable, "-m", "ui.demo", "--tour", "--output", str(output)],
        cwd=tmp_path,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    names = {path.stem.partition("-")[2]: path for path in output.glob("*.png")}
    assert set(PAGES) <= set(names)
    for path in names.values():
        picture = QImage(str(path))
        assert (picture.width(), picture.height()) == (1366, 768), path.name
    for language in ("en", "zh"):
        assert (output / f"case-sheet-{language}.pdf").read_bytes().startswith(b"%PDF")
    read = [json.loads(line) for line in (output / "centre-read.jsonl").read_text("utf-8").splitlines()]
    mine = [line for line in read if line.get("subject") == "03-0147"]
    lengths = [line["changes"]["value_mm"].get("new") for line in mine if "value_mm" in line["changes"]]
    assert lengths[:3] == [54, 26, 22]
    drawn = {"proximal": [], "distal": [], "tumour": []}  # type: dict[str, list[int]]
    for line in mine:
        if "length_um" in line["changes"]:
            drawn[line["changes"]["end"]["new"]].append(line["changes"]["length_um"]["new"])
    for end, true_mm in (("proximal", 45), ("distal", 27), ("tumour", 25)):
        assert len(drawn[end]) == 2, end
        assert all(abs(length / 1000 - true_mm) < 1 for length in drawn[end]), (end, drawn[end])
    assert "Traceback" not in done.stdout + done.stderr
    assert {line["act"] for line in mine} >= {"create", "update", "sign"}
    assert all(line["standing"] == "certified" for line in mine)
