"""What a site holds is a running total that stays true: photos, erasures, lost rows, other processes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from reset_or.base.ids import sha256_hex
from reset_or.central import tables
from reset_or.central.quota import Held, held
from reset_or.wire import blobs
from tests.fakes.server import DeviceClient, RunningServer
from tests.fakes.trial import TrialSite
from tests.reset_or.central.conftest import StartServer


def put(client: DeviceClient, photo: bytes) -> str:
    answer = client.call(
        "PUT", blobs.blob_path(sha256_hex(photo)), query=blobs.put_query(0, len(photo)), body=photo
    )
    assert answer.status_code == 200
    return sha256_hex(photo)


def told(server: RunningServer, site: str = "03") -> Held:
    with server.service.database.reading() as connection:
        return held(connection, site)


def counted(server: RunningServer, site: str = "03") -> tuple[int, int, int]:
    """(bytes of records, photos, bytes of photos) by adding up every row that still has its content."""
    envelope, blob = tables.envelope, tables.blob
    size = sa.func.length(envelope.c.hdr) + sa.func.coalesce(sa.func.length(envelope.c.body), 0)
    with server.service.database.reading() as connection:
        records = connection.scalar(sa.select(sa.func.sum(size)).where(envelope.c.site == site))
        rows = connection.execute(sa.select(blob.c.id, blob.c.len).where(blob.c.site == site)).all()
    store = server.service.photos.store
    lengths = [row.len for row in rows if store.size(row.id) is not None]
    return int(records or 0), len(lengths), sum(lengths)


def is_true(server: RunningServer) -> bool:
    said = told(server)
    return (said.records, said.photos, said.photo_bytes) == counted(server)


def filled(server: RunningServer, photos: list[bytes]) -> tuple[TrialSite, DeviceClient, list[str]]:
    """A site with an envelope a photo, and all photos brought twice."""
    site = server.admit("03")
    client = server.client(site.devices[0])
    sent = [server.trial.envelope(site.devices[0], blobs=[sha256_hex(each)]) for each in photos]
    client.push(sent)
    for each in photos * 2:
        put(client, each)
    return site, client, [each.env_id for each in sent]


def test_every_photo_is_counted_once(server: RunningServer) -> None:
    photos = [os.urandom(1000 + n) for n in range(4)]
    filled(server, photos)
    assert told(server).photos == 4
    assert told(server).octets == counted(server)[0] + sum(map(len, photos))
    assert is_true(server)


def test_photos_that_become_whole_at_once_are_all_counted(server: RunningServer) -> None:
    photos = [os.urandom(3000 + n) for n in range(8)]
    site = server.admit("03")
    client = server.client(site.devices[0])
    client.push([server.trial.envelope(site.devices[0], blobs=list(map(sha256_hex, photos)))])
    callers = [server.client(site.devices[0]) for _ in photos]
    with ThreadPoolExecutor(len(photos)) as pool:
        list(pool.map(put, callers, photos))
    assert told(server).photos == len(photos)
    assert is_true(server)


def test_what_was_erased_is_not_held_against_the_site(server: RunningServer) -> None:
    photos = [os.urandom(5000), os.urandom(6000)]
    site, client, names = filled(server, photos)
    before = told(server)
    order = server.trial.erase(site.people["zhang"], env_ids=names[:1], blobs=[sha256_hex(photos[0])])
    assert server.client().push(statements=[order.statement()]).items[0].status == "stored"
    assert told(server).photo_bytes == before.photo_bytes - 5000
    assert told(server).records < before.records
    assert is_true(server)
    client.push([server.trial.envelope(site.devices[0])])
    server.service.keep_house()
    assert is_true(server)


def test_an_order_that_comes_again_counts_once(start: StartServer) -> None:
    first = start()
    site, _, names = filled(first, [os.urandom(5000)])
    order = first.trial.erase(site.people["zhang"], env_ids=names)
    first.client().push(statements=[order.statement()])
    for _ in range(2):
        first.service.keep_house()
    assert is_true(first)
    again = start(first.trial)
    assert told(again) == told(first)


def test_a_photo_of_a_program_that_counts_nothing_is_counted_by_the_next_round(server: RunningServer) -> None:
    """While servers are replaced one after another, the older one adds photos and no totals."""
    filled(server, [os.urandom(5000)])
    row = {"id": "a" * 64, "site": "03", "len": 777, "received_ms": 1, "data": b"", "sig": b""}
    with server.service.database.writing() as connection:
        connection.execute(sa.insert(tables.blob), [row])
    assert told(server).photos == 1
    server.service.keep_house()
    assert (told(server).photos, told(server).photo_bytes) == (2, 5777)
