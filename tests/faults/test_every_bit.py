"""Every bit of an envelope, and one flip of every field against the real server: nothing changed is taken.

The smallest envelope is used, so that whatever a reader may overlook must show.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reset_or.base.errors import TrustBroken
from reset_or.base.ids import sha256_hex
from reset_or.revisions import envelope as envelopes
from reset_or.revisions import signing
from reset_or.revisions.canonical import canon
from reset_or.revisions.envelope import Envelope, read_envelope, verify_device
from reset_or.wire.frames import Frame, envelope_frame
from reset_or.wire.messages import SyncRequest
from tests.conftest import Effort
from tests.fakes.server import DeviceClient, ProblemAnswer, running_server
from tests.fakes.trial import SyntheticTrial
from tests.faults.report import note


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def taken(hdr: bytes, dsig: bytes, body: bytes, public: bytes) -> bool:
    try:
        verify_device(read_envelope(hdr, dsig, body), public)
    except TrustBroken:
        return False
    return True


def test_every_bit_of_the_smallest_envelope(effort: Effort, full: bool) -> None:
    trial = SyntheticTrial()
    device = trial.add_site().devices[0]
    made, public = trial.envelope(device), signing.public_bytes(device.key)
    assert made.body is not None
    assert taken(made.hdr, made.dsig, made.body, public)
    whole = [8 * len(part) for part in (made.hdr, made.dsig, made.body)]
    places = [(part, bit) for part in range(3) for bit in range(whole[part])]
    effort.dice().shuffle(places)
    passed = []
    for number in effort.rounds(len(places) if full else 2000):
        part, bit = places[number % len(places)]
        parts = [made.hdr, made.dsig, made.body]
        parts[part] = flipped(parts[part], bit)
        if taken(*parts, public):
            passed.append(f"part {part}, bit {bit} was taken")
    note("R7 one bit of an envelope", effort.reached, effort.reached, effort.seed, passed, effort.spent_s,
         bits_there_are=len(places))  # fmt: skip
    assert passed == []


def test_a_body_changed_and_signed_anew_by_the_device_does_not_open(effort: Effort, full: bool) -> None:
    """Whoever holds a device could sign a changed body; age itself refuses it then."""
    trial = SyntheticTrial()
    site = trial.add_site()
    made = trial.envelope(site.devices[0])
    assert made.body is not None
    dice, opened = effort.dice(), []
    for _ in effort.rounds(3000 if full else 150):
        bit = dice.randrange(8 * len(made.body))
        try:
            if envelopes.open_sealed(flipped(made.body, bit), [site.identity]) != b"x" * 1024:
                opened.append(f"bit {bit} opened")
        except TrustBroken:
            continue
    # age ignores a stanza that is not for the reader; its own MAC still covers the whole head.
    note("R7 one bit of a sealed text", effort.reached, effort.reached, effort.seed, opened, effort.spent_s)
    assert opened == []


def outcome(client: DeviceClient, frame: Frame) -> str:
    """The status of the one item, "problem" for a numbered refusal of the whole request."""
    try:
        [item] = client.sync(SyncRequest(envelopes=(frame,))).items
    except ProblemAnswer as refused:
        return "problem" if refused.status < 500 else f"status {refused.status}"
    return item.status


def _frames(made: Envelope) -> dict[str, Frame]:
    """One changed frame a field of the header, one of the signature, one of the body."""
    assert made.body is not None
    found = {}
    for name in json.loads(made.hdr):
        start = made.hdr.index(f'"{name}":'.encode()) + len(name) + 3
        at = start + (1 if made.hdr[start : start + 1] in b'"[' else 0)
        found[name] = Frame(flipped(made.hdr, 8 * at), made.dsig, made.body)
    found["dsig"] = Frame(made.hdr, flipped(made.dsig, 9), made.body)
    found["body"] = Frame(made.hdr, made.dsig, flipped(made.body, 8 * 900))
    found["no body"] = Frame(made.hdr, made.dsig, b"")
    return found


def test_the_server_takes_no_envelope_with_one_bit_changed(tmp_path: Path) -> None:
    trial = SyntheticTrial()
    with running_server(trial, f"sqlite:///{tmp_path / 'central.db'}", tmp_path / "blobs") as server:
        site = server.admit()
        client = server.client(site.devices[0])
        made = trial.envelope(site.devices[0])
        changed = _frames(made)
        assert len(changed) == 15
        for name, frame in changed.items():
            assert outcome(client, frame) in ("refused", "problem"), name
        assert [entry.kind for entry in client.pull("03") if entry.kind == "env"] == []
        [item] = client.sync(SyncRequest(envelopes=(envelope_frame(made),))).items
        assert item.status == "stored"


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v | {"site": "04"},
        lambda v: v | {"study": "OTHER"},
        lambda v: v | {"dev": "a" * 64},
        lambda v: v | {"n": 2, "prev": "b" * 64},
        lambda v: v | {"epoch": 7},
        lambda v: v | {"ct_len": v["ct_len"] + 1},
        lambda v: v | {"ct_sha256": sha256_hex(b"other")},
    ],
)
def test_the_server_takes_no_envelope_of_elsewhere_even_signed(
    change: Callable[[dict[str, object]], dict[str, object]], tmp_path: Path
) -> None:
    trial = SyntheticTrial()
    with running_server(trial, f"sqlite:///{tmp_path / 'central.db'}", tmp_path / "blobs") as server:
        site = server.admit()
        client = server.client(site.devices[0])
        made = trial.envelope(site.devices[0])
        hdr = canon(change(json.loads(made.hdr)))
        frame = Frame(hdr, signing.sign(site.devices[0].key, signing.ENV, hdr), made.body or b"")
        assert outcome(client, frame) in ("refused", "need", "problem")
        assert [entry.kind for entry in client.pull("03") if entry.kind == "env"] == []
