"""Start to first paint beside an empty window of Qt, and a key to the repainted verdict."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reset_or.base.paths import Home
from reset_or.workspace import Settings, Tile
from reset_or.workspace.settings import save_settings
from tests.bench.report import Book, Table, median
from tests.conftest import Effort

ROOT = Path(__file__).parents[2]
STARTS = 5
PROGRAM = "tests.bench.screen_program"


@contextlib.contextmanager
def _x_server() -> Iterator[str]:
    """A virtual X server; gives its display."""
    out, into = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(into), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
        pass_fds=(into,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(into)
    try:
        with os.fdopen(out) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(params=["offscreen", "xcb"])
def environment(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    said = os.environ | {"QT_QPA_PLATFORM": request.param, "PYTHONPATH": str(ROOT)}
    if request.param == "offscreen":
        yield said
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb")
    with _x_server() as display:
        yield said | {"DISPLAY": display}


def _run(environment: dict[str, str], *words: str) -> tuple[float, str]:
    """(monotonic time of the start, what it printed)."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", PROGRAM, *words], cwd=ROOT, env=environment, check=False,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return began, done.stdout.splitlines()[-1]


def test_start_to_first_paint(
    environment: dict[str, str], effort: Effort, book: Book, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    people = tuple(
        Tile(user, role, name)
        for user, role, name in (
            ("zhang", "surgeon", "Zhang San"),
            ("wang", "or_nurse", "Wang Min"),
            ("li", "pathologist", "Li Wei"),
        )
    )
    save_settings(home, Settings(study="RESET", site="03", people=people))  # fmt: skip
    times: dict[str, list[float]] = {"empty": [], "unlock": []}
    for _ in range(min(STARTS, effort.count or STARTS)):
        for what, more in (("empty", ()), ("unlock", (str(home.root),))):
            began, painted = _run(environment, what, *more)
            times[what].append(float(painted) - began)
    empty, unlock = (median(times[what]) for what in ("empty", "unlock"))
    table = Table(f"Start to first paint, {environment['QT_QPA_PLATFORM']}, median of {len(times['empty'])}")
    table.row("an empty window of Qt", empty)
    table.row("G10 the unlock window", unlock, anchor="the empty window", ratio=unlock / empty, at_most=1.6)
    book.add(table)
    assert unlock > 0


def test_key_to_repainted_verdict(environment: dict[str, str], book: Book, tmp_path: Path) -> None:
    said = json.loads(_run(environment, "margins", str(tmp_path))[1])
    table = Table(f"The margins page, {environment['QT_QPA_PLATFORM']}")
    for name, what in (("typed", "a digit, until the card is painted"),
                       ("judged", "Enter, until saved and the verdict painted")):  # fmt: skip
        for span, ms in (("median", median(said[name])), ("slowest", max(said[name]))):
            table.row(f"{what}, {span}", ms / 1000, anchor="1 ms", ratio=ms, at_most=33)
    book.add(table)
    assert len(said["judged"]) > 0
