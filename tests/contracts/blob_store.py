"""What every place for sealed photos must do: a folder and a bucket are told apart by nothing here."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from reset_or.base.ids import sha256_hex
from reset_or.central.pieces import BlobStore
from reset_or.wire.blobs import PIECE

DAY_MS = 24 * 3600 * 1000


def put(store: BlobStore, photo: bytes, name: str = "") -> str:
    """Every piece of a photo; its name."""
    name = name or sha256_hex(photo)
    for number, at in enumerate(range(0, len(photo), PIECE)):
        store.put_piece(name, number, photo[at : at + PIECE])
    return name


def keeps_nothing_half(store: BlobStore) -> None:
    photo = os.urandom(2 * PIECE + 777)
    name = sha256_hex(photo)
    assert (store.size(name), store.offset(name)) == (None, 0)
    store.put_piece(name, 0, photo[:PIECE])
    store.put_piece(name, 2, photo[2 * PIECE :])
    assert store.offset(name) == PIECE
    assert not store.finish(name, len(photo))
    assert (store.size(name), store.offset(name)) == (None, 0)
    put(store, photo)
    store.put_piece(name, 1, bytes(PIECE))  # there already: stays
    assert store.offset(name) == len(photo)
    assert store.finish(name, len(photo))
    assert store.size(name) == len(photo)
    store.discard(name)
    store.discard(name)
    assert (store.size(name), store.offset(name)) == (len(photo), 0)
    assert b"".join(store.read(name, 3, PIECE + 5)) == photo[3 : PIECE + 5]
    assert sha256_hex(b"".join(store.read(name, 0, len(photo)))) == name


def finishes_what_is_there(store: BlobStore) -> None:
    """Whoever finished it died before the row: the next one finds it, whatever pieces still lie there."""
    photo = os.urandom(PIECE + 1)
    name = put(store, photo)
    assert store.finish(name, len(photo))
    assert store.finish(name, len(photo))
    store.discard(name)
    store.put_piece(name, 0, bytes(PIECE))
    assert store.finish(name, len(photo))
    assert sha256_hex(b"".join(store.read(name, 0, len(photo)))) == name
    assert not store.finish(name, len(photo) + 1)
    assert store.size(name) == len(photo)


def refuses_other_bytes(store: BlobStore) -> None:
    photo = os.urandom(PIECE + 1)
    name = put(store, photo[:-1] + bytes([photo[-1] ^ 1]), sha256_hex(photo))
    assert not store.finish(name, len(photo))
    assert (store.size(name), store.offset(name)) == (None, 0)
    empty = sha256_hex(b"")
    assert not store.finish(empty, 1)
    assert store.size(name) is None


def deletes_for_good(store: BlobStore) -> None:
    photo = os.urandom(100)
    name = put(store, photo)
    assert store.finish(name, 100)
    put(store, photo)
    store.delete(name)
    store.delete(name)
    assert (store.size(name), store.offset(name)) == (None, 0)


def serves_several_at_once(store: BlobStore, other: BlobStore) -> None:
    """Two server processes and two devices bring one photo: it is there once and whole."""
    photo = os.urandom(2 * PIECE + 5)
    name = sha256_hex(photo)

    def bring(place: BlobStore) -> bool:
        put(place, photo)
        return place.finish(name, len(photo))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(bring, [store, other, store, other]))
    assert sha256_hex(b"".join(other.read(name, 0, len(photo)))) == name
    other.discard(name)
    assert store.offset(name) == 0


def sweeps_only_what_is_stale(store: BlobStore) -> None:
    """Pieces that nobody goes on with go; a complete photo never does."""
    photo = os.urandom(10)
    name = put(store, photo)
    assert store.finish(name, 10)
    fresh = put(store, os.urandom(20))
    assert store.sweep(DAY_MS) == 0
    assert store.offset(fresh) == 20
    assert store.sweep(-DAY_MS) == 2
    assert (store.offset(fresh), store.offset(name), store.size(name)) == (0, 0, 10)


ALL = (
    keeps_nothing_half, finishes_what_is_there, refuses_other_bytes, deletes_for_good,
    sweeps_only_what_is_stale,
)  # fmt: skip
