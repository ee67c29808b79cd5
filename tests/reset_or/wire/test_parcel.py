"""The parcel's bytes: what was written comes out, and nothing that was changed or cut is taken for it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken, UserFixable
from reset_or.base.ids import sha256_hex
from reset_or.revisions import signing
from reset_or.wire.parcel import Head, Parcel, encode_head, part_of
from reset_or.wire.parcel_list import listing
from tests.reset_or.revisions import format_examples as examples

WHOLE = examples.parcel_bytes()
NAMED = ("not_a_parcel", "parcel_changed", "parcel_torn", "parcel_format")


def everything(data: bytes) -> list[bytes]:
    """What a reader takes: every whole part, in order."""
    opened = Parcel(io.BytesIO(data))
    opened.check_records()
    return [opened.read(n) for n in range(len(opened.head.parts)) if opened.is_whole(n)]


def test_what_was_written_is_read() -> None:
    opened = Parcel(io.BytesIO(WHOLE))
    assert (opened.head.dev, opened.head.site, opened.torn) == (examples.DEV, "03", False)
    assert [part.kind for part in opened.head.parts] == ["unsent", "receipts", "photo"]
    assert opened.total == opened.size == len(WHOLE)
    assert b"".join(everything(WHOLE)) == WHOLE[-sum(p.length for p in opened.head.parts) :]


def test_every_flipped_bit_is_refused_by_name() -> None:
    for place in range(len(WHOLE) * 8):
        spoilt = bytearray(WHOLE)
        spoilt[place // 8] ^= 1 << (place % 8)
        with pytest.raises(ResetOrError) as caught:
            everything(bytes(spoilt))
        assert caught.value.code in NAMED, place


def test_cut_anywhere_only_whole_parts_are_taken() -> None:
    opened = Parcel(io.BytesIO(WHOLE))
    first = len(WHOLE) - sum(part.length for part in opened.head.parts)
    for length in range(len(WHOLE)):
        data = WHOLE[:length]
        if length < first:
            with pytest.raises((EnvironmentTrouble, UserFixable)) as caught:
                Parcel(io.BytesIO(data))
            assert caught.value.code == ("parcel_torn" if length else "not_a_parcel")
            continue
        cut = Parcel(io.BytesIO(data))
        assert cut.torn
        assert b"".join(everything(data)) == WHOLE[first : first + sum(map(len, everything(data)))]
        assert len(everything(data)) < len(opened.head.parts)


def test_more_behind_the_end_is_a_change() -> None:
    with pytest.raises(TrustBroken, match="parcel_changed"):
        Parcel(io.BytesIO(WHOLE + b"\n"))


def test_a_part_that_is_spoilt_names_its_kind_and_the_others_stay_good() -> None:
    opened = Parcel(io.BytesIO(WHOLE[:-1] + b"?"))
    opened.check_records()
    assert opened.read(0)
    with pytest.raises(TrustBroken) as caught:
        opened.read(2)
    assert caught.value.details["part"] == "photo"


def test_other_files_and_other_versions_have_names() -> None:
    for other in (b"", b"%PDF-1.7\n" + b"x" * 900, b"reset-or parcels" + WHOLE[16:]):
        with pytest.raises(UserFixable, match="not_a_parcel"):
            Parcel(io.BytesIO(other))
    data = WHOLE[20 : 20 + int.from_bytes(WHOLE[16:20], "big")].replace(b'"v":1}', b'"v":2}')
    sig = signing.sign(examples.DEVICE, signing.PARCEL, data)
    newer = WHOLE[:16] + len(data).to_bytes(4, "big") + data + sig
    with pytest.raises(UserFixable, match="parcel_format"):
        Parcel(io.BytesIO(newer))


def test_another_key_than_the_one_named_does_not_sign() -> None:
    forged = encode_head(examples.SERVER, Parcel(io.BytesIO(WHOLE)).head)
    with pytest.raises(TrustBroken, match="parcel_changed"):
        Parcel(io.BytesIO(forged + WHOLE[len(forged) :]))


@given(
    st.lists(st.tuples(st.sampled_from(["feed", "unsent", "receipts", "photo"]), st.binary(min_size=1))),
    st.integers(0, 2**53 - 1),
)
def test_any_parts_in_order_come_out_as_they_went_in(said: list[tuple[str, bytes]], at: int) -> None:
    said.sort(key=lambda each: ["feed", "unsent", "receipts", "photo"].index(each[0]))
    parts = tuple(part_of(kind, "03", data, 1) for kind, data in said)  # type: ignore[arg-type]
    head = Head("RESET", "03", signing.public_bytes(examples.DEVICE), at, (), parts)
    whole = encode_head(examples.DEVICE, head) + b"".join(data for _kind, data in said)
    assert Parcel(io.BytesIO(whole)).head == head
    assert everything(whole) == [data for _kind, data in said]


def test_parts_out_of_order_are_refused() -> None:
    head = Parcel(io.BytesIO(WHOLE)).head
    turned = Head(head.study, head.site, head.key, head.at, (), tuple(reversed(head.parts)))
    with pytest.raises(TrustBroken, match="parcel_changed"):
        Parcel(io.BytesIO(encode_head(examples.DEVICE, turned) + b"x" * 900))


def test_the_list_shows_ids_kinds_sizes_and_dates_and_needs_no_key() -> None:
    found = listing(Parcel(io.BytesIO(WHOLE)))
    assert (found.device, found.at, found.size) == (examples.DEV, examples.AT, len(WHOLE))
    record, receipt, photo = found.items
    made = examples.an_envelope()
    assert (record.kind, record.id, record.dev, record.at) == ("record", made.env_id, examples.DEV, None)
    assert (receipt.kind, receipt.id, receipt.at) == ("receipt", "c" * 64, examples.AT)
    assert (photo.kind, photo.id, photo.size) == ("photo", sha256_hex(examples.BODY), 48)


def test_the_list_of_a_torn_file_names_what_is_missing() -> None:
    found = listing(Parcel(io.BytesIO(WHOLE[:-1])))
    assert found.torn
    assert [item.whole for item in found.items] == [True, True, False]
