from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base import ids
from reset_or.base.errors import EnvironmentTrouble, OurBug, TrustBroken, UserFixable
from reset_or.keys import slots, slots_file
from reset_or.keys.master import MasterKey
from reset_or.keys.pepper import new_pepper
from reset_or.keys.recovery import new_code
from reset_or.keys.slots import QUICK_COST, Argon2Cost, PersonKey, SlotsFile
from reset_or.revisions.canonical import canon

INSTALL = "1f" * 32
PEPPER = new_pepper()
LM = MasterKey.random()
TINY = Argon2Cost(8, 1, 1)


def person(user: str = "zhang") -> PersonKey:
    return PersonKey(user, Ed25519PrivateKey.generate())


def a_file(
    who: PersonKey, password: str = "long enough for anybody", pepper: bytes | None = PEPPER
) -> SlotsFile:
    file = slots.new_file(INSTALL, LM, pepper)
    return file.with_slot(slots.person_slot(file, LM, who, password, pepper, TINY)).sealed(LM)


def opens(file: SlotsFile, user: str, password: str, pepper: bytes | None = PEPPER) -> slots.Unlocked:
    slot = file.slot("person", user)
    assert slot is not None
    return slots.unlock(file, slot, password, pepper)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_only_the_same_password_opens_both_the_master_key_and_the_own_signing_key(
    password: str, other: str
) -> None:
    who = person()
    file = slots.from_bytes(slots.to_bytes(a_file(who, password)))
    found = opens(file, "zhang", password)
    assert found.lm == LM
    assert found.person is not None
    assert found.person.key_id == who.key_id
    if slots.normalise(other) != slots.normalise(password):
        with pytest.raises(UserFixable, match="open_wrong_password"):
            opens(file, "zhang", other)


def test_a_password_typed_in_full_width_is_the_same_password() -> None:
    file = a_file(person(), "correct horse 42 battery")
    assert opens(file, "zhang", "ｃｏｒｒｅｃｔ　ｈｏｒｓｅ　４２　ｂａｔｔｅｒｙ").lm == LM


def test_the_same_password_with_another_pepper_or_cost_does_not_open() -> None:
    file = a_file(person())
    slot = file.slot("person", "zhang")
    assert slot is not None
    for pepper in (new_pepper(), b"", None):
        with pytest.raises(UserFixable):
            slots.unlock(file, slot, "long enough for anybody", pepper)
    dearer = dataclasses.replace(slot, cost=Argon2Cost(16, 1, 1))
    with pytest.raises(UserFixable):
        slots.unlock(file, dearer, "long enough for anybody", PEPPER)


def test_the_check_value_tells_a_changed_pepper() -> None:
    file = a_file(person())
    assert file.fits_pepper(PEPPER)
    assert not file.fits_pepper(new_pepper())
    assert not a_file(person(), pepper=None).fits_pepper(b"")


def test_a_slot_without_keyring_needs_no_pepper() -> None:
    file = a_file(person(), pepper=None)
    assert not file.uses_keyring
    assert opens(file, "zhang", "long enough for anybody", None).lm == LM


def test_the_recovery_slot_opens_without_keyring_and_gives_no_person() -> None:
    file, code = a_file(person()), new_code()
    file = file.with_slot(slots.recovery_slot(file, LM, code, QUICK_COST)).sealed(LM)
    slot = file.slot("recovery", slots.RECOVERY)
    assert slot is not None
    assert not slot.kr
    assert slots.unlock(file, slot, code, None) == slots.Unlocked(LM, None)
    assert file.users == ("zhang",)


def test_two_people_have_two_slots_and_a_new_one_replaces_the_old_one() -> None:
    first, second, again = person(), person("wang"), person()
    file = a_file(first)
    file = file.with_slot(slots.person_slot(file, LM, second, "another password", PEPPER, TINY))
    file = file.with_slot(slots.person_slot(file, LM, again, "a new password", PEPPER, TINY)).sealed(LM)
    assert sorted(file.users) == ["wang", "zhang"]
    found = opens(file, "zhang", "a new password").person
    assert found is not None
    assert found.key_id == again.key_id
    with pytest.raises(UserFixable):
        opens(file, "zhang", "long enough for anybody")


def test_every_changed_byte_of_the_file_is_found_before_a_password_is_typed() -> None:
    data = slots.to_bytes(a_file(person()))
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(TrustBroken, match="open_slots_damaged"):
            slots.from_bytes(bytes(changed))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(junk: bytes) -> None:
    with pytest.raises(TrustBroken, match="open_slots_damaged"):
        slots.from_bytes(junk)


def resummed(file: SlotsFile, change: dict[str, object]) -> bytes:
    """What somebody who knows the format, but not the master key, can write."""
    value = json.loads(slots.to_bytes(file))
    del value["sum"]
    value |= change
    value["sum"] = ids.labelled_hash("ro/slots/sum/1", canon(value))
    return canon(value) + b"\n"


def test_a_change_on_purpose_is_found_after_the_password() -> None:
    two = a_file(person())
    two = two.with_slot(slots.person_slot(two, LM, person("wang"), "another one", PEPPER, TINY)).sealed(LM)
    raw = json.loads(slots.to_bytes(two))
    without_wang = slots.from_bytes(resummed(two, {"slots": raw["slots"][:1]}))
    with pytest.raises(TrustBroken, match="open_slots_damaged"):
        opens(without_wang, "zhang", "long enough for anybody")
    other_check = slots.from_bytes(resummed(two, {"kcv": raw["pcv"]}))
    with pytest.raises(TrustBroken, match="open_slots_damaged"):
        opens(other_check, "zhang", "long enough for anybody")


def test_a_slot_does_not_open_under_another_name_or_installation() -> None:
    file = a_file(person())
    slot = file.slots[0]
    for wrong in (
        dataclasses.replace(file, install_id="2e" * 32),
        dataclasses.replace(file, slots=(dataclasses.replace(slot, subject="wang"),)),
    ):
        with pytest.raises(UserFixable):
            slots.unlock(wrong, wrong.slots[0], "long enough for anybody", PEPPER)


def test_the_file_shows_no_key_and_prints_no_key() -> None:
    who = person()
    data = slots.to_bytes(a_file(who))
    for secret in (LM.secret, who.key.private_bytes_raw(), PEPPER):
        assert secret not in data
        assert secret.hex().encode() not in data
    assert LM.secret.hex() not in repr(LM) + repr(who) + repr(slots.Unlocked(LM, who))


def test_derived_keys_differ_from_each_other_and_from_the_master_key() -> None:
    keys = {LM.secret, bytes.fromhex(LM.db_key()), LM.head_key(), LM.slots_key(), LM.check_value()}
    assert len(keys) == 5
    assert MasterKey(LM.secret).db_key() == LM.db_key()
    assert MasterKey.random().db_key() != LM.db_key()


def test_an_unsealed_file_is_never_written() -> None:
    with pytest.raises(OurBug, match="slots_not_sealed"):
        slots.to_bytes(slots.new_file(INSTALL, LM, None))


def test_one_damaged_copy_locks_nobody_out(tmp_path: Path) -> None:
    path, file = tmp_path / "slots.json", a_file(person())
    slots_file.write(path, file)
    assert slots_file.read(path) == slots_file.Found(file, uneven=False)
    path.write_bytes(b"{}")
    assert slots_file.read(path) == slots_file.Found(file, uneven=True)
    path.unlink()
    assert slots_file.read(path).uneven
    slots_file.copy_of(path).write_bytes(b"x" * 300_000)
    with pytest.raises(TrustBroken, match="open_slots_damaged"):
        slots_file.read(path)
    slots_file.copy_of(path).unlink()
    assert not slots_file.is_there(path)
    with pytest.raises(EnvironmentTrouble, match="open_slots_missing"):
        slots_file.read(path)


def test_no_copy_keeps_an_old_password(tmp_path: Path) -> None:
    path, who = tmp_path / "slots.json", person()
    slots_file.write(path, a_file(who, "the old password"))
    slots_file.write(path, a_file(who, "the new password"))
    for copy in (path, slots_file.copy_of(path)):
        with pytest.raises(UserFixable):
            opens(slots.from_bytes(copy.read_bytes()), "zhang", "the old password")


def test_an_old_copy_beside_a_new_file_is_seen_and_the_new_one_holds(tmp_path: Path) -> None:
    """A power cut between the two: the opening writes both again, so that no old password lives on."""
    path, who = tmp_path / "slots.json", person()
    old, new = a_file(who, "the old password"), a_file(who, "the new password")
    slots_file.write(path, new)
    slots_file.copy_of(path).write_bytes(slots.to_bytes(old))
    assert slots_file.read(path) == slots_file.Found(new, uneven=True)
