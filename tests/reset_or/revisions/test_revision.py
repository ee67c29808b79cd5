"""The revision: what is signed is what is read, and nothing read ever raises anything but TrustBroken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import TrustBroken
from reset_or.base.ids import case_rec
from reset_or.revisions import signing
from reset_or.revisions.canonical import canon
from reset_or.revisions.revision import (
    Anchor,
    BlobRef,
    FieldChange,
    Revision,
    Sig,
    read_inner,
    read_plaintext,
    sign_revision,
    verify_author,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC = signing.public_bytes(KEY)
CASE = case_rec("RESET", "03-0147")


def a_reading(**fields: Any) -> Revision:
    said: dict[str, Any] = {
        "study": "RESET", "site": "03", "rec": "1" * 32, "form": "reading", "act": "create", "user": "wang",
        "role": "or_nurse", "dev": "d" * 64, "at": 1, "case": CASE, "app": "0.1.0", "tz_min": 480,
        "chg": {"end": FieldChange(None, "distal"), "value_mm": FieldChange(None, 31)},
        "anchor": Anchor("ab" * 16, 3, "e" * 64),
    }  # fmt: skip
    return Revision(**(said | fields))


def a_signature() -> Revision:
    sig = Sig(("2" * 64, "1" * 64), "confirmed", "Zhang San", "pin", ({"label": "arm", "value": "reduced"},),
              readback_by="wang")  # fmt: skip
    return a_reading(form="case", rec=CASE, case="", act="sign", chg={}, sig=sig, parents=("f" * 64,))


def a_photo() -> Revision:
    blob = BlobRef("b" * 64, 900, 700, "image/jpeg", 640, 480, 1, "c" * 64, "a" * 64, 5)
    return a_reading(form="photo", chg={"caption": FieldChange(None, "x")}, blobs=(blob,))


GOOD = [a_reading(), a_signature(), a_photo()]


@pytest.mark.parametrize("revision", GOOD)
def test_a_revision_is_read_as_it_was_written_and_padded(revision: Revision) -> None:
    signed = sign_revision(revision, KEY)
    assert len(signed.plaintext()) % 1024 == 0
    found = read_plaintext(signed.plaintext())
    assert found.inner == signed.inner
    verify_author(found, PUBLIC)
    assert (found.rev_id, found.key_id) == (signed.rev_id, signing.key_id(PUBLIC))
    assert found.revision.chg == revision.chg
    assert (found.revision.anchor, found.revision.blobs) == (revision.anchor, revision.blobs)
    if revision.sig is not None:
        assert found.revision.sig is not None
        assert sorted(found.revision.sig.signs) == sorted(revision.sig.signs)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=500))
def test_the_size_says_only_how_many_kilobytes(text: str) -> None:
    import unicodedata

    note = unicodedata.normalize("NFC", text)
    signed = sign_revision(a_reading(chg={"value_mm": FieldChange(30, 31, "before_confirmation", note)}), KEY)
    assert len(signed.plaintext()) % 1024 == 0
    assert read_plaintext(signed.plaintext()).revision.chg["value_mm"].note == note


def test_no_changed_bit_of_the_plaintext_passes() -> None:
    whole = sign_revision(a_reading(), KEY).plaintext()
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(TrustBroken):
            verify_author(read_plaintext(bytes(changed)), PUBLIC)


def test_only_the_author_s_own_key_verifies() -> None:
    signed = sign_revision(a_reading(), KEY)
    other = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
    with pytest.raises(TrustBroken, match="wrong_key"):
        verify_author(signed, signing.public_bytes(other))
    forged = read_inner(signed.inner, signing.sign(KEY, signing.ENV, signed.inner), signed.key_id)
    with pytest.raises(TrustBroken, match="bad_signature"):
        verify_author(forged, PUBLIC)


@pytest.mark.parametrize("revision", GOOD)
def test_every_field_missing_retyped_or_unknown_is_refused(revision: Revision) -> None:
    value = json.loads(sign_revision(revision, KEY).inner)
    optional = {"case", "anchor", "blobs", "from"}
    for name in value:
        without = {k: v for k, v in value.items() if k != name}
        if name not in optional:
            with pytest.raises(TrustBroken):
                read_inner(canon(without), b"", "")
        for other in (True, -(2**40), [], {"x": 1}, "\n\t", [[]]):
            if type(other) is type(value[name]) and name in ("parents", "chg", "blobs"):
                continue
            with pytest.raises(TrustBroken):
                read_inner(canon(value | {name: other}), b"", "")
    with pytest.raises(TrustBroken):
        read_inner(canon(value | {"aud": "all"}), b"", "")


@pytest.mark.parametrize(
    "change",
    [
        {"act": "erase"}, {"act": "sign"}, {"clk": "late"}, {"tz": 901}, {"t": -1}, {"site": "3"},
        {"rec": "1" * 31}, {"user": "Wang"}, {"form": "reading!"}, {"parents": ["x"]}, {"pad": "x"},
        {"parents": ["1" * 64] * 65}, {"suite": "A2"}, {"v": 2}, {"form_v": 0}, {"app": "x" * 33},
        {"chg": {"no_such_field": {"n": 1}}}, {"chg": {"value_mm": {"n": "31"}}},
        {"chg": {"value_mm": {"n": 31, "x": 1}}}, {"chg": {"value_mm": 31}},
        {"chg": {"value_mm": {"n": 31, "why": "Because"}}}, {"chg": {"end": {"n": "middle"}}},
        {"anchor": {"feed": "", "seq": 1, "feed_hash": "e" * 64}}, {"blobs": [{}]}, {"blobs": [1]},
        {"sig": {}},
    ],
)  # fmt: skip
def test_a_value_outside_its_bounds_is_refused(change: dict[str, Any]) -> None:
    value = json.loads(sign_revision(a_reading(), KEY).inner)
    with pytest.raises(TrustBroken):
        read_inner(canon(value | change), b"", "")


_LEAVES = st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from(
    ["", "reading", "case", "distal", "31", "a" * 64, "0" * 32, "zhang", "\n", "中", "x" * 300]
)  # fmt: skip
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.from_regex(r"[a-z0-9_.]{1,8}", fullmatch=True) | st.sampled_from(
        ["o", "n", "why", "note", "value_mm", "end", "feed", "seq", "signs", "meaning", "view", "name",
         "reauth", "id"]), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip
_NAMES = sorted({name for each in GOOD for name in json.loads(sign_revision(each, KEY).inner)})


@given(st.sampled_from(GOOD), st.dictionaries(st.sampled_from(_NAMES), _JSON, min_size=1, max_size=3))
def test_anything_in_any_field_is_read_or_refused_by_name(revision: Revision, change: dict[str, Any]) -> None:
    value = json.loads(sign_revision(revision, KEY).inner) | change
    try:
        data = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        read_inner(data, b"", "")
    except TrustBroken:
        return


@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda tail: b'{"k":"' + tail))
def test_any_bytes_are_refused_by_name(data: bytes) -> None:
    for read in (read_plaintext, lambda found: read_inner(found, b"", "")):
        with pytest.raises(TrustBroken):
            read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"{}\n{}", b"x" * 600 + b"\n{}", b'{"k":"","s":""}\n{}', b"[" * 200_000 + b"\n",
        b'{"k":1,"s":2}\n', b'{"a":' * 50_000,
    ],
)  # fmt: skip
def test_torn_and_hostile_plaintexts_are_refused(data: bytes) -> None:
    with pytest.raises(TrustBroken):
        read_plaintext(data)
