"""Ordered erasure on the server: bodies and photos go, the chain stays, and nothing brings them back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.ids import sha256_hex
from reset_or.central import schema, tables
from reset_or.central.database import Database
from reset_or.central.pieces import FolderStore
from reset_or.revisions.envelope import Envelope
from reset_or.revisions.statements import Statement
from reset_or.wire import blobs
from reset_or.wire.erase_order import EraseOrder, encode_order
from reset_or.wire.frames import envelope_frame
from reset_or.wire.messages import Cursor, SyncRequest
from tests.fakes.postgres import Cluster
from tests.fakes.server import ChildServer, DeviceClient, RunningServer
from tests.fakes.trial import SyntheticTrial, TrialSite
from tests.reset_or.central.conftest import StartServer


def bodies(client: DeviceClient, site: str = "03") -> dict[str, bytes]:
    return {entry.id: entry.frame.body for entry in client.pull(site, own_bodies=True) if entry.kind == "env"}


def order_of(server: RunningServer, site: TrialSite, *names: str, photos: tuple[str, ...] = ()) -> EraseOrder:
    return server.trial.erase(site.people["zhang"], env_ids=names, blobs=photos)


def push_order(server: RunningServer, order: EraseOrder) -> str:
    item = server.client().push(statements=[order.statement()]).items[0]
    return item.why or item.status


def test_an_order_takes_the_body_and_leaves_the_chain(server: RunningServer) -> None:
    site = server.admit("03", devices=2)
    client = server.client(site.devices[0])
    sent = server.trial.envelopes(site.devices[0], 3)
    client.push(sent)
    assert push_order(server, order_of(server, site, sent[1].env_id)) == "stored"
    reader = server.client(site.devices[1])
    assert bodies(reader) == {e.env_id: b"" if e is sent[1] else e.body for e in sent}
    kept = [entry.frame for entry in reader.pull("03") if entry.kind == "env"]
    assert [(frame.hdr, frame.sig) for frame in kept] == [(e.hdr, e.dsig) for e in sent]
    assert [entry.kind for entry in reader.pull("03")][-1] == "stmt"
    assert client.push(server.trial.envelopes(site.devices[0], 1)).items[0].status == "stored"


def test_what_was_erased_is_not_taken_again_but_its_header_is(start: StartServer) -> None:
    server = start()
    site = server.admit("03")
    client, (first, second, third) = (
        server.client(site.devices[0]), server.trial.envelopes(site.devices[0], 3),
    )  # fmt: skip
    client.push([first])
    assert push_order(server, order_of(server, site, second.env_id)) == "stored"
    refused = client.push([second]).items[0]
    assert (refused.status, refused.problem) == ("refused", "erased_by_order")
    answer = client.push([replace(second, body=None), third])
    assert [item.status for item in answer.items] == ["stored", "stored"]
    assert bodies(client) == {first.env_id: first.body, second.env_id: b"", third.env_id: third.body}


def test_an_order_needs_both_people_and_names_its_own_site(server: RunningServer) -> None:
    site, other = server.admit("03"), server.admit("04")
    client = server.client(other.devices[0])
    foreign = server.trial.envelope(other.devices[0])
    client.push([foreign])
    whole = order_of(server, site, foreign.env_id)
    alone = replace(whole, sigs=(whole.sigs[0], whole.sigs[0])).finished_by(server.trial.admin.key)
    assert push_order(server, alone) == "statement_not_allowed"
    assert push_order(server, whole) == "stored"
    assert bodies(client, "04") == {foreign.env_id: foreign.body}


def test_photos_go_with_the_order(start: StartServer, tmp_path: Path) -> None:
    server = start()
    site = server.admit("03")
    client, photo, kept = server.client(site.devices[0]), os.urandom(5000), os.urandom(6000)
    names = [sha256_hex(photo), sha256_hex(kept)]
    envelope = server.trial.envelope(site.devices[0], blobs=names)
    client.push([envelope])
    for data, name in zip((photo, kept), names, strict=True):
        client.call("PUT", blobs.blob_path(name), query=blobs.put_query(0, len(data)), body=data)
    assert push_order(server, order_of(server, site, envelope.env_id, photos=(names[0],))) == "stored"
    assert [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [names[1]]
    for method in ("GET", "HEAD"):
        assert client.call(method, blobs.blob_path(names[0])).status_code == 404
    again = client.call("PUT", blobs.blob_path(names[0]), query=blobs.put_query(0, 5000), body=photo)
    assert again.headers["ro-problem"] == "blob_not_named"
    assert client.call("GET", blobs.blob_path(names[1])).content == kept


def test_another_process_knows_the_order_at_once(start: StartServer, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one process only")
    one = start()
    two = start(one.trial)
    site = one.admit("03")
    sent = one.trial.envelopes(site.devices[0], 2)
    two.client(site.devices[0]).push(sent[:1])
    push_order(one, order_of(one, site, *(e.env_id for e in sent)))
    client = two.client(site.devices[0])
    assert client.push(sent[1:]).items[0].problem == "erased_by_order"
    assert bodies(client) == {sent[0].env_id: b""}


def test_a_restored_backup_does_not_bring_it_back(tmp_path: Path) -> None:
    """The backup is older than the order: the order's file makes `restored` carry it out again."""
    trial = SyntheticTrial()
    child = ChildServer(trial, tmp_path / "server")
    child.prepare()
    child.start()
    site = trial.add_site("03")
    child.client().push(statements=site.statements)
    sent = trial.envelopes(site.devices[0], 2)
    child.client(site.devices[0]).push(sent)
    assert child.stop() == 0
    shutil.copytree(child.folder / "data", tmp_path / "backup")
    child.start()
    order = trial.erase(site.people["zhang"], env_ids=[sent[0].env_id])
    child.client().push(statements=[order.statement()])
    assert bodies(child.client(site.devices[0]))[sent[0].env_id] == b""
    child.stop()
    shutil.rmtree(child.folder / "data")
    shutil.copytree(tmp_path / "backup", child.folder / "data")
    (child.folder / "order.json").write_bytes(encode_order(order))
    said = subprocess.run(
        child.command("restored", *child.arguments(), "--json", "--erasures", "order.json"),
        cwd=child.folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert set(json.loads(said.stdout)) == {"feed"}
    child.start()
    reader = child.client(site.devices[0])
    assert bodies(reader) == {sent[0].env_id: b"", sent[1].env_id: sent[1].body}
    assert reader.sync(SyncRequest(cursors=(Cursor("03"),))).outcome == "ok"
    child.stop()


def test_the_start_carries_out_what_a_crash_left(database_url: str, start: StartServer) -> None:
    server = start()
    site = server.admit("03")
    envelope = server.trial.envelope(site.devices[0])
    server.client(site.devices[0]).push([envelope])
    statement = order_of(server, site, envelope.env_id).statement()
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(sa.insert(tables.statement), [_statement_row(statement)])
    database.close()
    again = start(server.trial)
    assert bodies(again.client(site.devices[0])) == {envelope.env_id: b""}


@pytest.mark.parametrize("role", ["sqlite", "app", "owner"])
def test_only_an_order_opens_the_way(role: str, postgres: Cluster, tmp_path: Path) -> None:
    """The database itself refuses: another column, another envelope, another site's order, a new body."""
    made = postgres.emptied_database()
    url = {"sqlite": f"sqlite:///{tmp_path / 'c.db'}", "app": made.app_dsn, "owner": made.owner_dsn}[role]
    database, trial = Database(url), SyntheticTrial()
    if database.is_sqlite:
        schema.migrate(database)
    site, other = trial.add_site("03"), trial.add_site("04")
    mine, free = trial.envelopes(site.devices[0], 2)
    foreign = trial.envelope(other.devices[0])
    order = trial.erase(site.people["zhang"], env_ids=[mine.env_id, foreign.env_id]).statement()
    with database.writing() as connection:
        connection.execute(sa.insert(tables.envelope), [_row(each) for each in (mine, free, foreign)])
        connection.execute(sa.insert(tables.statement), [_statement_row(order)])
    update = "UPDATE envelope SET {} WHERE env_id = '{}'"
    bad = [
        update.format("body = NULL", free.env_id), update.format("body = NULL", foreign.env_id),
        update.format("body = NULL, n = 9", mine.env_id), update.format("body = ''", mine.env_id),
        update.format("sender = ''", mine.env_id), "DELETE FROM envelope",
    ]  # fmt: skip
    good = update.format("body = NULL", mine.env_id)
    if role != "sqlite":
        bad += [f"SELECT erase_body('{free.env_id}')", f"SELECT erase_body('{foreign.env_id}')",
                "SELECT erase_body('x')"]  # fmt: skip
    if role == "app":
        bad, good = [*bad, good], f"SELECT erase_body('{mine.env_id}')"
    for statement in bad:
        with pytest.raises(EnvironmentTrouble), database.writing() as connection:
            connection.exec_driver_sql(statement)
    for _ in range(2):
        with database.writing() as connection:
            connection.exec_driver_sql(good)
    with database.reading() as connection:
        found = connection.execute(sa.select(tables.envelope.c.env_id, tables.envelope.c.body)).all()
    database.close()
    assert {row.env_id: row.body for row in found} == {
        mine.env_id: None, free.env_id: free.body, foreign.env_id: foreign.body,
    }  # fmt: skip


def _statement_row(statement: Statement) -> dict[str, object]:
    return {
        "ord": 99, "stmt_id": statement.stmt_id, "type": "erase", "site": "03", "data": statement.data,
        "sig": statement.sig, "received_ms": 1, "sender": "a" * 64,
    }  # fmt: skip


def _row(envelope: Envelope) -> dict[str, object]:
    frame, header = envelope_frame(envelope), envelope.header
    return {
        "env_id": envelope.env_id, "site": header.site, "dev": header.dev, "n": header.n, "hdr": frame.hdr,
        "dsig": frame.sig, "body": frame.body, "body_len": len(frame.body), "received_ms": 1,
        "sender": header.dev,
    }  # fmt: skip


def test_the_folder_forgets_a_deleted_photo(tmp_path: Path) -> None:
    store, data = FolderStore(tmp_path), b"sealed"
    store.put_piece(sha256_hex(data), 0, data)
    assert store.finish(sha256_hex(data), len(data))
    store.delete(sha256_hex(data))
    assert (store.size(sha256_hex(data)), store.offset(sha256_hex(data))) == (None, 0)
