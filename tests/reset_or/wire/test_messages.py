"""What is written reads back the same, and no torn, retyped or flipped message passes as a good one."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reset_or.base.errors import TrustBroken
from reset_or.revisions.receipts import GENESIS, Signed
from reset_or.wire import messages
from reset_or.wire.frames import Frame, decode_frames, encode_frames
from reset_or.wire.messages import (
    Cursor,
    Entry,
    Item,
    Own,
    SiteAnswer,
    SyncAnswer,
    SyncRequest,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)

sigs = st.binary(min_size=64, max_size=64)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
sites = st.sampled_from(["00", "01", "03", "42", "99"])
frames = st.builds(Frame, st.binary(max_size=80), sigs, st.binary(max_size=80))
signed = st.builds(Signed, st.binary(max_size=80), sigs)
numbers = st.integers(0, 2**53 - 1)


@st.composite
def own_chains(draw: st.DrawFn) -> Own:
    n = draw(st.integers(0, 9))
    return Own(draw(sites), n, draw(hashes) if n else "", draw(st.integers(n, n + 9)))


def cursors_of(site: str) -> st.SearchStrategy[Cursor]:
    return st.builds(Cursor, st.just(site), st.integers(1, 99), hashes) | st.just(Cursor(site))


requests = st.builds(
    SyncRequest,
    feed=st.just("") | st.just("ab" * 16),
    cursors=st.lists(sites.flatmap(cursors_of), max_size=4, unique_by=lambda c: c.site).map(tuple),
    own=st.lists(own_chains(), max_size=4, unique_by=lambda o: o.site).map(tuple),
    statements=st.lists(frames, max_size=3).map(tuple),
    envelopes=st.lists(frames, max_size=3).map(tuple),
    proofs=st.lists(signed, max_size=3).map(tuple),
    limit=st.integers(1, 500),
    own_bodies=st.booleans(),
)


@st.composite
def answers(draw: st.DrawFn) -> SyncAnswer:
    receipts = draw(st.lists(signed, min_size=1, max_size=3).map(tuple))
    index = st.integers(0, len(receipts) - 1)
    entry = st.builds(
        lambda seq, kind, entry_id, at, receipt, frame, proof: Entry(
            seq, kind, entry_id, at, receipt, frame, bool(frame.body), proof
        ),
        st.integers(1, 999), st.sampled_from(["env", "stmt"]), hashes, numbers, index, frames,
        st.none() | index,
    )  # fmt: skip
    site = st.builds(
        SiteAnswer, sites, signed, st.integers(0, 9), hashes | st.just(""),
        st.lists(entry, max_size=3).map(tuple), st.just(()), st.booleans(),
    )  # fmt: skip
    item = st.builds(
        Item, hashes, st.sampled_from(["stored", "duplicate", "need", "refused"]),
        st.sampled_from(["", "fork"]), st.sampled_from(["", "statement_older"]), st.none() | numbers,
        st.none() | index, st.none() | numbers,
    )  # fmt: skip
    return SyncAnswer(
        draw(st.sampled_from(["ok", "rolled_back", "behind"])), "cd" * 16, "18f.ab", draw(numbers),
        draw(st.lists(item, max_size=3).map(tuple)), receipts, draw(st.lists(site, max_size=3).map(tuple)),
        draw(st.booleans()),
    )  # fmt: skip


@given(st.lists(frames, max_size=5))
def test_frames_read_back(given_frames: list[Frame]) -> None:
    data = encode_frames(given_frames)
    assert decode_frames(data, most=5) == given_frames
    assert len(data) == sum(frame.size for frame in given_frames)


@given(st.lists(frames, min_size=1, max_size=3), st.data())
def test_a_torn_frame_is_refused(given_frames: list[Frame], data: st.DataObject) -> None:
    whole = encode_frames(given_frames)
    ends = {0}
    for frame in given_frames:
        ends.add(max(ends) + frame.size)
    cut = data.draw(st.integers(0, len(whole)).filter(lambda at: at not in ends))
    with pytest.raises(TrustBroken, match="bad_frames"):
        decode_frames(whole[:cut], most=5)


def test_more_frames_than_allowed_are_refused() -> None:
    with pytest.raises(TrustBroken, match="too_many"):
        decode_frames(encode_frames([Frame(b"", bytes(64))] * 3), most=2)


def test_a_length_beyond_the_bytes_is_refused_without_reading_it() -> None:
    with pytest.raises(TrustBroken, match="too_long"):
        decode_frames(b"\xff\xff\xff\xff" + bytes(80), most=2)


@given(requests)
def test_requests_read_back(request: SyncRequest) -> None:
    assert decode_request(encode_request(request)) == request


@given(answers())
def test_answers_read_back(answer: SyncAnswer) -> None:
    assert decode_answer(encode_answer(answer)) == answer


def test_common_places_read_back() -> None:
    site = SiteAnswer("03", Signed(b"h", bytes(64)), common=(Cursor("03", 7, "a" * 64), Cursor("03")))
    answer = SyncAnswer("rolled_back", "cd" * 16, "1.a", 5, sites=(site,))
    assert decode_answer(encode_answer(answer)) == answer


@settings(max_examples=300)
@given(requests, st.data())
def test_a_changed_request_reads_otherwise_or_not_at_all(request: SyncRequest, data: st.DataObject) -> None:
    whole = bytearray(encode_request(request))
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[place // 8] ^= 1 << place % 8
    with contextlib.suppress(TrustBroken):
        assert decode_request(bytes(whole)) != request


@given(st.binary(max_size=300))
def test_noise_is_refused_by_name(noise: bytes) -> None:
    for decode in (decode_request, decode_answer):
        with pytest.raises(TrustBroken):
            decode(noise)


@pytest.mark.parametrize(
    "request_",
    [
        SyncRequest(cursors=(Cursor("03"), Cursor("03"))),
        SyncRequest(cursors=(Cursor("03", 0, "a" * 64),)),
        SyncRequest(own=(Own("03", 1, ""),)),
        SyncRequest(own=(Own("03", 2, "a" * 64, head=1),)),
        SyncRequest(cursors=(Cursor("3"),)),
        SyncRequest(limit=0),
        SyncRequest(limit=501),
        SyncRequest(feed="zz"),
        SyncRequest(envelopes=(Frame(b"", bytes(64)),) * 501),
        SyncRequest(envelopes=(Frame(b"", bytes(64)),) * 300, statements=(Frame(b"", bytes(64)),) * 201),
    ],
)
def test_requests_that_contradict_themselves_are_refused(request_: SyncRequest) -> None:
    with pytest.raises(TrustBroken):
        decode_request(encode_request(request_))


def test_receipt_places_must_exist() -> None:
    entry = Entry(1, "env", "a" * 64, 1, 0, Frame(b"x", bytes(64)))
    answer = SyncAnswer(
        "ok", "cd" * 16, "1.a", 5, sites=(SiteAnswer("03", Signed(b"", bytes(64)), entries=(entry,)),)
    )
    with pytest.raises(TrustBroken, match="bad_shape"):
        decode_answer(encode_answer(answer))


def test_the_largest_request_fits_its_own_limits() -> None:
    request = SyncRequest(cursors=tuple(Cursor(f"{n:02d}", 2**53 - 1, "f" * 64) for n in range(100)))
    request = SyncRequest(
        cursors=request.cursors, own=tuple(Own(c.site, 2**52, "f" * 64, 2**53 - 1) for c in request.cursors)
    )
    assert decode_request(encode_request(request)) == request
    assert len(encode_request(request)) < messages.MAX_REQUEST
    assert Cursor("03").feed_hash == GENESIS
