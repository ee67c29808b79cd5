"""A photo of 20 MB from one device to the other, beside a bare file that is sent, hashed and fsynced."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any

import httpx

from reset_or.wire.blobs import PIECE, blob_path
from tests.bench.bare_server import bare_server
from tests.bench.device import timed
from tests.bench.report import Book, Table, median
from tests.bench.stocked import Stocked, two_devices
from tests.conftest import Effort
from tests.fakes.postgres import Cluster
from tests.fakes.proxy import Fault, faulty_proxy

PHOTO = 20 << 20
TIMES = 3
_CUT_AT = PIECE * 3 // 4  # of the second request, which begins after the first piece
_MOST_SYNCS = 3


def test_photo(tmp_path: Path, postgres: Cluster, effort: Effort, book: Book) -> None:
    rounds = min(TIMES, effort.count or TIMES)
    up, down = _bare(tmp_path, rounds)
    with two_devices(postgres.database(), tmp_path / "site") as site:
        site.a.ask("save", count=5, first=0)
        site.quiet()
        taken = [_one(site) for _ in range(rounds)]
        again = _bytes_again(site)
    table = Table(
        "A photo of 20 MB", "Up: sealed, written, fsynced, sent, hashed and fsynced there, receipt kept. "
        "Down: fetched, hashed, fsynced, opened. Cut: the line ends in the middle of a piece.",
    )  # fmt: skip
    table.row("a bare file up: one request, hashed, fsynced", up)
    table.row("the same down: one request, hashed", down)
    there, back = (median([one[name] for one in taken]) for name in ("up", "down"))
    said = median([one["seal"] for one in taken])
    table.row("sealed and kept on the device", said, anchor="the bare file up", ratio=said / up)
    table.row("G8 up, sealing included", there, anchor="the bare file up", ratio=there / up, at_most=2.9)
    table.row("G8 down, opening included", back, anchor="the bare file down", ratio=back / down, at_most=4.5)
    for name, who in (("up_kb", "the sender"), ("down_kb", "the receiver"), ("server_kb", "the server"),
                      ("open_kb", "the opener, 20 MB of pixels included,")):  # fmt: skip
        grown = max(one[name] for one in taken) / 1024
        table.row(f"G8 most memory that {who} grew by", ratio=grown, at_most=32, unit=" MB")
    table.row("G8 bytes sent again after a cut", anchor="one piece", ratio=again / PIECE, at_most=1)
    book.add(table)
    assert 0 < again <= PIECE + 1024


def _bare(folder: Path, rounds: int) -> tuple[float, float]:
    """Seconds of a bare file there and back."""
    data = secrets.token_bytes(PHOTO)
    wanted = hashlib.sha256(data).hexdigest()
    with bare_server(folder) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        client.put("/", content=data[:1])

        def up() -> None:
            assert client.put("/", content=data).text == wanted

        def down() -> None:
            assert hashlib.sha256(client.get("/").content).hexdigest() == wanted

        there = median([timed(up) for _ in range(rounds)])
        return there, median([timed(down) for _ in range(rounds)])


def _one(site: Stocked) -> dict[str, float]:
    """Seconds of each half, and by how much each process grew while it worked."""
    before = site.central.memory_kb()[0]
    site.central.forget_peaks()
    made = site.a.ask("photo", size=PHOTO)
    sent = site.a.sync()
    got = site.b.sync()
    opened = site.b.ask("open", rec=made["rec"])
    assert (sent["photos_up"], got["photos_down"]) == (1, 1)
    return {
        "seal": made["seconds"][0], "up": made["seconds"][0] + sent["seconds"][0],
        "down": got["seconds"][0] + opened["seconds"][0], "up_kb": _grown(sent),
        "down_kb": _grown(got), "server_kb": site.central.memory_kb()[1] - before, "open_kb": _grown(opened),
    }  # fmt: skip


def _grown(answer: dict[str, Any]) -> float:
    return float(answer["peak_kb"] - answer["before_kb"])


def _bytes_again(site: Stocked) -> int:
    """Bytes that passed beyond the sealed photo itself, when the line is cut in the middle."""
    with faulty_proxy(site.central.url) as proxy:
        made = site.a.ask("photo", size=PHOTO)
        for _ in range(2):  # its revision goes first, then there is nothing else to say
            site.a.sync(url=proxy.url, photos=False)
        before = proxy.bytes_up
        site.a.sync(url=proxy.url, photos=False)
        others = proxy.bytes_up - before
        second = f"PUT {blob_path(made['blob'])}?offset={PIECE}&"
        proxy.next(Fault("cut_request", at=_CUT_AT, when=second))
        before, syncs, up = proxy.bytes_up, 0, 0
        while not up:  # a sync that is cut ends; the next one goes on
            up, syncs = site.a.ask("sync", url=proxy.url)["photos_up"], syncs + 1
            assert syncs <= _MOST_SYNCS
        assert [kind for kind, _ in proxy.done] == ["cut_request"]
        return proxy.bytes_up - before - syncs * others - int(made["sealed"])
