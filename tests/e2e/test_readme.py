"""The README's walk from an empty folder to reading back at the centre, typed exactly as it stands there."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


def walk(port: int) -> str:
    """The shell block behind the mark, with a free port in place of the README's."""
    text = (REPO / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- walk -->\n```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1].replace("8443", str(port))


@pytest.mark.timeout(400)
def test_the_walk_ends_with_what_was_recorded_read_at_the_centre(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", walk(port)],
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    read = [json.loads(line) for line in (tmp_path / "read.jsonl").read_text(encoding="utf-8").splitlines()]
    lengths = sorted(line["changes"]["value_mm"]["new"] for line in read if line["form"] == "reading")
    assert lengths == [26, 31, 52]
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "shift.pdf").read_bytes().startswith(b"%PDF")
    # two printed names, the case, two readings
    assert "All 5 items of this shift are at the coordinating centre." in done.stdout
    assert list((tmp_path / "sealed").glob("*.age"))
    before_signing = done.stdout.split("sheet.pdf")[1].split("Distal 2.6")[0]
    assert "5.2" not in before_signing, "the pathologist saw the surgeon's value"
    assert "Reduced" not in before_signing, "the pathologist saw the arm"
