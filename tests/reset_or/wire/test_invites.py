"""Enrolment by code: only who holds the code reads or writes, and a swapped key changes the six words."""

from __future__ import annotations

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import TrustBroken, UserFixable
from reset_or.revisions import signing
from reset_or.wire import invites
from tests.fakes.trial import SyntheticTrial

CODE = "0123456789ABCDEFGHJKMNPQRS"


def keys(code: str = CODE, person: int = 2) -> invites.AnswerKeys:
    public = [
        signing.public_bytes(Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in (1, person)
    ]
    return invites.AnswerKeys(
        invites.invite_id(code), "RESET-TEST", "03", public[0], "age1" + "q" * 58, (("zhang", public[1]),)
    )


def test_codes_are_random_and_of_130_bits() -> None:
    codes = {invites.new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(invites.read_code(invites.show_code(code)) == code for code in codes)
    assert {len(code) for code in codes} == {26}


@pytest.mark.parametrize("typed", [
    "01234-56789-ABCDE-FGHJK-MNPQRS", "o1234 56789 abcde fghjk mnpqrs", "OI23456789ABCDEFGHJKMNPQRS",
    "0l234\uff0d56789 ABCDE\u2014FGHJK\tMNPQRS\n",
])  # fmt: skip
def test_codes_are_read_as_people_type_them(typed: str) -> None:
    assert invites.read_code(typed) == CODE


@pytest.mark.parametrize("typed", ["", CODE[:-1], CODE + "0", CODE[:-1] + "U", CODE[:-1] + "*"])
def test_other_codes_are_refused(typed: str) -> None:
    with pytest.raises(UserFixable, match="code_not_understood"):
        invites.read_code(typed)


def test_the_invite_id_does_not_give_the_code() -> None:
    assert len(invites.invite_id(CODE)) == 64
    assert invites.invite_id(CODE) != invites.invite_id(CODE[:-1] + "T")


def test_content_opens_under_its_code_only() -> None:
    content = invites.InviteContent(
        SyntheticTrial().file(), "03", (invites.Invited("zhang", "surgeon"),), 1_770_000_000_000, "PEM\n"
    )
    sealed = invites.seal_content(CODE, content)
    assert invites.open_content(CODE, sealed) == content
    assert b"zhang" not in sealed
    with pytest.raises(TrustBroken, match="invite_not_ours"):
        invites.open_content(invites.new_code(), sealed)
    with pytest.raises(TrustBroken, match="invite_not_ours"):
        invites.open_answer(CODE, sealed)


@given(st.integers(0), st.booleans())
def test_any_flipped_bit_is_noticed(place: int, cut: bool) -> None:
    sealed = bytearray(invites.seal_answer(CODE, keys()))
    place %= len(sealed) * 8
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(TrustBroken, match="invite_not_ours"):
        invites.open_answer(CODE, bytes(sealed[: place // 8] if cut else sealed))


def test_answers_read_back() -> None:
    assert invites.open_answer(CODE, invites.seal_answer(CODE, keys())) == keys()


def test_keys_of_another_invite_are_refused() -> None:
    other = dataclasses.replace(keys(), invite_id="a" * 64)
    with pytest.raises(TrustBroken, match="invite_not_ours"):
        invites.open_answer(CODE, invites.seal_answer(CODE, other))


def test_proquints_are_those_of_the_paper() -> None:
    assert (invites.proquint(0x7F00), invites.proquint(0x0001)) == ("lusab", "babad")
    assert (invites.proquint(0x3F54), invites.proquint(0xDCC1)) == ("gutih", "tugad")
    assert len({invites.proquint(number) for number in range(65536)}) == 65536


def test_a_swapped_key_changes_the_six_words() -> None:
    assert len(invites.six_words(keys()).split()) == 6
    assert invites.six_words(keys()) == invites.six_words(keys())
    assert invites.six_words(keys()) != invites.six_words(keys(person=3))
