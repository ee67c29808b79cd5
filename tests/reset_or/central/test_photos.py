"""Sealed photos: resumed at any cut, judged by the whole file's hash, receipted once, read in ranges."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from reset_or.base.ids import sha256_hex
from reset_or.central.options import Options
from reset_or.central.photos import Photo
from reset_or.central.pieces import FolderStore
from reset_or.central.quota import held
from reset_or.central.refusal import Refused
from reset_or.revisions import signing
from reset_or.revisions.receipts import read_blob_receipt
from reset_or.wire import auth, blobs
from tests.fakes.server import DeviceClient, RunningServer, problem_of
from tests.reset_or.central.conftest import StartServer

PIECE = blobs.PIECE
CUTS = [0, PIECE - 1, PIECE, PIECE + 1, PIECE + 776]


@pytest.fixture
def photo() -> bytes:
    return os.urandom(PIECE + 777)


def named(server: RunningServer, *photos: bytes, code: str = "03") -> DeviceClient:
    """A client of a device whose accepted envelope names the photos."""
    device = server.admit(code).devices[0]
    client = server.client(device)
    answer = client.push([server.trial.envelope(device, blobs=[sha256_hex(p) for p in photos])])
    assert answer.items[0].status == "stored"
    return client


def put(client: DeviceClient, photo: bytes, offset: int = 0, end: int | None = None, name: str = ""):  # type: ignore[no-untyped-def]
    return client.call(
        "PUT", blobs.blob_path(name or sha256_hex(photo)), query=blobs.put_query(offset, len(photo)),
        body=photo[offset:end],
    )  # fmt: skip


def offset_of(client: DeviceClient, photo: bytes) -> int:
    answer = client.call("HEAD", blobs.blob_path(sha256_hex(photo)))
    assert answer.status_code == 200
    return int(answer.headers[auth.OFFSET_HEADER])


def test_a_photo_goes_up_and_comes_back(server: RunningServer, photo: bytes) -> None:
    client = named(server, photo)
    assert offset_of(client, photo) == 0
    answer = blobs.decode_put_answer(put(client, photo).content)
    assert answer.offset == len(photo)
    assert answer.receipt is not None
    keys = [signing.public_bytes(server.trial.server)]
    assert read_blob_receipt(answer.receipt, keys)[:2] == (sha256_hex(photo), len(photo))
    got = client.call("GET", blobs.blob_path(sha256_hex(photo)))
    assert got.content == photo
    assert got.headers[auth.RECEIPT_HEADER] == blobs.receipt_text(answer.receipt)
    assert offset_of(client, photo) == len(photo)


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_costs_less_than_a_piece(sqlite_server: RunningServer, photo: bytes, cut: int) -> None:
    client = named(sqlite_server, photo, code=f"{10 + CUTS.index(cut)}")
    first = blobs.decode_put_answer(put(client, photo, 0, cut).content)
    assert (first.receipt, first.offset) == (None, cut // PIECE * PIECE)
    assert offset_of(client, photo) == first.offset
    second = blobs.decode_put_answer(put(client, photo, first.offset).content)
    assert second.receipt is not None
    assert client.call("GET", blobs.blob_path(sha256_hex(photo))).content == photo


def test_a_wrong_offset_is_told_the_right_one(sqlite_server: RunningServer, photo: bytes) -> None:
    client = named(sqlite_server, photo, code="41")
    put(client, photo, 0, PIECE)
    for offset in (0, 5, PIECE + 5):
        answer = put(client, photo, offset)
        assert (answer.status_code, problem_of(answer).code) == (409, "blob_offset")
        assert problem_of(answer).offset == PIECE
    assert put(client, photo, PIECE).status_code == 200


def test_the_query_may_name_length_and_offset_in_any_order(
    sqlite_server: RunningServer, photo: bytes
) -> None:
    client, path = named(sqlite_server, photo, code="47"), blobs.blob_path(sha256_hex(photo))
    answer = client.call("PUT", path, query=f"length={len(photo)}&offset=0", body=photo)
    assert blobs.decode_put_answer(answer.content).receipt is not None


def test_other_bytes_under_the_name_are_dropped(sqlite_server: RunningServer, photo: bytes) -> None:
    client = named(sqlite_server, photo, code="42")
    wrong = os.urandom(len(photo))
    answer = put(client, wrong, name=sha256_hex(photo))
    assert (answer.status_code, problem_of(answer).code) == (409, "blob_hash_differs")
    assert offset_of(client, photo) == 0
    assert put(client, photo).status_code == 200


def test_a_part_under_a_wrong_length_does_not_stick(sqlite_server: RunningServer, photo: bytes) -> None:
    client = named(sqlite_server, photo, code="43")
    short = client.call(
        "PUT", blobs.blob_path(sha256_hex(photo)), query=blobs.put_query(0, 100), body=photo[:100]
    )
    assert problem_of(short).code == "blob_hash_differs"
    assert put(client, photo).status_code == 200


def test_only_named_photos_are_taken(server: RunningServer, photo: bytes) -> None:
    client = named(server, photo)
    stranger = server.client(server.admit("04").devices[0])
    unnamed = os.urandom(100)
    for answer in (put(client, unnamed), put(stranger, photo)):
        assert (answer.status_code, problem_of(answer).code) == (404, "blob_not_named")
    assert put(client, photo).status_code == 200
    refused = stranger.call("GET", blobs.blob_path(sha256_hex(photo)))
    assert problem_of(refused).code == "blob_not_named"
    assert server.client().call("GET", blobs.blob_path(sha256_hex(photo))).content == photo


def test_a_photo_that_is_not_whole_cannot_be_read(sqlite_server: RunningServer, photo: bytes) -> None:
    client = named(sqlite_server, photo, code="44")
    put(client, photo, 0, PIECE)
    assert problem_of(client.call("GET", blobs.blob_path(sha256_hex(photo)))).code == "blob_not_here"


def test_a_photo_whose_file_is_gone_is_taken_again_with_its_first_receipt(
    server: RunningServer, photo: bytes
) -> None:
    """Lost by the server's operator, or half of a copy: it is not said to be here, and counts once."""
    client, store, name = named(server, photo, code="45"), server.service.photos.store, sha256_hex(photo)
    first = blobs.decode_put_answer(put(client, photo).content).receipt
    assert isinstance(store, FolderStore)
    for lose in (lambda: store.delete(name), lambda: os.truncate(store._place(name), 5)):
        lose()
        head = client.call("HEAD", blobs.blob_path(name))
        assert (head.headers[auth.OFFSET_HEADER], auth.RECEIPT_HEADER in head.headers) == ("0", False)
        answer = client.call("GET", blobs.blob_path(name))
        assert (answer.status_code, problem_of(answer).code) == (404, "blob_not_here")
        with server.service.database.reading() as connection:
            before = held(connection, "45")
        assert blobs.decode_put_answer(put(client, photo).content).receipt == first
        assert client.call("GET", blobs.blob_path(name)).content == photo
        with server.service.database.reading() as connection:
            assert held(connection, "45") == before


def test_a_lost_photo_comes_back_though_the_site_is_full(sqlite_server: RunningServer, photo: bytes) -> None:
    client, desk = named(sqlite_server, photo, code="46"), sqlite_server.service.photos
    assert put(client, photo).status_code == 200
    with sqlite_server.service.database.reading() as connection:
        full = replace(desk.options, bytes_per_site=held(connection, "46").octets)
    desk.store.delete(sha256_hex(photo))
    view = Photo(sha256_hex(photo), "46", 0, counted=len(photo))
    replace(desk, options=full).begin(view, 0, len(photo))
    with pytest.raises(Refused, match="quota_site"):
        replace(desk, options=full).begin(replace(view, counted=0), 0, len(photo))


@pytest.mark.parametrize(("asked", "start", "end"), [
    ("bytes=0-0", 0, 1), ("bytes=5-9", 5, 10), ("bytes=1048576-", PIECE, None), ("bytes=7-99999999", 7, None),
])  # fmt: skip
def test_ranges(sqlite_server: RunningServer, photo: bytes, asked: str, start: int, end: int | None) -> None:
    client = named(sqlite_server, photo, code=f"{80 + len(asked) % 10 + start % 7}")
    put(client, photo)
    got = client.call("GET", blobs.blob_path(sha256_hex(photo)), headers={"range": asked})
    assert (got.status_code, got.content) == (206, photo[start:end])
    last = (end or len(photo)) - 1
    assert got.headers["content-range"] == f"bytes {start}-{last}/{len(photo)}"
    for nonsense in ("bytes=5-4", f"bytes={len(photo)}-", "bytes=-5", "bytes=0-1,3-4", "pages=1-2"):
        answer = client.call("GET", blobs.blob_path(sha256_hex(photo)), headers={"range": nonsense})
        assert answer.status_code == 416


def test_limits_of_size_and_space(start: StartServer, photo: bytes) -> None:
    server = start(options=Options(bytes_per_site=1 << 20))
    client = named(server, photo, b"small")
    path = blobs.blob_path(sha256_hex(photo))
    answer = client.call("PUT", path, query=blobs.put_query(0, blobs.MAX_BLOB + 1), body=b"x")
    assert problem_of(answer).code == "request_too_large"
    for query in ("", "offset=0", "offset=0&length=", "length=1&offset=0&offset=0", "offset=0&length=0x1"):
        assert problem_of(client.call("PUT", path, query=query, body=b"x")).code == "request_malformed"
    more = client.call("PUT", path, query=blobs.put_query(0, 5), body=b"123456")
    assert problem_of(more).code == "request_too_large"
    assert problem_of(put(client, photo)).code == "quota_site"
    assert put(client, b"small").status_code == 200


def test_the_receipt_is_always_the_first_one(server: RunningServer, photo: bytes) -> None:
    client = named(server, photo)
    first = blobs.decode_put_answer(put(client, photo).content)
    again = blobs.decode_put_answer(put(client, b"", name=sha256_hex(photo)).content)
    assert again == first


def test_a_file_whose_row_was_lost_is_found_again(server: RunningServer, photo: bytes) -> None:
    """The server died after the file was durable and before its row: the next try receipts it."""
    client = named(server, photo)
    name = sha256_hex(photo)
    store = server.service.photos.store
    for number, at in enumerate(range(0, len(photo), PIECE)):
        store.put_piece(name, number, photo[at : at + PIECE])
    assert store.finish(name, len(photo))
    assert problem_of(put(client, photo)).offset == offset_of(client, photo) == len(photo)
    assert blobs.decode_put_answer(put(client, photo, len(photo)).content).receipt is not None
    assert store.offset(name) == 0


def test_a_whole_set_of_pieces_only_needs_finishing(sqlite_server: RunningServer, photo: bytes) -> None:
    client = named(sqlite_server, photo, code="45")
    for number, at in enumerate(range(0, len(photo), PIECE)):
        sqlite_server.service.photos.store.put_piece(sha256_hex(photo), number, photo[at : at + PIECE])
    assert offset_of(client, photo) == len(photo)
    answer = put(client, photo, len(photo))
    assert blobs.decode_put_answer(answer.content).receipt is not None
