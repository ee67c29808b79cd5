"""docs/site-relay.md, typed as it stands there: from the centre's keys to a case that a relay carried."""

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


def walk() -> str:
    """The shell block behind the mark, with free ports."""
    text = (REPO / "docs" / "site-relay.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- walk -->\n```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None
    script = found[1]
    with socket.socket() as one, socket.socket() as two:
        for probe, port in ((one, "8443"), (two, "8444")):
            probe.bind(("127.0.0.1", 0))
            script = script.replace(port, str(probe.getsockname()[1]))
    return script


@pytest.mark.timeout(300)
def test_a_case_reaches_the_centre_through_a_relay_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", walk()],
        cwd=tmp_path,
        env=os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(REPO),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        },
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    read = [json.loads(line) for line in (tmp_path / "read.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["changes"]["value_mm"]["new"] for line in read if line["form"] == "reading"] == [31]
    settings, status = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("settings", "status")
    )
    assert settings["server"] in (tmp_path / "relay.log").read_text()
    relay = status["facts"]["relay"]
    assert (relay["site"], relay["problem"], relay["oldest_waiting_at"]) == ("03", "", None)
    assert "reset_or_relay_records_waiting 0" in (tmp_path / "metrics.txt").read_text()
