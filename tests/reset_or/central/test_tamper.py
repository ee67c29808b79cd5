"""No changed byte of an envelope or statement is ever taken, whoever sends it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reset_or.revisions.canonical import canon
from reset_or.revisions.envelope import Envelope, seal
from reset_or.revisions.signing import ENV, sign
from reset_or.wire.frames import Frame, envelope_frame
from reset_or.wire.messages import Item, SyncRequest
from tests.fakes.server import RunningServer
from tests.fakes.trial import SyntheticTrial, TrialDevice, TrialSite

FIELDS = ("v", "suite", "study", "site", "kind", "dev", "n", "prev", "ct_sha256", "ct_len", "epoch", "blobs")


@pytest.fixture(scope="module")
def site(sqlite_server: RunningServer) -> TrialSite:
    sqlite_server.admit("05")
    return sqlite_server.admit("03", devices=2)


def push(server: RunningServer, device: TrialDevice, frame: Frame) -> Item:
    return server.client(device).sync(SyncRequest(envelopes=(frame,))).items[0]


def probe(server: RunningServer, device: TrialDevice) -> Envelope:
    """The next good envelope; never stored as it is."""
    n, prev = device.place("03")
    return server.trial.envelope(device, place=(n + 1, prev))


def other_value(name: str, value: Any) -> Any:
    others = {
        "suite": "A2", "study": "OTHER", "site": "05", "kind": "grant", "dev": "a" * 64, "prev": "b" * 64,
        "ct_sha256": "c" * 64, "blobs": ["d" * 64],
    }  # fmt: skip
    return others.get(name, value + 1 if isinstance(value, int) else None)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("how", ["changed", "removed", "retyped"])
def test_no_header_field_can_be_touched(
    sqlite_server: RunningServer, site: TrialSite, name: str, how: str
) -> None:
    """Under the device's old signature: nothing passes. `blobs` may be empty, not missing."""
    frame = envelope_frame(probe(sqlite_server, site.devices[0]))
    value = json.loads(frame.hdr)
    if how == "changed":
        value[name] = other_value(name, value[name])
    elif how == "removed":
        del value[name]
    else:
        value[name] = str(value[name]) if isinstance(value[name], int) else 7
    item = push(sqlite_server, site.devices[0], replace(frame, hdr=canon(value)))
    assert (item.status, bool(item.problem)) == ("refused", True)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("study", "OTHER", "wrong_study"),
        ("site", "05", "site_not_allowed"),
        ("site", "66", "site_not_allowed"),
        ("epoch", 7, "epoch_unknown"),
        ("ct_len", 12, "envelope_malformed"),
        ("ct_sha256", "c" * 64, "envelope_malformed"),
        ("n", 0, "envelope_malformed"),
        ("prev", "zz", "envelope_malformed"),
        ("blobs", ["../../etc"], "envelope_malformed"),
        ("v", 2, "envelope_malformed"),
        ("extra", 1, "envelope_malformed"),
    ],
)
def test_signed_nonsense_is_refused_by_name(
    sqlite_server: RunningServer, site: TrialSite, name: str, value: Any, problem: str
) -> None:
    device = site.devices[0]
    envelope = probe(sqlite_server, device)
    hdr = canon(json.loads(envelope.hdr) | {name: value})
    frame = Frame(hdr, sign(device.key, ENV, hdr), envelope.body or b"")
    assert push(sqlite_server, device, frame).problem == problem


def unsealed(trial: SyntheticTrial) -> bytes:
    return b'{"margin_mm":31}' * 40


def two_recipients(trial: SyntheticTrial) -> bytes:
    return seal(b"x" * 1024, trial.recipients["03"][:2])


def many_stanzas(trial: SyntheticTrial) -> bytes:
    return seal(b"x" * 1024, trial.recipients["03"] * 4)


def by_passphrase(trial: SyntheticTrial) -> bytes:
    stanza = b"-> scrypt AAAA 18\nBBBB\n"
    return b"age-encryption.org/v1\n" + stanza * 4 + b"--- mac\nrest"


@pytest.mark.parametrize("make", [unsealed, two_recipients, many_stanzas, by_passphrase])
def test_only_properly_sealed_bodies_are_taken(
    sqlite_server: RunningServer, site: TrialSite, make: Callable[[SyntheticTrial], bytes]
) -> None:
    from reset_or.revisions.envelope import sign_envelope

    device, body = site.devices[0], make(sqlite_server.trial)
    n, prev = device.place("03")
    envelope = sign_envelope(
        device.key,
        study=sqlite_server.trial.study,
        site="03",
        kind="rev",
        n=n + 1,
        prev=prev,
        epoch=1,
        body=body,
    )
    item = push(sqlite_server, device, envelope_frame(envelope))
    assert (item.status, item.problem, item.why) == ("refused", "envelope_malformed", "not_age")


def test_an_envelope_without_body_is_refused(sqlite_server: RunningServer, site: TrialSite) -> None:
    frame = envelope_frame(probe(sqlite_server, site.devices[0]))
    assert push(sqlite_server, site.devices[0], replace(frame, body=b"")).problem == "body_missing"


def test_an_unknown_device_cannot_be_relayed(sqlite_server: RunningServer, site: TrialSite) -> None:
    stranger = sqlite_server.trial.envelope(TrialDevice("03"))
    assert push(sqlite_server, site.devices[0], envelope_frame(stranger)).problem == "author_unknown"


def test_another_sites_device_cannot_write_here(sqlite_server: RunningServer, site: TrialSite) -> None:
    foreign = sqlite_server.admit("06").devices[0]
    envelope = sqlite_server.trial.envelope(foreign, site="03")
    assert push(sqlite_server, site.devices[0], envelope_frame(envelope)).problem == "site_not_allowed"
    assert push(sqlite_server, foreign, envelope_frame(envelope)).problem == "site_not_allowed"


@pytest.fixture(scope="module")
def good(sqlite_server: RunningServer, site: TrialSite) -> Frame:
    return envelope_frame(probe(sqlite_server, site.devices[1]))


@pytest.mark.parametrize("part", ["hdr", "sig", "body"])
def test_no_flipped_bit_is_taken(
    sqlite_server: RunningServer, site: TrialSite, good: Frame, part: str, effort: Any
) -> None:
    chance = random.Random(part)
    bits = [chance.randrange(len(getattr(good, part)) * 8) for _ in effort.rounds(300)]
    client = sqlite_server.client(site.devices[1])
    for at in range(0, len(bits), 150):
        frames = tuple(flipped(good, part, bit) for bit in bits[at : at + 150])
        answer = client.sync(SyncRequest(envelopes=frames))
        assert {item.status for item in answer.items} == {"refused"}


def flipped(frame: Frame, part: str, bit: int) -> Frame:
    changed = bytearray(getattr(frame, part))
    changed[bit // 8] ^= 1 << bit % 8
    return replace(frame, **{part: bytes(changed)})


def test_after_all_that_the_feed_holds_nothing_of_it(sqlite_server: RunningServer, site: TrialSite) -> None:
    for device in site.devices:
        entries = sqlite_server.client(device).pull("03")
        assert [entry for entry in entries if entry.kind == "env"] == []
