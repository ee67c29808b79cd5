"""A workstation in a process of its own: a real store, real keys, the real sync, told what to do by lines.

Every answer says how long each time took, and what the process held of memory before, at most and after.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reset_or.actions.context import Saved
from reset_or.actions.photos import attach_photo, open_photo
from reset_or.actions.syncing import sync_once
from reset_or.actions.write import Intent, writing
from reset_or.base.ids import case_rec, labelled_hash
from reset_or.base.lanes import InlineLanes
from reset_or.images.intake import TakenPhoto
from reset_or.wire.transport import HttpTransport
from tests.faults.ground import SITE, USERS, Ground, open_home

OF_A_CASE = 5  # records: the case itself and four readings
COMMENT = "x" * 900  # makes `inner` about 1.5 KB before it is padded
_A_COMMIT = 500
READING = {"end": "proximal", "segment": "extra", "value_mm": 40, "entered": "4", "unit": "cm",
           "state": "in_vivo", "comment": COMMENT}  # fmt: skip


class Device:
    """The owner's side. `ask` waits for the answer; `begin` and `end` let it work meanwhile."""

    def __init__(self, ground: Ground, name: str, url: str) -> None:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.device"], cwd=root, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1, env=os.environ | {"PYTHONPATH": str(root)},
        )  # fmt: skip
        setup = {"home": str(ground.homes[name]), "peppers": ground.peppers, "user": USERS[name][0]}
        self._say(setup | {"url": url})

    def ask(self, do: str, **said: Any) -> dict[str, Any]:
        self.begin(do, **said)
        return self.end()

    def begin(self, do: str, **said: Any) -> None:
        self._say({"do": do} | said)

    def end(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the device's process ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def has_answered(self) -> bool:
        """Whether what was begun has ended."""
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def sync(self, **said: Any) -> dict[str, Any]:
        """One or more syncs (`times`), none of which met a problem."""
        answer = self.ask("sync", **said)
        assert set(answer["problems"]) == {""}, answer["problems"]
        return answer

    def close(self) -> None:
        self._process.communicate()

    def _say(self, value: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()


class _Life:
    """The child's side: each method is an order, and gives the times of its work in seconds and what it
    counted."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self._url = setup["url"]
        self._ways: dict[str, HttpTransport] = {}
        self._workspace = open_home(setup["home"], setup["peppers"], setup["user"])

    def save(self, count: int, first: int, revisions: int = 1) -> dict[str, Any]:
        """Revisions number `first` and on: cases and their readings, each record made and then changed until
        it has as many `revisions` as said; 500 a commit."""
        ctx = self._workspace.context

        def run() -> None:
            for start in range(first, first + count, _A_COMMIT):
                with writing(ctx) as one:
                    for number in range(start, min(start + _A_COMMIT, first + count)):
                        one.append(_intent(ctx.study, *divmod(number, revisions)))

        return {"seconds": [timed(run)]}

    def revise(self, count: int, turn: int) -> dict[str, Any]:
        """Changes as many readings that are there already, each once; `turn` makes it a change."""
        ctx = self._workspace.context
        units = [unit for unit in range(count * 2) if unit % OF_A_CASE][:count]

        def run() -> None:
            with writing(ctx) as one:
                for unit in units:
                    one.append(_intent(ctx.study, unit, turn))

        return {"seconds": [timed(run)]}

    def sync(
        self, times: int = 1, url: str = "", photos: bool = True, every_s: float = 0.0
    ) -> dict[str, Any]:
        """`every_s`: waits between two of them, as a device does that is not alone."""
        way, found = self._way(url), list[Any]()
        seconds = []
        for _ in range(times):
            seconds.append(timed(lambda: found.append(
                sync_once(self._workspace.context, transport=way, photos=photos)
            )))  # fmt: skip
            time.sleep(every_s)
        return {
            "seconds": seconds, "requests": [each.requests for each in found],
            "pushed": sum(each.pushed for each in found), "pulled": sum(each.pulled for each in found),
            "photos_up": sum(each.photos_up for each in found),
            "photos_down": sum(each.photos_down for each in found),
            "problems": [each.problem for each in found],
        }  # fmt: skip

    def first_cases(self) -> dict[str, Any]:
        """A pull, and how long until a case could be opened: its record and projection are committed."""
        ctx, began = self._workspace.context, time.perf_counter()
        seen: list[float] = []

        class Watching(InlineLanes):
            def call(self, lane: Any, work: Callable[[], Any]) -> Any:
                result = super().call(lane, work)
                if not seen and ctx.store.records(form="case"):
                    seen.append(time.perf_counter() - began)
                return result

        result = sync_once(ctx, transport=self._way(""), lanes=Watching())
        return {"seconds": [time.perf_counter() - began], "first": seen[0], "pulled": result.pulled,
                "cases": len(ctx.store.records(form="case")), "problems": [result.problem]}  # fmt: skip

    def photo(self, size: int) -> dict[str, Any]:
        """Attaches `size` bytes to the first case: sealed, written, fsynced, named by a revision."""
        data = secrets.token_bytes(size)
        name, camera = (hashlib.sha256(each).hexdigest() for each in (data, data[1:]))
        taken = TakenPhoto(data, "image/jpeg", 4000, 3000, 1, None, None, name, camera, ())
        ctx = self._workspace.context
        case = case_rec(ctx.study, f"{SITE}-0001")
        saved = list[Saved]()
        seconds = timed(lambda: saved.append(self._workspace.do(attach_photo, case=case, taken=taken)))
        row = next(each for each in ctx.store.blobs_to_send() if each.rec == saved[0].rec)
        return {"seconds": [seconds], "rec": row.rec, "blob": row.id, "sealed": row.length}

    def open(self, rec: str) -> dict[str, Any]:
        """Opens a photo that is here and holds it against its hash."""
        return {"seconds": [timed(lambda: open_photo(self._workspace.context, photo=rec))]}

    def close(self) -> None:
        for way in self._ways.values():
            way.close()
        self._workspace.lock()

    def _way(self, url: str) -> HttpTransport:
        where = url or self._url
        return self._ways.setdefault(where, HttpTransport(where))


def _intent(study: str, unit: int, turn: int) -> Intent:
    """Makes record number `unit` (turn 0), or changes it."""
    subject = f"{SITE}-{unit // OF_A_CASE + 1:04}"
    case = case_rec(study, subject)
    if unit % OF_A_CASE == 0:
        if turn:
            return Intent("case", "update", case, values={"age": 20 + turn % 60}, why="typing")
        return Intent("case", "create", case, values={"subject": subject, "site": SITE, "arm": "to_follow"})
    rec = labelled_hash("bench", str(unit).encode())[:32]
    if turn:  # old and new value together are as long as the one value of the first revision
        values = {"comment": f"{turn:04}" + COMMENT[len(COMMENT) // 2 :]}
        return Intent("reading", "update", rec, case, values=values, why="typing")
    return Intent("reading", "create", rec, case, values=READING)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def memory_kb(pid: int | str = "self") -> tuple[int, int]:
    """(resident now, most since it was last forgotten) of a process; zeros where /proc is not."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return 0, 0
    found = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", text, re.MULTILINE))
    return int(found["VmRSS"]), int(found["VmHWM"])


def forget_peak(pid: int | str = "self") -> None:
    """Lets the kernel count the most anew."""
    place = Path(f"/proc/{pid}/clear_refs")
    if place.exists():
        place.write_text("5", encoding="ascii")


def _orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def main() -> None:
    orders = _orders()
    life = _Life(next(orders))
    for order in orders:
        work = getattr(life, order.pop("do"))
        forget_peak()
        before, cpu = memory_kb()[0], time.process_time()
        said = work(**order)
        after, peak = memory_kb()
        said |= {"cpu_s": time.process_time() - cpu, "before_kb": before, "after_kb": after, "peak_kb": peak}
        print(json.dumps(said), flush=True)
    life.close()


if __name__ == "__main__":
    main()
