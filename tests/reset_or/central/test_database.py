"""The ground under the server: nothing can be changed, nothing is skipped, and unsafe ground is refused."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from reset_or.base.clock import ManualClock
from reset_or.base.errors import EnvironmentTrouble, UsageError
from reset_or.central import schema, tables
from reset_or.central.database import Database
from reset_or.central.ledger import Brake, Ledger, Visit
from reset_or.central.pieces import FolderStore
from reset_or.central.service import open_service
from reset_or.revisions import receipts, signing
from tests.fakes.postgres import Cluster
from tests.fakes.server import RunningServer
from tests.fakes.trial import SyntheticTrial
from tests.reset_or.central.conftest import StartServer

WRITERS, BATCHES, SIZE = 4, 6, 25


@pytest.fixture
def database(database_url: str) -> Database:
    made = Database(database_url)
    if made.is_sqlite:
        schema.migrate(made)
    return made


def test_the_migrations_make_the_tables(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    schema.check(database)
    database.close()


@pytest.mark.parametrize("table", sorted(tables.metadata.tables))
def test_no_row_can_be_changed(
    table: str, tmp_path_factory: pytest.TempPathFactory, postgres: Cluster
) -> None:
    """Neither by the role that serves, nor by the owner, nor on SQLite."""
    made = postgres.emptied_database()
    lite = Database(f"sqlite:///{tmp_path_factory.mktemp('db') / 'central.db'}")
    schema.migrate(lite)
    column = next(iter(tables.metadata.tables[table].c)).name
    for database in (lite, Database(made.app_dsn), Database(made.owner_dsn)):
        _fill(database, table)
        for change in (f'UPDATE "{table}" SET "{column}" = "{column}"', f'DELETE FROM "{table}"'):
            with (
                pytest.raises(EnvironmentTrouble, match="server_unavailable"),
                database.writing() as connection,
            ):
                connection.exec_driver_sql(change)
        database.close()


def _fill(database: Database, table: str) -> None:
    """One row: some triggers fire for rows only."""
    made = tables.metadata.tables[table]
    row = {c.name: b"x" if isinstance(c.type, sa.LargeBinary) else 1 for c in made.c}
    row |= {c.name: "x" for c in made.c if isinstance(c.type, sa.String)}
    with database.writing() as connection:
        database.insert_new(connection, made, [row])


def test_serve_refuses_a_role_that_could_change_rows(postgres: Cluster, tmp_path: Path) -> None:
    trial, store = SyntheticTrial(), FolderStore(tmp_path)
    with pytest.raises(EnvironmentTrouble, match="role_may_change_rows"):
        open_service(trial.file(), trial.server, Database(postgres.emptied_database().owner_dsn), store)
    with pytest.raises(EnvironmentTrouble, match="schema_missing"):
        open_service(trial.file(), trial.server, Database(postgres.empty_database()), store)


def test_serve_refuses_a_database_that_forgets(postgres: Cluster) -> None:
    dsn = postgres.emptied_database().app_dsn
    database = Database(dsn + "&options=-csynchronous_commit%3Doff")
    with pytest.raises(EnvironmentTrouble, match="database_forgets"):
        schema.check(database)
    database.close()


def test_serve_refuses_tables_of_another_version(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    schema.migrate(database)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(EnvironmentTrouble, match="schema_other_version"):
        schema.check(database)
    database.close()


def test_a_key_that_the_trial_does_not_certify_is_refused(tmp_path: Path) -> None:
    trial, other = SyntheticTrial(), SyntheticTrial()
    with pytest.raises(EnvironmentTrouble, match="server_key_unknown"):
        open_service(trial.file(), other.server, Database("sqlite://"), FolderStore(tmp_path))


def test_sqlite_survives_power_cuts_by_its_settings(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3
    database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "postgresql+nothing", "sqlite+async:///x"])
def test_other_databases_are_refused(url: str) -> None:
    if url.startswith("sqlite+"):
        Database(url.replace("+async", "")).close()
        return
    with pytest.raises(UsageError, match="database_url"):
        Database(url)


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    database = Database(f"postgresql://x@/x?host={tmp_path}")
    with pytest.raises(EnvironmentTrouble, match="server_unavailable"), database.reading():
        pass


def test_writers_at_once_lose_no_place(server: RunningServer) -> None:
    """Four devices push at once: every entry once, no gap, one chain of hashes, each device's own order."""
    site = server.admit(devices=WRITERS)
    sent = {device.dev: server.trial.envelopes(device, BATCHES * SIZE) for device in site.devices}
    start, troubles = threading.Barrier(WRITERS), list[BaseException]()

    def write(device_index: int) -> None:
        device = site.devices[device_index]
        client = server.client(device)
        try:
            start.wait(30)
            for at in range(0, BATCHES * SIZE, SIZE):
                answer = client.push(sent[device.dev][at : at + SIZE])
                assert {item.status for item in answer.items} == {"stored"}
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []
    entries = server.client().pull("03")
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    ids = [entry.id for entry in entries if entry.kind == "env"]
    assert len(ids) == len(set(ids)) == WRITERS * BATCHES * SIZE
    for envelopes in sent.values():
        own = {envelope.env_id for envelope in envelopes}
        assert [i for i in ids if i in own] == [envelope.env_id for envelope in envelopes]
    _check_chain(server)


def _check_chain(server: RunningServer) -> None:
    keys, entry, receipt = [signing.public_bytes(server.trial.server)], tables.entry, tables.receipt
    with server.service.database.reading() as connection:
        rows = connection.execute(sa.select(entry).where(entry.c.site == "03").order_by(entry.c.seq)).all()
        signed = connection.execute(sa.select(receipt).where(receipt.c.site == "03")).all()
    before, covered = receipts.GENESIS, set[int]()
    for row in rows:
        before = receipts.feed_step(
            feed=row.feed, site="03", seq=row.seq, prev=before, entry_id=row.id, received_ms=row.received_ms
        )
        assert row.feed_hash == before
    for one in signed:
        said = receipts.read_receipt(receipts.Signed(one.data, one.sig), keys)
        assert not covered & set(range(said.first_seq, said.last_seq + 1))
        covered |= set(range(said.first_seq, said.last_seq + 1))
    assert covered == set(range(1, len(rows) + 1))


def test_readers_never_skip_a_later_commit(start: StartServer) -> None:
    """A reader that follows the cursor while others write sees every entry: no number is overtaken."""
    server = start()
    site = server.admit(devices=3)
    sent = [server.trial.envelopes(device, 60) for device in site.devices[:2]]
    done = threading.Event()

    def write(number: int) -> None:
        client = server.client(site.devices[number])
        for at in range(0, 60, 4):
            client.push(sent[number][at : at + 4])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    seen, cursor, reader = list[str](), 0, server.client(site.devices[2])
    while not done.is_set():
        if not any(thread.is_alive() for thread in threads):
            done.set()
        entries = reader.pull("03")[cursor:]
        cursor += len(entries)
        seen += [entry.id for entry in entries if entry.kind == "env"]
    assert sorted(seen) == sorted(e.env_id for part in sent for e in part)


def test_the_access_log_names_no_content(server: RunningServer) -> None:
    site = server.admit()
    server.client(site.devices[0]).push(server.trial.envelopes(site.devices[0], 1))
    server.service.ledger.flush()
    with server.service.database.reading() as connection:
        rows = connection.execute(sa.select(tables.access_log)).mappings().all()
    routes = {row["route"] for row in rows}
    assert routes == {"nonce", "sync"}
    assert {row["dev"] for row in rows if row["route"] == "sync"} == {
        site.devices[0].dev,
        server.trial.centre_device.dev,
    }


def test_the_log_waits_while_the_database_is_away(tmp_path: Path) -> None:
    ledger = Ledger(Database(f"postgresql://x@/x?host={tmp_path}"))
    ledger.note(Visit(1, "127.0.0.1", "", "sync", "POST", 200, "", 3))
    ledger.flush()
    ledger.database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    schema.migrate(ledger.database)
    ledger.flush()
    with ledger.database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.access_log)) == 1
    ledger.database.close()


def test_the_brake_forgets_the_oldest_address() -> None:
    brake = Brake(2)
    assert [brake.wait_s("a") for _ in range(3)][:2] == [0, 0]
    assert brake.wait_s("a") > 0
    assert brake.wait_s("b") == 0
    for number in range(10_000):
        brake.wait_s(str(number))
    assert brake.wait_s("a") == 0


def test_restored_servers_start_a_new_feed(start: StartServer) -> None:
    from reset_or.central.feed import newest_feed, restart_feed
    from reset_or.wire.messages import Cursor, SyncRequest
    from tests.fakes.server import cursor_after

    clock = ManualClock()
    server = start(clock=clock)
    site = server.admit()
    client = server.client(site.devices[0])
    sent = server.trial.envelopes(site.devices[0], 3)
    old = client.push(sent)
    held = cursor_after(client.sync(SyncRequest(cursors=(Cursor("03"),))), "03")
    before = client.pull("03")
    clock.advance(1000)
    fresh = restart_feed(server.service.database, server.trial.server, clock.now_at(), "b" * 64, ["00", "03"])
    answer = client.sync(SyncRequest(feed=old.feed, cursors=(held,)))
    assert (answer.outcome, answer.feed, answer.sites[0].common) == ("rolled_back", fresh, (Cursor("03"),))
    after = client.pull("03")
    assert [(e.seq, e.id, e.received_ms) for e in after] == [(e.seq, e.id, e.received_ms) for e in before]
    more = server.trial.envelope(site.devices[0])
    assert [i.status for i in client.push([*sent, more]).items] == ["duplicate"] * 3 + ["stored"]
    with server.service.database.reading() as connection:
        assert newest_feed(connection) == fresh
    receipt = client.push(sent).receipts[0]
    assert receipts.read_receipt(receipt, [signing.public_bytes(server.trial.server)]).feed == fresh


def test_connections_that_died_while_they_waited_are_replaced_and_nobody_notices(postgres: Cluster) -> None:
    """All of the pool at once, as after a failover; and no question is asked for it (docs/decisions/0013)."""
    made = postgres.emptied_database()
    database = Database(made.app_dsn)
    with database.reading() as one, database.reading() as two, database.writing() as three:
        pids = [each.exec_driver_sql("SELECT pg_backend_pid()").scalar() for each in (one, two, three)]
    for pid in pids:
        assert postgres.ask("postgres", f"SELECT pg_terminate_backend({pid}, 10000)")  # waits for its end
    with database.reading() as one, database.writing() as two:
        fresh = [each.exec_driver_sql("SELECT pg_backend_pid()").scalar() for each in (one, two)]
    assert not set(fresh) & set(pids)
    database.close()


def test_handing_out_a_connection_asks_the_database_nothing(postgres: Cluster, tmp_path: Path) -> None:
    database, sent = Database(postgres.emptied_database().app_dsn, pool=1), tmp_path / "sent"
    with database.reading() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
    with sent.open("w") as stream:
        raw.pgconn.trace(stream.fileno())
        for _ in range(3):
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
        raw.pgconn.untrace()
    database.close()
    messages = [line.split("\t")[3] for line in sent.read_text().splitlines() if line.split("\t")[1] == "F"]
    assert sum(name in ("Query", "Sync") for name in messages) == 3, messages


def test_a_database_that_dies_under_a_batch_is_named_and_then_reached_again(postgres: Cluster) -> None:
    """COPY passes SQLAlchemy by: its trouble is named like any other."""
    database = Database(postgres.emptied_database().app_dsn)
    rows = [{"id": f"{n:032}", "dev": "d", "kind": "suspended", "why": "fork", "at": n} for n in range(50)]

    def killed() -> None:
        with database.writing() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            postgres.ask("postgres", f"SELECT pg_terminate_backend({pid}, 10000)")
            database.insert_many(connection, tables.device_event, rows)

    with pytest.raises(EnvironmentTrouble, match="server_unavailable"):
        killed()
    with database.writing() as connection:
        database.insert_many(connection, tables.device_event, rows)
    with database.reading() as connection:
        asked = sa.select(sa.func.count()).select_from(tables.device_event)
        assert connection.scalar(asked) == len(rows)
    database.close()


def test_what_the_operator_says_of_a_connection_goes_before_our_own(postgres: Cluster) -> None:
    made = postgres.emptied_database()
    for dsn, idle in ((made.app_dsn, "30"), (made.app_dsn + "&keepalives_idle=7", "7")):
        database = Database(dsn)
        with database.reading() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            said = raw.info.get_parameters()
        database.close()
        assert (said["keepalives_idle"], said["tcp_user_timeout"]) == (idle, "30000")
