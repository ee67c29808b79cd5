"""One contract for the lanes of the screen and the inline lanes of commands and tests."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from reset_or.base.errors import OurBug, UserFixable
from reset_or.base.lanes import InlineLanes, LaneName, Lanes
from ui.tasks import QtLanes

Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture(params=["inline", "qt"])
def lanes(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Lanes]:
    if request.param == "inline":
        yield InlineLanes()
        return
    made = QtLanes()
    yield made
    made.close()


@pytest.mark.parametrize("lane", ["store", "net"])
def test_a_result_comes_back_where_the_caller_lives(lanes: Lanes, lane: LaneName, qtbot: QtBot) -> None:
    came: list[tuple[int, int]] = []
    lanes.run(lane, lambda: 6 * 7, lambda result: came.append((result, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(came))
    assert came == [(42, threading.get_ident())]


def test_an_error_comes_back_as_it_was_raised(lanes: Lanes, qtbot: QtBot) -> None:
    came: list[tuple[BaseException, int]] = []

    def work() -> None:
        raise UserFixable("subject_pattern", field="subject")

    lanes.run("store", work, failed=lambda error: came.append((error, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(came))
    error, thread = came[0]
    assert isinstance(error, UserFixable)
    assert error.code == "subject_pattern"
    assert thread == threading.get_ident()


def test_the_store_lane_keeps_the_order_in_which_work_was_handed_in(lanes: Lanes, qtbot: QtBot) -> None:
    worked: list[int] = []
    came: list[int] = []

    def work(i: int) -> int:
        worked.append(i)
        return i

    for i in range(200):
        lanes.run("store", lambda i=i: work(i), came.append)  # type: ignore[misc]
    qtbot.waitUntil(lambda: len(came) == 200)
    assert worked == came == list(range(200))


def test_net_work_may_wait_for_the_store_lane(lanes: Lanes, qtbot: QtBot) -> None:
    came: list[str] = []
    lanes.run("net", lambda: lanes.call("store", lambda: lanes.call("store", lambda: "read")), came.append)
    qtbot.waitUntil(lambda: bool(came))
    assert came == ["read"]


def test_what_fails_while_waited_for_is_raised_to_the_one_who_waits(lanes: Lanes, qtbot: QtBot) -> None:
    came: list[BaseException] = []

    def broken() -> str:
        raise UserFixable("field_bad_text")

    lanes.run("net", lambda: lanes.call("store", broken), failed=came.append)
    qtbot.waitUntil(lambda: bool(came))
    assert isinstance(came[0], UserFixable)


def test_the_screen_may_never_wait(qtbot: QtBot) -> None:
    lanes = QtLanes()
    with pytest.raises(OurBug):
        lanes.call("store", lambda: 1)
    lanes.close()


def test_the_store_lane_is_one_thread_and_never_the_screens(qtbot: QtBot) -> None:
    lanes = QtLanes()
    threads: list[int] = []
    for _ in range(20):
        lanes.run("store", threading.get_ident, threads.append)
    qtbot.waitUntil(lambda: len(threads) == 20)
    lanes.close()
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_closing_finishes_what_was_handed_in_and_calls_back_no_more(qtbot: QtBot) -> None:
    lanes = QtLanes()
    worked: list[int] = []
    came: list[int] = []
    for i in range(5):
        lanes.run("store", lambda i=i: worked.append(i) or i, came.append)  # type: ignore[misc, func-returns-value]
    lanes.close()
    qtbot.wait(1)
    assert worked == [0, 1, 2, 3, 4]
    assert came == []


class _Cycle(QObject):
    """Garbage that only the cycle collector finds; it notes the thread that destroys it."""

    def __init__(self, ended: list[int]) -> None:
        super().__init__()
        self.me = self
        self.ended = ended

    def __del__(self) -> None:
        self.ended.append(threading.get_ident())


def test_no_worker_ever_collects_a_cycle_that_holds_a_qt_object(qtbot: QtBot) -> None:
    gc.enable()  # as a program starts
    ended: list[int] = []
    lanes = QtLanes()
    came: list[int] = []
    _Cycle(ended)
    # more than enough new containers for Python's own collector to run on the worker
    lanes.run("store", lambda: len([{i: [i]} for i in range(50_000)]), came.append)
    qtbot.waitUntil(lambda: bool(came))
    assert ended == []
    lanes._collector.look()
    gc.collect()
    lanes.close()
    assert ended == [threading.get_ident()]
    assert gc.isenabled()


def test_what_is_begun_goes_on_beside_the_one_who_began_it(lanes: Lanes, qtbot: QtBot) -> None:
    came: list[object] = []
    release = threading.Event()

    def at_the_server() -> str:
        assert release.wait(20)
        raise UserFixable("field_bad_text")

    def work() -> str:
        begun = lanes.begin("line", at_the_server)
        read = lanes.call("store", lambda: "read")
        release.set()
        with pytest.raises(UserFixable):
            begun.wait()
        return read

    lanes.run("net", work, came.append)
    qtbot.waitUntil(lambda: bool(came))
    assert came == ["read"]
