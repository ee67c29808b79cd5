"""Every open state, reached with real files."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from reset_or.base.errors import EnvironmentTrouble, OurBug, ResetOrError, TrustBroken, UserFixable
from reset_or.base.paths import Home
from reset_or.keys import slots_file
from reset_or.keys.master import MasterKey
from reset_or.keys.pepper import MemoryKeyStore, new_pepper
from reset_or.keys.tries import FREE
from reset_or.store import database, engine, head, states
from reset_or.store.opening import open_with_recovery
from reset_or.store.rows import Cursor, Draft
from tests.reset_or.store.devices import PASSWORD, SITE, USER, Device, Place


def made(place: Place, saves: int = 2) -> Device:
    """A closed installation with some saves in it."""
    opened, device = place.create(), Device()
    for _ in range(saves):
        device.write(opened.store)
    opened.close()
    return device


def state(place: Place, password: str = PASSWORD) -> str:
    result = place.open(password)
    if result.opened is not None:
        result.opened.close()
    return result.state


def test_an_empty_folder_is_no_data_and_only_that_is_made_anew(place: Place) -> None:
    assert states.probe(place.home).state == "no-data"
    assert state(place) == "no-data"
    made(place)
    with pytest.raises(UserFixable, match="open_locked"):
        place.create()
    assert state(place) == "ok"


@pytest.mark.parametrize("gone", ["database", "slots", "head"])
def test_nothing_is_ever_made_over_what_is_left(place: Place, gone: str) -> None:
    made(place)
    getattr(place.home, gone).unlink()
    slots_file.copy_of(place.home.slots).unlink()
    before = {path.name: path.read_bytes() for path in place.home.root.iterdir() if path.is_file()}
    with pytest.raises(ResetOrError, match="open_"):
        place.create()
    after = {path.name: path.read_bytes() for path in place.home.root.iterdir() if path.is_file()}
    assert before == after


def test_ok_and_locked(place: Place) -> None:
    made(place)
    found = states.probe(place.home, place.keys)
    assert (found.state, found.users, found.reduced, found.has_recovery) == ("locked", (USER,), False, False)
    assert state(place) == "ok"


def test_in_use_names_the_process_and_ends_with_it(place: Place) -> None:
    opened = place.create()
    found = states.probe(place.home)
    assert (found.state, found.in_use_pid, found.users) == ("in-use", os.getpid(), (USER,))
    again = place.open()
    assert (again.state, again.details) == ("in-use", {"pid": os.getpid()})
    opened.close()
    assert states.probe(place.home).state == "locked"
    assert state(place) == "ok"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_second_process_is_refused(place: Place) -> None:
    opened = place.create()
    child = os.fork()
    if child == 0:
        os._exit(0 if place.open().state == "in-use" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    opened.close()


def test_wrong_password_is_counted_and_then_waits(place: Place) -> None:
    made(place)
    for number in range(1, FREE + 1):
        result = place.open("not the password at all")
        assert (result.state, result.details["misses"]) == ("wrong-password", number)
    with pytest.raises(UserFixable, match="sign_in_wait") as caught:
        place.open()
    place.clock.advance(int(str(caught.value.details["seconds"])) * 1000)
    result = place.open()
    assert result.details["misses"] == FREE
    result.or_raise().close()
    assert state(place) == "ok"


def test_a_name_without_slot_is_a_wrong_password_and_is_not_written_down(place: Place) -> None:
    made(place)
    result = place.open(user="typed-my-password-here")
    assert result.state == "wrong-password"
    assert b"typed" not in place.home.closed_events.read_bytes()


def test_the_keyring_states(place: Place) -> None:
    made(place)
    kept = dict(place.keys.peppers)
    assert list(kept) == [states.probe(place.home).install_id]

    def both(expected: str) -> None:
        assert states.probe(place.home, place.keys).state == expected
        assert state(place) == expected
        assert not place.home.closed_events.exists(), "no password was wrong"

    place.keys.trouble = "locked"
    both("keyring-locked")
    place.keys.trouble = "none"
    both("keyring-missing")
    place.keys.trouble, place.keys.peppers = "", {}
    both("keyring-missing")
    for wrong in (new_pepper(), b"", b"typed by hand"):
        place.keys.peppers = dict.fromkeys(kept, wrong)
        both("keyring-changed")
    place.keys.peppers = kept
    assert state(place) == "ok"


def test_without_a_keyring_the_store_is_made_with_reduced_protection(place: Place) -> None:
    place.keys.trouble = "none"
    opened = place.create()
    assert opened.reduced
    opened.close()
    assert states.probe(place.home, MemoryKeyStore()).reduced
    assert state(place) == "ok"


def test_a_locked_keyring_is_an_error_before_anything_is_made(place: Place) -> None:
    place.keys.trouble = "locked"
    with pytest.raises(UserFixable, match="keyring_locked"):
        place.create()
    assert states.probe(place.home).state == "no-data"


def test_the_recovery_code_opens_without_keyring_and_resets_a_password(place: Place) -> None:
    opened = place.create()
    code = opened.add_recovery()
    Device().write(opened.store)
    opened.close()
    assert states.probe(place.home).has_recovery
    place.keys.trouble = "none"
    with pytest.raises(UserFixable, match="recovery_code_shape"):
        open_with_recovery(place.home, code="12345", key_store=None, clock=place.clock)
    wrong = open_with_recovery(place.home, code="0" * 26, key_store=None, clock=place.clock)
    assert wrong.state == "wrong-password"
    found = open_with_recovery(place.home, code=code.lower(), key_store=place.keys, clock=place.clock)
    assert found.opened is not None
    assert found.opened.person is None
    with pytest.raises(EnvironmentTrouble, match="open_keyring_missing"):
        found.opened.add_person(USER, "a new long password")
    place.keys.trouble = ""
    fresh = found.opened.add_person(USER, "a new long password")
    found.opened.close()
    assert state(place) == "wrong-password"
    again = place.open("a new long password").or_raise()
    assert again.person is not None
    assert again.person.key_id == fresh.key_id
    again.close()


def test_people_share_a_store_and_keep_their_own_keys(place: Place) -> None:
    opened = place.create()
    wang = opened.add_person("wang", "the nurse's own password")
    assert opened.open_person("wang", "the nurse's own password").key_id == wang.key_id
    with pytest.raises(UserFixable, match="open_wrong_password"):
        opened.open_person("wang", PASSWORD)
    with pytest.raises(UserFixable, match="person_unknown_here"):
        opened.open_person("li", PASSWORD)
    opened.change_password("wang", "the nurse's own password", "her second own password")
    opened.close()
    assert place.open("the nurse's own password", "wang").state == "wrong-password"
    later = place.open("her second own password", "wang").or_raise()
    assert later.users == (USER, "wang")
    assert later.person is not None
    assert later.person.key_id == wang.key_id
    later.close()


def test_slots_missing_and_damaged(place: Place) -> None:
    made(place)
    copy = slots_file.copy_of(place.home.slots)
    whole = place.home.slots.read_bytes()
    place.home.slots.write_bytes(whole[:-9])
    assert state(place) == "ok"
    assert place.home.slots.read_bytes() == whole, "the damaged copy was healed"
    for path in (place.home.slots, copy):
        path.write_bytes(whole.replace(USER.encode(), b"zhong"))
    assert state(place) == "slots-damaged"
    assert states.probe(place.home).state == "slots-damaged"
    for path in (place.home.slots, copy):
        path.unlink()
    assert state(place) == "slots-missing"
    place.home.database.unlink()
    assert state(place) == "slots-missing", "the head file is left"


def test_db_missing_and_damaged(place: Place) -> None:
    made(place)
    whole = place.home.database.read_bytes()
    place.home.database.unlink()
    assert state(place) == "db-missing"
    assert states.probe(place.home).state == "db-missing"
    for broken in (b"", b"x", whole[:100], whole[:4096], whole[:-4096], whole + bytes(4096), whole[:-1]):
        place.home.database.write_bytes(broken)
        assert state(place) == "db-damaged", len(broken)
    place.home.database.write_bytes(whole)
    assert state(place) == "ok"


def test_the_database_of_another_installation(place: Place, tmp_path: Path) -> None:
    other = Place(Home(tmp_path / "other"))
    made(place)
    made(other)
    shutil.copy(other.home.database, place.home.database)
    assert state(place) == "other-installation"
    shutil.copy(other.home.head, place.home.head)
    assert state(place) == "other-installation"


def test_the_same_keys_with_another_installations_name_inside(place: Place) -> None:
    opened = place.create()
    opened.store.select(text("PRAGMA user_version"))
    with opened.store.transaction() as unit:
        unit.put_meta("install_id", "0" * 64)
    opened.close()
    assert state(place) == "other-installation"


def test_a_newer_schema_is_not_touched(place: Place) -> None:
    opened = place.create()
    opened.store._link.connection.execute(text("UPDATE alembic_version SET version_num = 's9999'"))
    opened.close()
    before = place.home.database.read_bytes()
    assert state(place) == "newer-version"
    assert place.home.database.read_bytes() == before


def test_a_head_with_any_changed_byte_is_missing_and_never_rolled_back(place: Place) -> None:
    opened = place.create()
    Device().write(opened.store)
    key = MasterKey(opened._lm().secret).head_key()
    opened.close()
    whole = place.home.head.read_bytes()
    for at in range(len(whole)):
        for bit in (0, 4):
            changed = bytearray(whole)
            changed[at] ^= 1 << bit
            place.home.head.write_bytes(changed)
            assert head.read(place.home.head, key) is None, at
    assert state(place) == "head-missing"
    place.home.head.unlink()
    assert state(place) == "head-missing"


def test_an_old_copy_is_rolled_back_reads_and_takes_no_save_until_the_server_agreed(place: Place) -> None:
    opened, device = place.create(), Device()
    first = device.write(opened.store)
    shutil.copy(place.home.database, place.home.root / "old.db")
    lost = device.revision("lost")
    envelope = device.wrap(lost)
    with opened.store.transaction() as unit:
        unit.append(envelope, lost)
    opened.close()

    shutil.copy(place.home.root / "old.db", place.home.database)
    result = place.open()
    assert result.state == "rolled-back"
    store = result.or_raise().store
    assert [row.rev_id for row in store.audit()] == [first.rev_id]
    after = device.revision("after")
    sealed = device.wrap(after)
    with pytest.raises(EnvironmentTrouble, match="open_rolled_back"), store.transaction() as unit:
        unit.append(sealed, after)
    with pytest.raises(EnvironmentTrouble, match="open_rolled_back"), store.transaction() as unit:
        unit.put_draft(Draft("margins", "", USER, b"x", 1))
    with store.transaction() as unit:
        unit.take_back(envelope, lost)
        unit.put_cursor(Cursor(SITE, "a" * 32, 2, "b" * 64))
    store.accept_head()
    with store.transaction() as unit:
        unit.append(sealed, after)
    store.close()
    assert state(place) == "ok"


def test_a_head_of_another_branch_is_rolled_back(place: Place) -> None:
    opened, device = place.create(), Device()
    device.write(opened.store)
    shutil.copy(place.home.database, place.home.root / "old.db")
    device.write(opened.store)
    opened.close()
    after_second = place.home.head.read_bytes()
    shutil.copy(place.home.root / "old.db", place.home.database)
    rolled = place.open().or_raise()
    rolled.store.accept_head()
    device.n, device.prev = 1, rolled.store.chain_head(SITE, device.dev).env_id
    device.write(rolled.store)
    rolled.close()
    assert state(place) == "ok"
    place.home.head.write_bytes(after_second)
    assert state(place) == "rolled-back"


def test_head_missing_opens_for_reading(place: Place) -> None:
    device = made(place)
    place.home.head.unlink()
    opened = place.open().or_raise()
    assert opened.state == "head-missing"
    with pytest.raises(EnvironmentTrouble, match="open_head_missing"):
        device.write(opened.store)
    opened.close()
    assert not place.home.head.exists(), "only accept_head writes a new one"


def test_a_head_behind_the_database_is_the_kill_between_the_two_writes(place: Place) -> None:
    opened, device = place.create(), Device()
    device.write(opened.store)
    before = place.home.head.read_bytes()
    device.write(opened.store)
    newest = place.home.head.read_bytes()
    opened.close()
    place.home.head.write_bytes(before)
    assert state(place) == "ok"
    assert json.loads(place.home.head.read_bytes())["count"] == json.loads(newest)["count"] == 2


def test_a_creation_cut_short_is_either_nothing_or_opens(place: Place) -> None:
    made(place, saves=0)
    place.home.head.unlink()
    place.home.database.rename(states.new_database(place.home))
    assert states.probe(place.home).state == "locked"
    assert state(place) == "ok"
    assert not states.new_database(place.home).exists()

    lonely = Place(Home(place.home.root / "second"))
    lonely.home.root.mkdir()
    database.prepare(lonely.home, MasterKey.random(), "1" * 64)
    assert states.probe(lonely.home).state == "no-data"
    made(lonely)
    assert state(lonely) == "ok"


def test_every_state_has_its_error_and_back() -> None:
    assert len(set(states.OPEN_STATES)) == 16
    for each in states.OPEN_STATES[1:]:
        error = states.open_error(each, pid=1)
        assert error.code == f"open_{each.replace('-', '_')}"
        assert states.state_of(error) == each
        assert type(error) in (UserFixable, EnvironmentTrouble, TrustBroken)
    assert states.state_of(OurBug("store_constraint")) is None


def test_a_malformed_raw_key_never_becomes_a_passphrase(tmp_path: Path) -> None:
    for key in ("", "ab" * 31, "AB" * 32, "zz" * 32, "ab" * 32 + "'"):
        with pytest.raises(OurBug, match="db_key_shape"):
            engine.open_connection(tmp_path / "x.db", key, create_salt=bytes(16))
    assert not (tmp_path / "x.db").exists()
