"""One durable save beside a bare commit into an encrypted database with the same settings, in turns."""

from __future__ import annotations

import secrets
from pathlib import Path

from reset_or.actions import cases, drafts, readings
from reset_or.actions.write import Intent, write
from reset_or.base.clock import SystemClock
from reset_or.store.engine import close_connection, open_connection
from reset_or.workspace import Workspace
from tests.bench.device import timed
from tests.bench.report import Book, Table, median, percentile
from tests.conftest import Effort
from tests.fakes.site import make_workspace, password_of

SAVES = 300
BYTES = 3400  # what one save of a reading adds to the database: envelope, revision and projection
_CASE_EVERY = 10


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
        times["bare"].append(timed(commit))
        times["write"].append(timed(revision))
        times["reading"].append(timed(reading))
        times["draft"].append(timed(draft))
    close_connection(bare)
    workspace.lock()
    book.add(_table(times))
    assert len(times["write"]) == len(times["bare"])


def _table(times: dict[str, list[float]]) -> Table:
    middle = {name: median(each) for name, each in times.items()}
    bare = 1 / middle["bare"]
    table = Table(f"One durable save, {len(times['bare'])} of each in turns; medians")
    table.row("a bare commit of 3.4 KB, same settings", middle["bare"], per_second=bare)
    said = f"the bare commit, {bare:,.0f}/s"
    for name, what, goal in (("draft", "a draft", None), ("write", "G2 sign, seal, fold, commit", 0.6),
                             ("reading", "record a reading", None)):  # fmt: skip
        table.row(what, middle[name], per_second=1 / middle[name], anchor=said,
                  ratio=middle["bare"] / middle[name], at_least=goal)  # fmt: skip
    late = percentile(times["reading"], 95)
    table.row("G9 record a reading, p95", late, anchor="1 ms", ratio=late * 1000, at_most=3)
    return table
