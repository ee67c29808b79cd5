"""The envelope: no changed field, bit or body passes, and hostile age headers cost nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from reset_or.base.errors import TrustBroken
from reset_or.revisions import envelope as envelopes
from reset_or.revisions import signing
from reset_or.revisions.canonical import canon
from reset_or.revisions.envelope import Envelope, age_precheck, read_envelope, verify_device
from reset_or.wire.frames import envelope_frame, read_envelope_frame
from tests.fakes.trial import SyntheticTrial

TRIAL = SyntheticTrial()
SITE = TRIAL.add_site()
DEVICE = SITE.devices[0]
GOOD = TRIAL.envelope(DEVICE, place=(2, "a" * 64), blobs=["b" * 64])
PUBLIC = signing.public_bytes(DEVICE.key)
FIELDS = sorted(json.loads(GOOD.hdr))
OTHER_TYPES: tuple[Any, ...] = (True, False, 0, -1, 2**53 - 1, "", "x", "1", [], {}, [1], ["x"], {"a": 1})


def take(hdr: bytes, dsig: bytes, body: bytes | None) -> Envelope:
    """As server and client take an envelope: read, then the device's signature."""
    envelope = read_envelope(hdr, dsig, body)
    verify_device(envelope, PUBLIC)
    return envelope


def signed(value: dict[str, Any]) -> tuple[bytes, bytes]:
    """A header that the device itself signed, so that only its shape can be wrong."""
    hdr = canon(value)
    return hdr, signing.sign(DEVICE.key, signing.ENV, hdr)


def header() -> dict[str, Any]:
    return dict(json.loads(GOOD.hdr))


def test_the_envelope_itself_is_taken() -> None:
    assert take(GOOD.hdr, GOOD.dsig, GOOD.body).env_id == GOOD.env_id
    assert take(GOOD.hdr, GOOD.dsig, None).body is None
    assert read_envelope_frame(envelope_frame(GOOD)) == GOOD


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_header_field_is_refused(name: str) -> None:
    value = header()
    del value[name]
    with pytest.raises(TrustBroken):
        take(*signed(value), GOOD.body)


@pytest.mark.parametrize("name", FIELDS)
def test_a_retyped_header_field_is_refused(name: str) -> None:
    for other in OTHER_TYPES:
        value = header()
        if type(value[name]) is type(other):
            continue
        value[name] = other
        with pytest.raises(TrustBroken):
            take(*signed(value), GOOD.body)


@pytest.mark.parametrize("name", FIELDS)
def test_a_doubled_header_field_is_refused(name: str) -> None:
    value = header()
    one = json.dumps(value[name], separators=(",", ":"))
    hdr = GOOD.hdr[:-1] + f',"{name}":{one}}}'.encode()
    with pytest.raises(TrustBroken, match="not_canonical"):
        take(hdr, signing.sign(DEVICE.key, signing.ENV, hdr), GOOD.body)


def test_one_more_header_field_or_null_is_refused() -> None:
    with pytest.raises(TrustBroken, match="bad_shape"):
        take(*signed(header() | {"note": "x"}), GOOD.body)
    hdr = GOOD.hdr.replace(b'"epoch":1', b'"epoch":null')
    with pytest.raises(TrustBroken, match="not_canonical"):
        take(hdr, signing.sign(DEVICE.key, signing.ENV, hdr), GOOD.body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 0), ("n", -1), ("n", 1), ("prev", ""), ("prev", "A" * 64), ("site", "3"), ("site", "003"),
        ("study", "reset"), ("study", ""), ("kind", "photo"), ("dev", "a" * 63), ("epoch", -1),
        ("epoch", 10_000), ("ct_len", 0), ("ct_len", envelopes.MAX_BODY + 1), ("ct_sha256", "g" * 64),
        ("suite", "A2"), ("v", 2), ("blobs", ["short"]), ("blobs", ["b" * 64] * 33),
    ],
)  # fmt: skip
def test_a_header_value_outside_its_bounds_is_refused(name: str, value: object) -> None:
    with pytest.raises(TrustBroken):
        take(*signed(header() | {name: value}), GOOD.body)


@pytest.mark.parametrize(
    "other_writing",
    [
        lambda hdr: hdr.replace(b",", b", ", 1),
        lambda hdr: b" " + hdr,
        lambda hdr: hdr + b"\n",
        lambda hdr: b"\xef\xbb\xbf" + hdr,
        lambda hdr: hdr.replace(b'"n":2', b'"n":2.0'),
        lambda hdr: hdr.replace(b'"n":2', b'"n":2e0'),
        lambda hdr: hdr.replace(b'"rev"', b'"\\u0072ev"'),
        lambda hdr: json.dumps(json.loads(hdr), separators=(",", ":"), sort_keys=True)[::-1].encode(),
        lambda hdr: json.dumps(dict(reversed(json.loads(hdr).items())), separators=(",", ":")).encode(),
        lambda hdr: b"[" + hdr + b"]",
        lambda hdr: b"",
        lambda hdr: b"[" * 100_000,
        lambda hdr: hdr + b" " * envelopes.MAX_HEADER,
    ],
)
def test_any_other_writing_of_the_header_is_refused(other_writing: Callable[[bytes], bytes]) -> None:
    hdr = other_writing(GOOD.hdr)
    with pytest.raises(TrustBroken, match="not_canonical"):
        take(hdr, signing.sign(DEVICE.key, signing.ENV, hdr), GOOD.body)


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_sampled_bits_of_header_signature_and_body_are_refused() -> None:
    """tests/faults flips every bit; here a sample of each part."""
    assert GOOD.body is not None
    dice = random.Random(7)
    for bit in dice.sample(range(8 * len(GOOD.hdr)), 300):
        with pytest.raises(TrustBroken):
            take(_flipped(GOOD.hdr, bit), GOOD.dsig, GOOD.body)
    for bit in range(0, 512, 3):
        with pytest.raises(TrustBroken):
            take(GOOD.hdr, _flipped(GOOD.dsig, bit), GOOD.body)
    for bit in dice.sample(range(8 * len(GOOD.body)), 400):
        with pytest.raises(TrustBroken, match="body_differs"):
            take(GOOD.hdr, GOOD.dsig, _flipped(GOOD.body, bit))


def test_a_body_that_age_itself_would_not_notice_is_refused() -> None:
    """Anybody can seal something else to the same recipients; only the signed hash tells."""
    other = envelopes.seal(b"y" * 1024, TRIAL.recipients["03"])
    with pytest.raises(TrustBroken, match="body_differs"):
        take(GOOD.hdr, GOOD.dsig, other)
    with pytest.raises(TrustBroken, match="body_differs"):
        take(GOOD.hdr, GOOD.dsig, (GOOD.body or b"") + b"\0")


def test_another_device_or_another_label_is_refused() -> None:
    stranger = TRIAL.centre_device
    with pytest.raises(TrustBroken, match="wrong_key"):
        verify_device(GOOD, signing.public_bytes(stranger.key))
    by_stranger = signing.sign(stranger.key, signing.ENV, GOOD.hdr)
    with pytest.raises(TrustBroken, match="bad_signature"):
        take(GOOD.hdr, by_stranger, GOOD.body)
    for label in (signing.REV, signing.STMT, signing.REQ, signing.RCPT, ""):
        with pytest.raises(TrustBroken, match="bad_signature"):
            take(GOOD.hdr, signing.sign(DEVICE.key, label, GOOD.hdr), GOOD.body)


# --- the cheap look at an age file before any parser sees it ------------------------------------------


def age_file(*kinds: str, mac: bool = True, pad: int = 0) -> bytes:
    stanzas = "".join(f"-> {kind} {'A' * 43}\n{'B' * 43}\n" for kind in kinds)
    return b"age-encryption.org/v1\n" + stanzas.encode() + (b"--- " + b"C" * 43 + b"\n" if mac else b"") + (
        b"\0" * pad
    )  # fmt: skip


@pytest.mark.parametrize("kinds", [["X25519"] * 3, ["X25519"] * 3 + ["a-grease"], ["X25519"] * 8])
def test_three_to_eight_stanzas_pass(kinds: list[str]) -> None:
    age_precheck(age_file(*kinds), "rev")


@pytest.mark.parametrize(
    "kinds",
    [
        [], ["X25519"], ["X25519"] * 2, ["X25519"] * 2 + ["a-grease"], ["X25519"] * 9, ["scrypt"],
        ["X25519", "X25519", "X25519", "scrypt"], ["ssh-ed25519"] * 3, ["x25519"] * 3, ["X25519"] * 4000,
    ],
)  # fmt: skip
def test_other_headers_of_a_record_are_refused(kinds: list[str]) -> None:
    with pytest.raises(TrustBroken, match="not_age"):
        age_precheck(age_file(*kinds), "rev")


@pytest.mark.parametrize(
    ("kinds", "good"),
    [
        (["X25519"], True),
        (["X25519", "a-grease"], True),
        (["X25519"] * 4, False),
        (["a-grease"], False),
        (["scrypt"], False),
        ([], False),
    ],
)
def test_a_grant_may_have_one_recipient(kinds: list[str], good: bool) -> None:
    if good:
        age_precheck(age_file(*kinds), "grant")
        return
    with pytest.raises(TrustBroken, match="not_age"):
        age_precheck(age_file(*kinds), "grant")


def test_armour_a_missing_mac_and_a_long_body_are_refused() -> None:
    for bad in (
        b"-----BEGIN AGE ENCRYPTED FILE-----\n" + age_file(*["X25519"] * 3),
        age_file(*["X25519"] * 3, mac=False),
        age_file(*["X25519"] * 3, pad=envelopes.MAX_BODY),
        b"",
        b"age-encryption.org/v2\n" + age_file(*["X25519"] * 3)[22:],
    ):
        with pytest.raises(TrustBroken, match="not_age"):
            age_precheck(bad, "rev")


def test_four_thousand_stanzas_are_refused_after_a_look_at_4096_bytes() -> None:
    """The cost must not grow with what the sender chose to send."""
    assert envelopes.MAX_HEADER == 4096

    class Watched(bytes):
        def find(self, *where: Any) -> int:  # type: ignore[override]
            assert where[2] <= envelopes.MAX_HEADER
            return super().find(*where)

    with pytest.raises(TrustBroken, match="not_age"):
        age_precheck(Watched(age_file(*["X25519"] * 4000)[: envelopes.MAX_BODY]), "rev")


def test_what_is_sealed_opens_with_each_of_the_three_keys_and_no_other() -> None:
    assert GOOD.body is not None
    for identity in (SITE.identity, str(TRIAL.centre), str(TRIAL.escrow)):
        assert envelopes.open_sealed(GOOD.body, [identity]) == b"x" * 1024
    with pytest.raises(TrustBroken, match="not_sealed_to_me"):
        envelopes.open_sealed(GOOD.body, [str(TRIAL.centre_site)])
