"""A warm process without threads that forks one fresh child a round and ends it by SIGKILL.

Importing the stores and the keys takes half a second, a fork a millisecond: so every kill hits a process of
its own and a thousand of them fit into minutes. Run as `python -m tests.faults.warm MODULE`; MODULE gives
`warm(setup)`, called once, and `run(setup, order, say)`, the life of a child. Orders and answers are JSON
lines.

An order's `kill_us` counts from the child's line "ready" (or from the fork with `"from_fork": true`); null
lets the child end by itself.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Say = Callable[[str], None]
_TOO_LONG_S = 60.0


def main() -> None:
    module = importlib.import_module(sys.argv[1])
    setup = json.loads(sys.stdin.readline())
    module.warm(setup)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(_round(module, setup, order)), flush=True)


def _round(module: Any, setup: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        _child(module, setup, order, into)
    os.close(into)
    return _watch(pid, out, order)


def _child(module: Any, setup: dict[str, Any], order: dict[str, Any], into: int) -> None:
    def say(text: str) -> None:
        os.write(into, text.encode() + b"\n")

    code = 1
    try:
        module.run(setup, order, say)
        code = 0
    except BaseException:
        say("broken " + traceback.format_exc().replace("\n", "\\n"))
    finally:
        os._exit(code)


def _watch(pid: int, out: int, order: dict[str, Any]) -> dict[str, Any]:
    heard, until = b"", time.monotonic() + _TOO_LONG_S
    wait_us = order["kill_us"]
    if wait_us is not None and order.get("from_fork"):
        until = time.monotonic() + wait_us / 1e6
        wait_us = None
    ended = False
    while not ended and (left := until - time.monotonic()) > 0:
        if not select.select([out], [], [], left)[0]:
            break
        piece = os.read(out, 65536)
        ended = not piece
        heard += piece
        if wait_us is not None and b"ready\n" in heard:
            until, wait_us = time.monotonic() + wait_us / 1e6, None
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    while piece := os.read(out, 65536):
        heard += piece
    os.close(out)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    # A torn last line was never said: nobody can have relied on it.
    lines = heard.decode().split("\n")[:-1]
    return {"lines": lines, "killed": killed, "code": None if killed else os.waitstatus_to_exitcode(status)}


class Forge:
    """The warm process as its owner sees it."""

    def __init__(self, module: str, setup: dict[str, Any]) -> None:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.warm", module], cwd=root, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(root)},
        )  # fmt: skip
        self._say(setup)

    def round(self, **order: Any) -> dict[str, Any]:
        """One child's life: {"lines": what it said, "killed": bool, "code": its own exit code or None}."""
        self._say(order)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the warm process ended"
        answer: dict[str, Any] = json.loads(line)
        broken = [said for said in answer["lines"] if said.startswith("broken ")]
        assert not broken, broken[0].replace("\\n", "\n")
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _say(self, value: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()


@contextlib.contextmanager
def forge(module: str, **setup: Any) -> Iterator[Forge]:
    made = Forge(module, setup)
    try:
        yield made
    finally:
        made.close()


if __name__ == "__main__":
    main()
