"""The workbench's picture: the store's lane only finds it, and what comes too late is not even opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import calibrating, measuring, photos
from reset_or.trial.limits import PhotoLimits
from tests.fakes.views import Lane
from ui.viewmodels.workbench_picture import Picture

FOUND = measuring.ToOpen(
    photos.SealedPhoto(Path("nowhere"), (), "a" * 64, "image/jpeg", 1), (2, 1), PhotoLimits()
)
OPENED = calibrating.Opened(b"jpeg", "image/jpeg", 1, (2, 1), PhotoLimits())


class Canvas:
    def __init__(self, w: int, h: int) -> None:
        self.w, self.h = w, h
        self.room = memoryview(bytearray(w * h * 4))
        self.seen = self.room.toreadonly()
        self.reduced = 0

    def reduce(self) -> None:
        self.reduced += 1


class Net:
    def __init__(self) -> None:
        self.asked: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []

    def __call__(self, work: Callable[[], Any], done: Callable[[Any], None], _failed: Any) -> None:
        self.asked.append((work, done))


def loading(monkeypatch: pytest.MonkeyPatch) -> tuple[Picture, Lane, Net, list[str]]:
    did: list[str] = []

    def unseal(found: measuring.ToOpen) -> calibrating.Opened:
        did.append("unseal")
        return OPENED

    def decode(data: bytes, mime: str, turn: int, blank: Callable[[int, int], Canvas]) -> Canvas:
        did.append("decode")
        made = blank(2, 1)
        made.room[:] = bytes((0, 128, 250, 255, 30, 31, 32, 255))
        return made

    monkeypatch.setattr(measuring, "unseal_for_measuring", unseal)
    monkeypatch.setattr(photos, "decode_whole", decode)
    lane, net = Lane(), Net()
    picture = Picture(lane, net, Canvas)
    picture.load("p1", lambda: did.append("shown"), lambda _error: True, lambda: did.append("finer"))
    return picture, lane, net, did


def test_the_store_lane_only_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, lane, net, did = loading(monkeypatch)
    assert [each.name for each in lane.asked] == ["find_for_measuring"]
    lane.asked[0].answer(FOUND)
    assert (did, len(net.asked)) == ([], 1), "neither opened nor decoded where the answer arrives"
    [(work, done)] = net.asked
    done(work())
    assert did == ["unseal", "decode", "shown"]
    work, done = net.asked[1]
    assert picture.pixels.reduced == 0, "it is shown first"
    done(work())
    assert (did[-1], picture.pixels.reduced) == ("finer", 1)
    assert picture.opened is OPENED
    assert picture.shown is picture.pixels is not None


def test_nobody_opens_what_nobody_looks_at_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, lane, net, did = loading(monkeypatch)
    picture.forget()
    lane.asked[0].answer(FOUND)
    assert (net.asked, did) == ([], [])
    picture.load("p1", lambda: did.append("shown"), lambda _error: True, lambda: None)
    lane.asked[1].answer(FOUND)
    picture.forget()
    [(work, done)] = net.asked
    done(work())
    assert "shown" not in did
    assert picture.opened is picture.pixels is None


def test_more_contrast_is_a_second_canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, lane, net, _ = loading(monkeypatch)
    lane.asked[0].answer(FOUND)
    work, done = net.asked[0]
    done(work())
    plain = bytes(picture.shown.seen)
    picture.toggle_contrast(lambda: None)
    work, done = net.asked[-1]
    done(work())
    assert picture.shown.reduced == 1
    assert bytes(picture.shown.seen) == bytes((0, 137, 255, 255, 5, 7, 8, 255))
    assert bytes(picture.pixels.seen) == plain
    picture.toggle_contrast(lambda: None)
    assert picture.shown is picture.pixels
