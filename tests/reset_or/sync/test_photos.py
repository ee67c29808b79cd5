"""Sealed photos against the real server: whole, resumed, paused, damaged."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from reset_or.actions.ledger import sync_view
from reset_or.actions.photos import open_photo
from reset_or.base.lanes import CancelToken
from reset_or.images.seal import blob_path
from reset_or.sync.results import SyncProgress
from reset_or.wire.blobs import PIECE
from reset_or.wire.transport import Call, Reply
from tests.fakes.faulty import FaultyTransport
from tests.fakes.workstations import Ground, attach, quiet, register, server_file

Into = Callable[[Reply], Callable[[bytes], None] | None]


def test_a_photo_travels_after_its_record_and_comes_out_whole(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    case = register(surgeon, "03-0001")
    rec, blob = attach(surgeon, case, 2 * PIECE + 12_345)
    seen: list[SyncProgress] = []
    result = surgeon.sync(progress=seen.append)
    assert (result.photos_up, result.complete) == (1, True)
    assert [p.done_bytes for p in seen] == sorted(p.done_bytes for p in seen)
    assert seen[-1].done_bytes == seen[-1].total_bytes > 0
    sealed = blob_path(surgeon.home.blobs, blob)
    assert server_file(ground, blob).read_bytes() == sealed.read_bytes()
    result = pathologist.good_sync()
    assert result.photos_down == 1
    assert blob_path(pathologist.home.blobs, blob).read_bytes() == sealed.read_bytes()
    assert open_photo(pathologist.ctx, photo=rec)[0] == open_photo(surgeon.ctx, photo=rec)[0]
    assert pathologist.good_sync().requests == 1


def test_after_a_cut_it_goes_on_at_the_piece(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    case = register(surgeon, "03-0001")
    _rec, blob = attach(surgeon, case, 3 * PIECE + 99)
    length = surgeon.ctx.store.blob(blob).length
    sent = 0
    for calls in (3, 4, 3, 5):
        cut = FaultyTransport(surgeon.transport, random.Random(1), stop_after=calls)
        surgeon.sync(transport=cut)
        surgeon.reopen()
        sent += sum(len(call.body) for call in cut.calls[:calls] if call.method == "PUT")
    surgeon.good_sync()
    view = surgeon.workspace.do(sync_view)
    assert view.answer == "all_uploaded"
    assert sent <= length + PIECE
    for calls in (4, 4, 6):
        cut = FaultyTransport(pathologist.transport, random.Random(1), stop_after=calls)
        pathologist.sync(transport=cut)
        pathologist.reopen()
    pathologist.good_sync()
    sealed = blob_path(surgeon.home.blobs, blob).read_bytes()
    assert blob_path(pathologist.home.blobs, blob).read_bytes() == sealed


def test_a_pause_between_two_pieces_keeps_what_was_sent(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    _rec, blob = attach(surgeon, case, 3 * PIECE)
    token = CancelToken()

    def pause(progress: SyncProgress) -> None:
        if progress.done_bytes >= PIECE:
            token.cancel()

    result = surgeon.sync(progress=pause, cancel=token)
    assert (result.paused, result.problem, result.complete) == (True, "", False)
    row = surgeon.ctx.store.blob(blob)
    assert (row.sent, row.receipt) == (PIECE, None)
    view = surgeon.workspace.do(sync_view)
    assert (view.answer, view.photos_only_here, view.running) == ("safely_stored", 1, False)
    item = next(each for each in view.items if each.kind == "photo")
    assert (item.state, item.sent_bytes, item.size) == ("only_here", PIECE, row.length)
    surgeon.good_sync()


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_photo_that_is_not_what_it_was_is_named_and_nothing_else_waits(ground: Ground, harm: str) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    rec, blob = attach(surgeon, case, 5000)
    _other, good = attach(surgeon, case, 6000, seed=2)
    path = blob_path(surgeon.home.blobs, blob)
    if harm == "gone":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    result = surgeon.sync()
    assert result.problem == ("blob_vanished" if harm == "gone" else "blob_damaged")
    assert surgeon.ctx.store.blob(good).receipt is not None
    item = next(each for each in surgeon.workspace.do(sync_view).items if each.item == rec)
    assert (item.state, item.reason) == ("needs_you", "refused")


def test_a_download_with_a_wrong_byte_takes_no_place(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    case = register(surgeon, "03-0001")
    _rec, blob = attach(surgeon, case, 5000)
    surgeon.good_sync()

    class Spoilt(FaultyTransport):
        def send(self, call: Call) -> Reply:
            return super().send(replace(call, into=self.spoils(call.into) if call.into else None))

        @staticmethod
        def spoils(into: Into) -> Into:
            def look(head: Reply) -> Callable[[bytes], None] | None:
                take = into(head)
                return (lambda data: take(data[:-1] + b"\0")) if take else None

            return look

    result = pathologist.sync(transport=Spoilt(pathologist.transport, random.Random(1)))
    assert result.problem == "blob_damaged"
    assert not blob_path(pathologist.home.blobs, blob).exists()
    quiet(pathologist, surgeon)
    assert blob_path(pathologist.home.blobs, blob).exists()


def test_the_other_devices_photo_is_waited_for_without_a_word(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    case = register(surgeon, "03-0001")
    _rec, blob = attach(surgeon, case, 5000)
    surgeon.sync(photos=False)
    result = pathologist.sync()
    assert (result.problem, result.photos_down) == ("", 0)
    assert pathologist.ctx.store.blob(blob).state == "wanted"
    assert not list(blob_path(pathologist.home.blobs, blob).parent.glob("*"))
    quiet(surgeon, pathologist)
    assert pathologist.ctx.store.blob(blob).state == "local"
