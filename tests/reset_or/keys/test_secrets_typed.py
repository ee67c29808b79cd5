from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.clock import ManualClock
from reset_or.base.errors import UserFixable
from reset_or.keys import recovery
from reset_or.keys.passwords import check_password
from reset_or.keys.session import PersonSession, check_pin, make_pin, pin_fits
from reset_or.keys.slots import Argon2Cost, PersonKey
from reset_or.keys.tries import FREE, OTHER, Tries

TINY = Argon2Cost(8, 1, 1)
PIN = "493027"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("ninechars", "password_too_short"),
        ("password12", "password_is_known"),
        ("aaaaaaaaaaaaaaaaaaaa", "password_is_known"),
        ("zhangzhangzhangzhang", "password_is_known"),
        ("RESET-OR-RESET-OR-1", "password_is_known"),
        ("Summer2023!", "password_too_easy"),
        ("x" * 2000, "password_too_long"),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused_by_name(password: str, code: str) -> None:
    with pytest.raises(UserFixable) as caught:
        check_password(password, "zhang")
    assert caught.value.code == code


@pytest.mark.parametrize(
    "password", ["amber-tunnel-seven-lamps", "vT9#kq2LmZ", "手术切缘记录的口令要足够长才好用"]
)
def test_a_long_or_an_unlikely_password_is_taken(password: str) -> None:
    check_password(password, "zhang")


def test_width_does_not_make_a_password_longer() -> None:
    with pytest.raises(UserFixable):
        check_password("ｓｈｏｒｔ", "zhang")


def test_the_wait_begins_after_five_misses_doubles_and_ends_at_half_an_hour(tmp_path: Path) -> None:
    clock = ManualClock()
    tries = Tries(tmp_path / "closed-events.json", clock)
    waits = []
    for _ in range(20):
        waits.append(tries.seconds_to_wait("zhang"))
        clock.advance(waits[-1] * 1000)
        assert tries.seconds_to_wait("zhang") == 0
        tries.missed("zhang")
    assert waits == [0] * FREE + [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800, 1800, 1800]


def test_misses_survive_a_restart_and_end_with_the_right_password(tmp_path: Path) -> None:
    clock, path = ManualClock(), tmp_path / "closed-events.json"
    for _ in range(FREE + 3):
        Tries(path, clock).missed("zhang")
    assert Tries(path, clock).seconds_to_wait("zhang") == 8
    assert Tries(path, clock).seconds_to_wait("wang") == 0
    assert Tries(path, clock).succeeded("zhang") == FREE + 3
    assert Tries(path, clock).seconds_to_wait("zhang") == 0


def test_a_clock_set_back_makes_nobody_wait_longer_than_due(tmp_path: Path) -> None:
    clock = ManualClock()
    tries = Tries(tmp_path / "closed-events.json", clock)
    for _ in range(FREE + 1):
        tries.missed("zhang")
    clock.advance(-86_400_000)
    assert tries.seconds_to_wait("zhang") == 2


def test_the_file_of_misses_holds_counts_only_and_may_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "closed-events.json"
    tries = Tries(path, ManualClock())
    tries.missed(OTHER)
    assert json.loads(path.read_text())["misses"] == {"": {"count": 1, "last_at": 1_770_000_000_000}}
    for junk in ("", "[]", '{"misses": 3}', '{"misses": {"a": {"count": "x"}}}'):
        path.write_text(junk)
        assert tries.seconds_to_wait("zhang") == 0
        assert tries.missed("zhang").count == 1


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26))
def test_a_recovery_code_is_read_however_it_is_written_down(code: str) -> None:
    assert recovery.read_code(code) == code
    assert recovery.read_code(recovery.spaced(code).lower()) == code
    assert recovery.read_code(code.replace("1", "I").replace("0", "o")) == code


def test_codes_differ_and_what_is_none_is_refused() -> None:
    made = {recovery.new_code() for _ in range(50)}
    assert len(made) == 50
    assert all(recovery.read_code(code) == code for code in made)
    for text in ("", "ABC", "U" * 26, "0" * 27):
        with pytest.raises(UserFixable, match="recovery_code_shape"):
            recovery.read_code(text)


@pytest.mark.parametrize(
    "pin", ["000000", "111112", "123456", "654321", "456789", "890123"[:5], "12a456", ""]
)
def test_a_pin_that_is_no_pin_is_refused(pin: str) -> None:
    with pytest.raises(UserFixable):
        check_pin(pin)


def test_a_pin_in_full_width_digits_is_the_same_pin() -> None:
    verifier = make_pin("４９３０２７", TINY)
    assert pin_fits(PIN, verifier)
    assert not pin_fits("493028", verifier)
    assert not pin_fits(PIN, "not a verifier")
    assert PIN not in verifier


def begin() -> tuple[PersonSession, PersonKey, str]:
    person, verifier = PersonKey("zhang", Ed25519PrivateKey.generate()), make_pin(PIN, TINY)
    return PersonSession(person, PIN, verifier), person, verifier


def test_a_covered_session_gives_no_key_until_the_pin() -> None:
    session, person, _verifier = begin()
    assert session.state == "open"
    session.cover()
    assert session.state == "covered"
    with pytest.raises(UserFixable, match="session_covered"):
        _ = session.key
    assert person.key.private_bytes_raw() not in repr(vars(session)).encode()
    session.uncover(PIN)
    assert session.key.private_bytes_raw() == person.key.private_bytes_raw()


def test_the_fifth_wrong_pin_drops_the_key_and_the_password_brings_it_back() -> None:
    session, person, verifier = begin()
    session.cover()
    for left in (4, 3, 2, 1):
        with pytest.raises(UserFixable) as caught:
            session.uncover("111222")
        assert (caught.value.code, caught.value.details["left"]) == ("wrong_pin", left)
    with pytest.raises(UserFixable, match="session_over"):
        session.uncover("111222")
    assert session.state == "over"
    for call in (lambda: session.uncover(PIN), lambda: session.check_pin(PIN), lambda: session.key):
        with pytest.raises(UserFixable, match="session_over"):
            call()
    session.renew(person, PIN, verifier)
    assert session.state == "open"
    assert session.misses == 0


def test_the_pin_before_a_signature_counts_the_same_misses() -> None:
    session, _person, _verifier = begin()
    for _ in range(4):
        with pytest.raises(UserFixable, match="wrong_pin"):
            session.check_pin("111222")
    session.check_pin(PIN)
    assert session.misses == 0
    for _ in range(4):
        with pytest.raises(UserFixable, match="wrong_pin"):
            session.check_pin("111222")
    with pytest.raises(UserFixable, match="session_over"):
        session.check_pin("111222")
    assert session.state == "over"


def test_lock_leaves_nothing_and_another_person_does_not_take_over() -> None:
    session, _person, verifier = begin()
    session.drop()
    assert session.state == "over"
    with pytest.raises(UserFixable, match="session_other_person"):
        session.renew(PersonKey("zhang", Ed25519PrivateKey.generate()), PIN, verifier)


def test_a_session_does_not_begin_with_a_wrong_pin() -> None:
    person = PersonKey("zhang", Ed25519PrivateKey.generate())
    with pytest.raises(UserFixable, match="wrong_pin"):
        PersonSession(person, "493020", make_pin(PIN, TINY))


def test_the_first_page_can_ask_for_states_without_anything_heavy() -> None:
    script = (
        "import sys, reset_or.keys, reset_or.store, reset_or.store.states\n"
        "heavy = {'sqlalchemy', 'alembic', 'keyring', 'sqlcipher3', 'zxcvbn', 'argon2', 'pyrage'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
