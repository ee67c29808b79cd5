"""One durable save beside a bare commit into an encrypted database with the same settings, in turns."""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from reset_or.actions import cases, drafts, readings
from reset_or.actions.write import Intent, write
from reset_or.base.clock import SystemClock
from reset_or.store.engine import close_connection, open_connection
from reset_or.workspace import Workspace
from tests.bench.conftest import Book, Table
from tests.conftest import Effort
from tests.fakes.site import make_workspace, password_of

SAVES = 300
BYTES = 3400  # what one save of a reading adds to the database: envelope, revision and projection
_CASE_EVERY = 10


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _case(workspace: Workspace, number: int) -> str:
    return workspace.do(cases.register_case, subject=f"03-{number + 1:04}", sex="f", age=61, arm="reduced",
                        rand_no="R-1", rand_no_again="R-1").rec  # fmt: skip


def test_one_save_beside_a_bare_commit(tmp_path: Path, effort: Effort, book: Book) -> None:
    workspace = make_workspace(tmp_path / "home")
    workspace.clock = SystemClock()
    workspace.unlock("wang", password_of("wang"))
    bare = open_connection(tmp_path / "bare.db", secrets.token_hex(32), create_salt=bytes(16))
    bare.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)")
    times: dict[str, list[float]] = {"bare": [], "write": [], "reading": [], "draft": []}
    case = ""

    def commit() -> None:
        bare.exec_driver_sql("BEGIN IMMEDIATE")
        bare.exec_driver_sql("INSERT INTO t (data) VALUES (?)", (secrets.token_bytes(BYTES),))
        bare.exec_driver_sql("COMMIT")

    def revision() -> None:
        values = {"end": "proximal", "segment": "extra", "value_mm": 40, "entered": "4", "unit": "cm",
                  "state": "in_vivo"}  # fmt: skip
        write(workspace.context, Intent("reading", "create", case=case, values=values))

    def reading() -> None:
        workspace.do(readings.record_reading, case=case, end="proximal", value_mm=41, entered="4.1",
                     state="in_vivo", segment="extra")  # fmt: skip

    def draft() -> None:
        workspace.do(drafts.save_draft, page="margins", case=case, data={"n": 1})

    for number in effort.rounds(SAVES):
        if number % _CASE_EVERY == 0:
            case = _case(workspace, number // _CASE_EVERY)
        times["bare"].append(_timed(commit))
        times["write"].append(_timed(revision))
        times["reading"].append(_timed(reading))
        times["draft"].append(_timed(draft))
    close_connection(bare)
    workspace.lock()
    book.add(_table(times))
    assert len(times["write"]) == len(times["bare"])


def _table(times: dict[str, list[float]]) -> Table:
    middle = {name: statistics.median(each) for name, each in times.items()}
    table = Table(f"One durable save, {len(times['bare'])} of each in turns (ms)")
    table.row("", "median", "p95", "beside the bare commit")
    for name, what in (("bare", "bare commit of 3.4 KB, same settings"), ("draft", "a draft"),
                       ("write", "sign, seal, fold, commit"), ("reading", "record a reading")):  # fmt: skip
        table.row(what, f"{middle[name]:.2f}", f"{_p95(times[name]):.2f}",
                  f"{middle[name] / middle['bare']:.2f} times, {1000 / middle[name]:.0f}/s")  # fmt: skip
    table.row("goal", "", "", "sign, seal, commit: at least 0.6 of the bare commits")
    return table
