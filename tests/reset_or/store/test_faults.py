"""What the store promises when disk, process or bytes fail. Only the fault itself is made."""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from reset_or.base.errors import EnvironmentTrouble, TrustBroken
from reset_or.base.paths import Home
from reset_or.store.opened import Opened
from reset_or.store.rows import Draft
from reset_or.store.store import Store
from tests.fakes.disk import fill, small_disk
from tests.reset_or.store.devices import PASSWORD, SITE, USER, Device, Place, row_of

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
ROOT = Path(__file__).resolve().parents[3]


def made(place: Place, saves: int) -> list[str]:
    """A closed installation; the rev_ids of its acknowledged saves."""
    opened, device = place.create(), Device()
    saved = [device.write(opened.store, f"w{number}").rev_id for number in range(saves)]
    opened.close()
    return saved


def saved_in(store: Store) -> list[str]:
    return [row.rev_id for row in store.audit(limit=10_000)]


# --- kill -9 ------------------------------------------------------------------------------------------------


def save_for_ever(place: Place, device: Device, out: int) -> None:
    """Child: draft, tell, save, tell, until killed. A line is written only after the store answered."""
    store = place.open().or_raise().store
    head = store.chain_head(SITE, device.dev)
    device.n, device.prev = head.n, head.env_id
    while True:
        with store.transaction() as unit:
            unit.put_draft(Draft("margins", "", USER, str(device.n + 1).encode(), device.n + 1))
        os.write(out, f"d {device.n + 1}\n".encode())
        signed = device.revision()
        envelope = device.wrap(signed)
        with store.transaction() as unit:
            unit.append(envelope, signed, record=row_of(signed), drop_draft=("margins", "", USER))
        os.write(out, f"s {signed.rev_id}\n".encode())


def kill_after(place: Place, device: Device, lines: int) -> list[str]:
    """Runs the child until it told `lines` lines, kills it at once, and returns every line it told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            save_for_ever(place, device, writing)
        finally:
            os._exit(1)
    os.close(writing)
    told = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while told.count(b"\n") < lines and select.select([pipe], [], [], 60)[0]:
            told += pipe.read(4096) or b""
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        told += pipe.read() or b""
    return told.decode().splitlines()


@linux
def test_no_kill_loses_a_save_or_a_draft_whose_label_was_shown(place: Place) -> None:
    place.create().close()
    device, chance = Device(), random.Random(20)
    acknowledged: list[str] = []
    for _ in range(20):
        told = kill_after(place, device, chance.randrange(1, 9))
        assert told, "the child began"
        acknowledged += [line[2:] for line in told if line.startswith("s ")]
        result = place.open()
        assert result.state == "ok"
        store = result.or_raise().store
        found = saved_in(store)
        assert [each for each in acknowledged if each not in found] == []
        assert store.check() == []
        if told[-1].startswith("d "):
            number = int(told[-1][2:])
            draft = store.draft("margins", "", USER)
            saved = store.chain_head(SITE, device.dev).n
            assert (draft is not None and draft.at >= number) or saved >= number
        store.close()
    assert len(acknowledged) >= 20


# --- changed bytes ------------------------------------------------------------------------------------------


def test_every_flipped_bit_of_the_database_is_found_at_opening(place: Place) -> None:
    made(place, 12)
    whole, chance = place.home.database.read_bytes(), random.Random(6)
    places = [chance.randrange(len(whole)) for _ in range(50)] + [0, 7, 15, 16, 4095, 4096, len(whole) - 1]
    for at in places:
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        place.home.database.write_bytes(changed)
        assert place.open().state == "db-damaged", at
    place.home.database.write_bytes(whole)
    place.open().or_raise().close()


def test_a_page_that_changes_while_the_store_is_open_is_never_read_as_data(place: Place) -> None:
    opened, device = place.create(), Device()
    for _ in range(40):
        device.write(opened.store)
    opened.close()
    opened = place.open().or_raise()
    with place.home.database.open("r+b") as stream:
        for at in range(64 * 4096, place.home.database.stat().st_size, 4096):  # the schema is before
            stream.seek(at + 100)
            stream.write(b"\0\0\0\0")
    with pytest.raises(TrustBroken, match="db_damaged"):
        opened.store.audit()
    assert "pages" in opened.store.check()
    opened.close()
    assert place.open().state == "db-damaged"


def interrupted(place: Place, store: Store) -> tuple[bytes, bytes]:
    """Database and journal in the middle of a large transaction that had begun to write pages."""
    connection = store._link.connection
    connection.exec_driver_sql("PRAGMA cache_size = 4")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.exec_driver_sql("UPDATE record SET status = 'half', summary = zeroblob(3000)")
    journal = place.home.database.with_name("store.db-journal")
    found = place.home.database.read_bytes(), journal.read_bytes()
    connection.exec_driver_sql("ROLLBACK")
    return found


def test_a_damaged_journal_never_passes_as_the_last_state(place: Place) -> None:
    opened, device = place.create(), Device()
    saved = [device.write(opened.store).rev_id for _ in range(60)]
    database, journal = interrupted(place, opened.store)
    opened.close()
    assert len(journal) > 20_000
    hot = place.home.database.with_name("store.db-journal")
    chance, states = random.Random(9), []
    flips: list[int | None] = [None, *range(28), *(chance.randrange(len(journal)) for _ in range(30))]
    for at in flips:
        changed = bytearray(journal)
        if at is not None:
            changed[at] ^= 1 << chance.randrange(8)
        place.home.database.write_bytes(database)
        hot.write_bytes(changed)
        result = place.open()
        states.append(result.state)
        if result.opened is not None:
            assert saved_in(result.opened.store) == saved
            assert result.opened.store.check() == []
            result.opened.close()
        hot.unlink(missing_ok=True)
    assert states[0] == "ok", "an unharmed journal brings the last state back"
    assert set(states) == {"ok", "db-damaged"}


# --- the disk -----------------------------------------------------------------------------------------------


@linux
def test_a_full_disk_refuses_by_name_and_the_same_process_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1200k"):
        place = Place(Home(tmp_path / "disk" / "home"))
        opened, device = place.create(), Device()
        saved, filler = [device.write(opened.store).rev_id], tmp_path / "disk" / "filler"
        codes: set[str] = set()
        for _round in range(3):
            refused = 0
            fill(filler)
            for _ in range(30):
                n, prev = device.n, device.prev
                try:
                    saved.append(device.write(opened.store).rev_id)
                except EnvironmentTrouble as error:
                    codes.add(error.code)
                    device.n, device.prev, refused = n, prev, refused + 1
            assert refused > 10
            assert codes == {"disk_full"}
            assert saved_in(opened.store) == saved
            opened.close()
            opened = place.open().or_raise()
            assert saved_in(opened.store) == saved, "reading needs no room"
            filler.unlink()
            saved.append(device.write(opened.store).rev_id)
        assert opened.store.check() == []
        opened.close()
        again = place.open()
        assert again.state == "ok"
        assert saved_in(again.or_raise().store) == saved
        again.or_raise().close()


def fail_at(store: Store, moment: str) -> None:
    """The next COMMIT reports an I/O error, before or after it was done."""

    def broken(*_arguments: object) -> None:
        if _arguments[2] == "COMMIT":
            error = sys.modules["sqlcipher3.dbapi2"].OperationalError("disk I/O error")
            error.sqlite_errorcode = 10
            raise OperationalError("COMMIT", (), error)

    event.listen(store._link.connection, moment, broken)


@pytest.mark.parametrize("moment", ["before_cursor_execute", "after_cursor_execute"])
def test_a_commit_of_unknown_outcome_is_looked_up_and_is_there_once(opened: Opened, moment: str) -> None:
    store, device = opened.store, Device()
    device.write(store)
    fail_at(store, moment)
    second = device.write(store)
    assert saved_in(store).count(second.rev_id) == 1
    fail_at(store, moment)
    with store.transaction() as unit:
        unit.put_draft(Draft("margins", "", USER, b"kept", 1))
    assert store.drafts()[0].data == b"kept"
    assert store.read_only == ""
    device.write(store)
    assert (len(saved_in(store)), store.own_count, store.check()) == (3, 3, [])


@linux
def test_a_disk_that_fails_twice_leaves_the_store_open_for_reading(place: Place) -> None:
    """A file-size limit of the process makes real writes fail with a real I/O error."""
    import resource

    opened, device = place.create(), Device()
    saved = [device.write(opened.store).rev_id]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(EnvironmentTrouble, match="store_unwritable"):
            device.write(opened.store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert opened.store.read_only == "store_unwritable"
    assert saved_in(opened.store) == saved
    with pytest.raises(EnvironmentTrouble, match="store_unwritable"), opened.store.transaction() as unit:
        unit.put_meta("a", "b")
    opened.close()
    again = place.open().or_raise()
    assert (again.state, saved_in(again.store), again.store.check()) == ("ok", saved, [])
    again.close()


@linux
@pytest.mark.parametrize("moved", ["deleted", "replaced", "folder"])
def test_a_file_taken_away_under_the_store_is_noticed_before_a_save_is_acknowledged(
    place: Place, moved: str
) -> None:
    opened, device = place.create(), Device()
    device.write(opened.store)
    if moved == "deleted":
        place.home.database.unlink()
    elif moved == "replaced":
        copy = place.home.root / "copy"
        shutil.copy(place.home.database, copy)
        copy.rename(place.home.database)
    else:
        place.home.root.rename(place.home.root.with_name("elsewhere"))
    with pytest.raises(EnvironmentTrouble, match="store_unwritable"):
        device.write(opened.store)
    opened.close()


CHILD = """
import sys
from pathlib import Path
from reset_or.base.errors import ResetOrError
from reset_or.base.paths import Home
from tests.fakes.disk import fill, small_disk
from tests.reset_or.store.devices import Device, MemoryKeyStore, Place
place = Place(Home(Path(sys.argv[1])), MemoryKeyStore(trouble="none"))
store, device = place.open().or_raise().store, Device()
open(sys.argv[2], "w").close()
for number in range(6):
    n, prev = device.n, device.prev
    try:
        print("ok", device.write(store).rev_id, flush=True)
    except ResetOrError as error:
        device.n, device.prev = n, prev
        print("refused", error.code, flush=True)
"""


@linux
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    ("call", "number"),
    [
        *(("fsync", number) for number in range(1, 7)),
        ("pwrite64", 3),
        ("pwrite64", 9),
        ("unlink", 2),
        ("rename", 1),
    ],
)
def test_a_failing_system_call_loses_no_acknowledged_save(place: Place, call: str, number: int) -> None:
    place.keys.trouble = "none"
    place.create().close()
    log = place.home.root.parent / "calls"
    done = subprocess.run(
        ["strace", "-qq", "-f", "-o", str(log), "-e", f"trace={call}", "--seccomp-bpf",
         "-e", f"inject={call}:error=EIO:when={number}",
         sys.executable, "-c", CHILD, str(place.home.root), str(place.home.root / "began")],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "PTRACE" in done.stderr:
        pytest.skip("may not trace")
    assert "INJECTED" in log.read_text()
    told = [line.split() for line in done.stdout.splitlines()]
    assert len(told) == 6, done.stderr
    acknowledged = [line[1] for line in told if line[0] == "ok"]
    assert len(acknowledged) >= 4
    result = place.open()
    assert result.state == "ok"
    store = result.or_raise().store
    found = saved_in(store)
    assert [each for each in acknowledged if each not in found] == []
    assert len(found) == len(set(found))
    assert store.check() == []
    store.close()


# --- plain text ---------------------------------------------------------------------------------------------


def test_nothing_typed_stands_in_plain_in_any_file(place: Place) -> None:
    opened, device = place.create(), Device()
    canary = "QKANRY"
    signed = device.revision(canary)
    envelope = device.wrap(signed)
    row = row_of(signed, canary)
    with opened.store.transaction() as unit:
        unit.append(envelope, signed, record=row)
        unit.put_draft(Draft(canary, canary, USER, canary.encode() * 50, 1))
        unit.put_secret(canary, canary.encode())
    opened.add_recovery()
    database, journal = interrupted(place, opened.store)
    assert opened.person is not None
    secrets = [canary.encode(), canary.lower().encode(), PASSWORD.encode(), b"SQLite format 3"]
    secrets += [opened._lm().secret, opened.person.key.private_bytes_raw(), *place.keys.peppers.values()]
    opened.close()
    place.open("a wrong password typed here").state.encode()
    files = {path.name: path.read_bytes() for path in place.home.root.rglob("*") if path.is_file()}
    assert {"store.db", "slots.json", "slots.json.bak", "head", "in-use.lock", "closed-events.json"} <= set(
        files
    )
    for name, data in (files | {"during": database, "journal": journal}).items():
        for secret in secrets:
            assert secret not in data, name
            assert secret.hex().encode() not in data, name
