"""Receipts, heads and blob receipts: what the server says holds only whole, signed and chained."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.revisions import receipts, signing
from reset_or.revisions.canonical import canon
from reset_or.revisions.receipts import GENESIS, Receipt, Signed, SiteHead

SERVER = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x06" * 32)
KEYS = [signing.public_bytes(OTHER), signing.public_bytes(SERVER)]
FEED = "ab" * 16


def chain(*ids: str, first: int = 1, before: str = GENESIS, at: int = 1000) -> Receipt:
    """A receipt whose hashes lead where it says."""
    made = Receipt(FEED, "03", first, before, tuple((e, at + n) for n, e in enumerate(ids)),
                   first + len(ids) - 1, "", "d" * 64)  # fmt: skip
    return replace(made, feed_after=receipts.walk(made)[-1])


GOOD = chain("1" * 64, "2" * 64, "3" * 64)
SIGNED = receipts.sign_receipt(SERVER, GOOD)


def again(value: dict[str, Any], label: str = signing.RCPT) -> Signed:
    data = canon(value)
    return Signed(data, signing.sign(SERVER, label, data))


def test_a_receipt_is_read_as_it_was_signed_under_any_known_server_key() -> None:
    assert receipts.read_receipt(SIGNED, KEYS) == GOOD


def test_a_later_batch_goes_on_from_the_hash_before() -> None:
    whole = receipts.walk(chain(*("123"), first=1))
    later = chain("3", first=3, before=whole[1], at=1002)
    assert later.feed_after == whole[2]


@pytest.mark.parametrize(
    "change",
    [
        {"items": [["1" * 64, 1000], ["2" * 64, 1001]]},
        {"items": [["1" * 64, 1000], ["3" * 64, 1002], ["2" * 64, 1001]]},
        {"items": [["1" * 64, 1000], ["2" * 64, 1001], ["3" * 64, 1003]]},
        {"items": []},
        {"items": [["1" * 64]]},
        {"items": [["1" * 64, True], ["2" * 64, 1001], ["3" * 64, 1002]]},
        {"items": [["1" * 64, -1], ["2" * 64, 1001], ["3" * 64, 1002]]},
        {"items": [["x", 1000], ["2" * 64, 1001], ["3" * 64, 1002]]},
        {"items": "none"},
        {"first_seq": 2},
        {"first_seq": 0},
        {"last_seq": 4},
        {"feed_before": "f" * 64},
        {"feed_after": "f" * 64},
        {"feed": "cd" * 16},
        {"site": "04"},
        {"by": "d" * 63},
        {"v": 2},
        {"v": True},
        {"more": 1},
    ],
)
def test_a_receipt_that_does_not_lead_where_it_says_is_refused_even_signed(change: dict[str, Any]) -> None:
    with pytest.raises(TrustBroken):
        receipts.read_receipt(again(json.loads(SIGNED.data) | change), KEYS)


@pytest.mark.parametrize("name", sorted(json.loads(SIGNED.data)))
def test_a_receipt_without_one_of_its_fields_is_refused(name: str) -> None:
    value = json.loads(SIGNED.data)
    del value[name]
    with pytest.raises(TrustBroken):
        receipts.read_receipt(again(value), KEYS)


def test_no_changed_bit_of_a_receipt_passes() -> None:
    for bit in range(8 * len(SIGNED.data)):
        data = bytearray(SIGNED.data)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(TrustBroken):
            receipts.read_receipt(Signed(bytes(data), SIGNED.sig), KEYS)


def test_another_signer_or_another_label_is_refused() -> None:
    with pytest.raises(TrustBroken, match="bad_signature"):
        receipts.read_receipt(SIGNED, [signing.public_bytes(OTHER)])
    with pytest.raises(TrustBroken, match="bad_signature"):
        receipts.read_receipt(SIGNED, [])
    for label in (signing.SITEHEAD, signing.BLOB, signing.FEED):
        with pytest.raises(TrustBroken, match="bad_signature"):
            receipts.read_receipt(again(json.loads(SIGNED.data), label), KEYS)


@given(st.lists(st.tuples(st.from_regex(r"[0-9a-f]{64}", fullmatch=True), st.integers(0, 2**50)), min_size=1,
                max_size=8), st.integers(0, 7))  # fmt: skip
def test_the_feed_hash_depends_on_every_item_and_its_order(items: list[tuple[str, int]], at: int) -> None:
    made = Receipt(FEED, "03", 1, GENESIS, tuple(items), len(items), "", "d" * 64)
    before, place = receipts.walk(made), at % len(items)
    changed = list(items)
    changed[place] = (items[place][0], items[place][1] + 1)
    after = receipts.walk(replace(made, items=tuple(changed)))
    assert after[:place] == before[:place]
    assert not set(after[place:]) & set(before[place:])


HEAD = SiteHead(FEED, "03", 3, "e" * 64, 5)


def test_a_site_head_is_read_and_held() -> None:
    head = receipts.sign_head(SERVER, HEAD)
    assert receipts.read_head(head, KEYS) == HEAD
    value = json.loads(head.data)
    for name in value:
        with pytest.raises(TrustBroken):
            receipts.read_head(again({k: v for k, v in value.items() if k != name}, signing.SITEHEAD), KEYS)
        with pytest.raises(TrustBroken):
            receipts.read_head(again(value | {name: True}, signing.SITEHEAD), KEYS)
    with pytest.raises(TrustBroken):
        receipts.read_head(again(value), KEYS)


def test_a_blob_receipt_is_read_and_held() -> None:
    signed = receipts.sign_blob_receipt(SERVER, blob="c" * 64, length=9, at=7)
    assert receipts.read_blob_receipt(signed, KEYS) == ("c" * 64, 9, 7)
    value = json.loads(signed.data)
    for name in value:
        with pytest.raises(TrustBroken):
            receipts.read_blob_receipt(again(value | {name: True}, signing.BLOB), KEYS)
    with pytest.raises(TrustBroken):
        receipts.read_blob_receipt(again(value | {"len": 0}, signing.BLOB), KEYS)


@given(
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    st.from_regex(r"[0-9]{2}", fullmatch=True),
    st.integers(1, 2**53 - 1),
    st.integers(0, 2**53 - 1),
)
def test_a_step_of_the_feed_hashes_canonical_bytes(
    feed: str, other: str, site: str, seq: int, at: int
) -> None:
    value = {"feed": feed, "site": site, "seq": seq, "prev": other, "id": other[::-1], "at": at}
    step = receipts.feed_step(feed=feed, site=site, seq=seq, prev=other, entry_id=other[::-1], received_ms=at)
    assert step == ids.labelled_hash(signing.FEED, canon(value))
