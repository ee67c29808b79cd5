"""A warm process without threads that forks one fresh child a round and ends it by SIGKILL.

Importing the stores and the keys takes half a second, a fork a millisecond: so every kill hits a process of
its own and a thousand of them fit into minutes. Run as `python -m tests.faults.warm MODULE`; MODULE gives
`warm(setup)`, called once, and `run(setup, order, say)`, the life of a child. Orders and answers are JSON
lines.

An order's `kill_us` counts from the child's line "ready" (or from the fork with `"from_fork": true`); null
waits for the owner to say when. With `"tell": true` the owner hears of "ready" at once. What a busy machine
makes slow must not move the kill out of the work: so children say "ready" in the middle of it.
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
        os.writev(into, [text.encode(), b"\n"])  # a call that no campaign makes fail

    code = 1
    try:
        module.run(setup, order, say)
        code = 0
    except BaseException:
        say("broken " + traceback.format_exc().replace("\n", "\\n"))
    finally:
        os._exit(code)


def _watch(pid: int, out: int, order: dict[str, Any]) -> dict[str, Any]:
    heard, until = b"", time.monotonic() + float(order.get("most_s", _TOO_LONG_S))
    wait_us = order["kill_us"]
    if wait_us is not None and order.get("from_fork"):
        until = time.monotonic() + wait_us / 1e6
        wait_us = None
    ended = False
    told = not order.get("tell")
    while not ended and (left := until - time.monotonic()) > 0:
        readable = select.select([out, 0], [], [], left)[0]
        if 0 in readable:
            until = time.monotonic() + json.loads(os.read(0, 4096))["kill_us"] / 1e6
            continue
        if not readable:
            break
        piece = os.read(out, 65536)
        ended = not piece
        heard += piece
        if b"ready\n" in heard:
            if not told:
                print(json.dumps({"ready": pid}), flush=True)
                told = True
            if wait_us is not None:
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
            stdout=subprocess.PIPE, bufsize=0, env=os.environ | {"PYTHONPATH": str(root)},
        )  # fmt: skip
        self._say(setup)

    def round(self, **order: Any) -> dict[str, Any]:
        """One child's life: {"lines": what it said, "killed": bool, "code": its own exit code or None}."""
        self._say(order)
        return self.end()

    def begin(self, **order: Any) -> int:
        """Starts a child, waits until it is ready, and returns its process id."""
        self._say(order | {"tell": True})
        if "ready" not in (said := self._hear()):
            raise AssertionError(said)
        return int(said["ready"])

    @property
    def still_runs(self) -> bool:
        """Whether the child that was begun is not yet killed."""
        return not select.select([self._process.stdout], [], [], 0)[0]

    def kill_in(self, microseconds: int) -> None:
        """Ends the child that was begun, so much later than now."""
        self._say({"kill_us": microseconds})

    def end(self) -> dict[str, Any]:
        """Waits for the child's end."""
        answer = self._hear()
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
        self._process.stdin.write(json.dumps(value).encode() + b"\n")

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the warm process ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def forge(module: str, **setup: Any) -> Iterator[Forge]:
    made = Forge(module, setup)
    try:
        yield made
    finally:
        made.close()


if __name__ == "__main__":
    main()
