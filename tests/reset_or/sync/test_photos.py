"""Sealed photos against the real server: whole, resumed, paused, damaged."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reset_or.actions.ledger import sync_view
from reset_or.actions.photos import open_photo
from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.lanes import CancelToken
from reset_or.images.seal import blob_path
from reset_or.sync.results import SyncProgress
from reset_or.wire.blobs import PIECE
from reset_or.wire.transport import Call, Reply
from tests.fakes.faulty import FaultyTransport, Into
from tests.fakes.workstations import Ground, attach, quiet, register, server_file


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
                return (lambda data: take(data[:-1] + bytes([data[-1] ^ 1]))) if take else None

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


def memory_kb(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak of its memory")
def test_a_large_photo_is_never_held_whole(ground: Ground) -> None:
    """Both computers and the server are in this process: together they grow by less than one of them may."""
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    case = register(surgeon, "03-0001")
    attach(surgeon, case, PIECE)
    quiet(surgeon, pathologist)  # everything is imported and open
    _rec, blob = attach(surgeon, case, 48 * PIECE, seed=2)
    surgeon.sync(photos=False)
    pathologist.sync(photos=False)
    gc.collect()
    before = memory_kb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    assert surgeon.good_sync().photos_up == 1
    assert pathologist.good_sync().photos_down == 1
    grown = memory_kb("VmHWM") - before
    assert grown <= 32 * 1024, f"{grown} kB for a photo of 48 MiB"
    sealed = blob_path(pathologist.home.blobs, blob)
    assert sealed.stat().st_size == surgeon.ctx.store.blob(blob).length


def test_a_photo_of_20_mib_takes_few_requests(ground: Ground) -> None:
    """What a request carries grows while the line is good: a piece, then 4, 16 and all the rest."""
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    case = register(surgeon, "03-0001")
    attach(surgeon, case, 20 * PIECE)
    surgeon.sync(photos=False)
    seen = FaultyTransport(surgeon.transport, random.Random(1))
    assert surgeon.sync(transport=seen).photos_up == 1
    sizes = [len(call.body) // PIECE for call in seen.calls if call.method == "PUT"]
    assert sizes == [1, 4, 15]
    pathologist.sync(photos=False)
    seen = FaultyTransport(pathologist.transport, random.Random(1))
    assert pathologist.sync(transport=seen).photos_down == 1
    assert [call.method for call in seen.calls if "/blob/" in call.path] == ["HEAD", "GET"]


def test_a_refusal_behind_a_large_body_is_heard(ground: Ground) -> None:
    """The server answers and closes while the body still comes; some systems then lose the answer."""
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    attach(surgeon, case, 2 * PIECE)

    class Deaf(FaultyTransport):
        def send(self, call: Call) -> Reply:
            reply = super().send(call)
            if call.method == "PUT" and len(call.body):
                raise EnvironmentTrouble("server_unreachable", reason="cut")
            return reply

    surgeon.sync(photos=False)
    object.__setattr__(ground.service.photos.options, "bytes_per_site", 1)
    result = surgeon.sync(transport=Deaf(surgeon.transport, random.Random(1)))
    assert result.problem == "quota_site"
