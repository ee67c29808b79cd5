"""What a sync costs: requests, commits, and questions to the store. Counted, never timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reset_or.base.errors import TrustBroken
from reset_or.store.link import Link
from reset_or.store.store import Store
from reset_or.sync.inbox import Inbox
from tests.fakes.workstations import Ground, Station, assert_same, attach, measure, quiet, register

COMMIT, QUESTION = "run", "rows"


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, what: str) -> Iterator[list[Link]]:
    """The connections on which it happened, one entry each time."""
    seen, real = list[Link](), getattr(Link, what)

    def noting(link: Link, *said: Any) -> Any:
        seen.append(link)
        return real(link, *said)

    with monkeypatch.context() as patched:
        patched.setattr(Link, what, noting)
        yield seen


def _two(ground: Ground) -> tuple[Station, Station]:
    surgeon, nurse = ground.workstations(["zhang"], ["wang"])
    quiet(surgeon, nurse)
    for station in (surgeon, nurse):
        station.good_sync()
    return surgeon, nurse


def test_ten_records_are_one_request_and_one_commit_on_either_side(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    surgeon, nurse = _two(ground)
    for number in range(10):
        register(surgeon, f"03-{number + 1:04}")
    for station, pushed in ((surgeon, 10), (nurse, 0)):
        with counted(monkeypatch, COMMIT) as commits:
            result = station.good_sync()
        assert (result.pushed, result.pulled) == (pushed, 10)
        assert (result.requests, len(commits)) == (1, 1)


def test_what_both_sides_wrote_meanwhile_is_one_commit_too(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    surgeon, nurse = _two(ground)
    register(nurse, "03-0001")
    nurse.good_sync()
    register(surgeon, "03-0002")
    with counted(monkeypatch, COMMIT) as commits:
        result = surgeon.good_sync()
    assert (result.pushed, result.pulled) == (1, 2), "its own comes back with its place"
    assert len(commits) == 1
    quiet(surgeon, nurse)
    assert_same(ground, surgeon, nurse)


def test_nothing_is_asked_of_the_store_again_until_something_is_written(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    surgeon.good_sync()
    with counted(monkeypatch, QUESTION) as questions, counted(monkeypatch, COMMIT) as commits:
        surgeon.good_sync()
    assert (len(questions), len(commits)) == (0, 0)
    register(surgeon, "03-0001")
    with counted(monkeypatch, QUESTION) as questions:
        surgeon.good_sync()
    assert questions


def test_a_save_into_the_case_in_hand_asks_the_store_nothing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    surgeon.good_sync()
    case = register(surgeon, "03-0001")
    measure(surgeon, case, "distal", 40)
    with counted(monkeypatch, QUESTION) as questions, counted(monkeypatch, COMMIT) as commits:
        measure(surgeon, case, "proximal", 50)
    assert (len(questions), len(commits)) == (0, 1)


def test_what_is_remembered_is_what_would_be_asked(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every remembered answer of saves, syncs and restarts of two stations, asked anew each time."""
    real, known = Store.remembered, set[Any]()

    def checking(store: Store, what: Any, ask: Callable[[], Any]) -> Any:
        found = real(store, what, ask)
        assert found == ask(), what
        known.add(what[0])
        return found

    monkeypatch.setattr(Store, "remembered", checking)
    surgeon, nurse = _two(ground)
    for number in range(3):
        case = register(surgeon, f"03-{number + 1:04}")
        surgeon.sync()
        nurse.sync()
        measure(nurse if number else surgeon, case, "distal", 40)
        measure(surgeon, case, "proximal", 50)
        surgeon.sync()
        attach(surgeon, case, 2_000, number)
        surgeon.reopen()
        nurse.sync()
    quiet(surgeon, nurse)
    assert_same(ground, surgeon, nurse)
    assert known == {"waiting", "cursor", "receipted", "meta", "secret", "held"}


def test_receipts_are_kept_although_the_feed_beside_them_is_refused(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    surgeon, nurse = _two(ground)
    register(surgeon, "03-0001")

    def refuse(*_said: Any) -> Any:
        raise TrustBroken("feed_gap", site="03", seq=1)

    with monkeypatch.context() as patched:
        patched.setattr(Inbox, "page", refuse)
        result = surgeon.sync()
    assert (result.alarm, result.pushed) == ("feed_gap", 1)
    assert surgeon.ctx.store.waiting().own == 1, "the event that tells of the alarm, and nothing else"
    quiet(surgeon, nurse)
    assert_same(ground, surgeon, nurse)
