"""Callers that mean harm: they know every endpoint, and some of them have a key that the trial granted.

`Hostile.shot` gives the bytes of one request: valid (so that what follows has something to break), spoilt
before or after it was signed, or well signed by an insider and false in what it says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.ids import sha256_hex
from reset_or.revisions import signing
from reset_or.revisions.canonical import canon
from reset_or.revisions.receipts import Signed
from reset_or.wire import auth, blobs, messages
from reset_or.wire.frames import Frame, envelope_frame, statement_frame
from reset_or.wire.messages import Cursor, Own, SyncRequest
from tests.fakes.trial import STARTED_AT
from tests.faults import spoiling
from tests.faults.callers import HONEST, WRONGED, Ask, Callers, head_of
from tests.faults.raw_http import Shot


@dataclass
class Hostile(Callers):
    """The ways to spoil a request, thrown by the dice."""

    def shot(self) -> tuple[Shot, bool]:
        """The next request, and whether it is the honest device's own push."""
        ways = (self._valid, self._after_signing, self._before_signing, self._insider, self._auth,
                self._framing, self._route, self._bytes, self._again)  # fmt: skip
        weights = (8, 10, 24, 24, 12, 8, 6, 6, 2)
        return self.dice.choices(ways, weights)[0]()  # type: ignore[no-any-return]

    # --- what is wrong -------------------------------------------------------------------------------

    def _valid(self) -> tuple[Shot, bool]:
        ask = self.ask()
        return self.wire(ask), ask.path == messages.PATH and ask.by is self.device

    def _after_signing(self) -> tuple[Shot, bool]:
        ask = self.ask()
        if not ask.body:
            return self.wire(replace(ask, by=ask.by and self.stranger)), False
        return self.wire(ask, body=spoiling.spoil_bytes(self.dice, ask.body)), False

    def _before_signing(self) -> tuple[Shot, bool]:
        """What only whoever holds a granted key can send: the server must read all of it."""
        ask = self.ask()
        if ask.path == messages.PATH:
            return self.wire(replace(ask, body=spoiling.spoil_message(self.dice, ask.body))), False
        if ask.query:
            query = spoiling.spoil_bytes(self.dice, ask.query.encode())
            shown = "".join(chr(c) for c in query[:2000] if 33 <= c < 127 and c not in b"#?")
            return self.wire(replace(ask, query=shown)), False
        if ask.body:
            return self.wire(replace(ask, body=spoiling.spoil_bytes(self.dice, ask.body))), False
        ranges = ("bytes=0-", "bytes=5-4", "bytes=-5", "bytes=0-1,3-4", "bytes=99999999999-", "x" * 9000, "")
        return self.wire(replace(ask, headers=(("Range", self.dice.choice(ranges)),))), False

    def _auth(self) -> tuple[Shot, bool]:
        ask = replace(self.ask(), by=self.device)
        right = self.signature(ask)
        now = int(self.nonce.partition(".")[0], 16)
        day = 24 * 3600 * 1000
        made_up = [f"{max(0, now + by):x}.{'0' * 32}" for by in (0, day, -day, 10**10, -now)]
        wrong = (
            None, "", right[:-1], right + " ", right.upper(), right.replace("dev=", "dev=" + "0" * 64),
            right * 40, right.replace(", ", ","), "Basic eDp5", "\xff" * 40,
            right.replace("body=", "body=" + "0" * 64),
            self.signature(ask, nonce=self.dice.choice(made_up)), self.signature(ask, key=self.stranger.key),
            self.signature(ask, nonce="f" * 96), self.signature(ask, nonce="." * 9),
            self.signature(replace(ask, by=self.stranger)), self.signature(replace(ask, by=self.revoked)),
            self.signature(replace(ask, method="POST" if ask.method == "GET" else "GET")),
            self.signature(replace(ask, path=ask.path + "/")), self.signature(replace(ask, query="a=b")),
        )  # fmt: skip
        said = self.dice.choice(wrong)
        if said is None:
            return self.wire(replace(ask, by=None)), False
        twice = ((auth.HEADER, right),) if self.dice.random() < 0.1 else ()
        return self.wire(replace(ask, headers=twice), said), False

    def _framing(self) -> tuple[Shot, bool]:
        ask = self.ask()
        act = self.dice.randrange(7)
        if act == 0:
            name = self.dice.choice(sorted(spoiling.PACKINGS))
            packed = replace(ask, body=spoiling.PACKINGS[name](ask.body))
            return self.wire(replace(packed, headers=(("Content-Encoding", name),))), False
        if act == 1:
            bomb = replace(ask, method="POST", body=spoiling.BOMB, headers=(("Content-Encoding", "gzip"),))
            return replace(self.wire(bomb), apart=True), False
        if act == 2:
            many = tuple((f"X-{n}", "y") for n in range(self.dice.choice((10, 100, 1000))))
            return replace(self.wire(replace(ask, headers=many)), apart=True), False
        if act == 3:
            more = self.dice.choice((
                ("Expect", "100-continue"), ("Upgrade", "websocket"), ("Connection", "upgrade"),
                ("TE", "gzip"), ("Content-Type", "x" * 5000), ("Transfer-Encoding", "chunked"),
                ("Accept", "text/html" * 200),
            ))  # fmt: skip
            shot = self.wire(replace(ask, headers=(more,)))
            if more[0] == "Transfer-Encoding":  # two lengths: what follows is no chunk, and no end
                self.forget()
                return replace(shot, apart=True, whole=False), False
            return replace(shot, apart=True), False
        said = [("Host", "x"), ("Transfer-Encoding", "chunked")]
        said += [(auth.HEADER, self.signature(ask))] if ask.by else []
        head = head_of(ask.method, ask.target.encode("latin-1"), said)
        if act == 4:
            broken = self.dice.choice(spoiling.BROKEN_CHUNKS)
            return Shot(head + broken, ask.method, whole=False, apart=True), False
        return Shot(head + spoiling.chunked(self.dice, ask.body), ask.method, apart=True), False

    def _route(self) -> tuple[Shot, bool]:
        if self.dice.random() < 0.4:
            return Shot(self.dice.choice(spoiling.BROKEN_HTTP), whole=False, apart=True), False
        method = self.dice.choice(spoiling.METHODS)
        target = self.dice.choice((*spoiling.TARGETS, self.ask().target.encode("latin-1")))
        headers = [("Host", "x"), ("X-Forwarded-For", self._address()), ("Content-Length", "0")]
        return Shot(head_of(method, target, headers), method, apart=True), False

    def _bytes(self) -> tuple[Shot, bool]:
        shot = self.wire(self.ask())
        data = spoiling.spoil_bytes(self.dice, shot.data[:20_000])
        return Shot(data, shot.method, whole=False, apart=True), False

    def _again(self) -> tuple[Shot, bool]:
        """A nonce and a signature that were good once, byte for byte."""
        if not self._said:
            return self._valid()
        data = self.dice.choice(self._said)
        return Shot(data, data.partition(b" ")[0].decode("latin-1"), apart=True), False

    # --- signed by somebody who may -------------------------------------------------------------------

    def _insider(self) -> tuple[Shot, bool]:
        act = self.dice.randrange(8)
        if act == 0:
            return self.wire(self._by_insider(SyncRequest(**self._false_request()))), False
        if act == 1:
            return self.wire(self._false_statements()), False
        if act == 2:
            name = self.dice.choice(sorted(self.photos))
            method = self.dice.choice(("GET", "HEAD", "PUT"))
            query = blobs.put_query(0, 500) if method == "PUT" else ""
            return self.wire(Ask(method, blobs.blob_path(name), query, b"", self.insider)), False
        if act == 3:
            name, data = self.dice.choice(sorted(self.photos.items()))
            length = self.dice.choice((0, 1, len(data), len(data) + 1, blobs.MAX_BLOB, blobs.MAX_BLOB + 1))
            query, other = blobs.put_query(self.dice.choice((0, 1, blobs.PIECE)), length), data[::-1][:length]
            return self.wire(Ask("PUT", blobs.blob_path(name), query, other, self.device)), False
        frames = tuple(self._false_envelope() for _ in range(self.dice.choice((1, 1, 1, 3, 20))))
        if self.dice.random() < 0.1:
            frames += frames[:1]
        self.signed_false += len(frames)
        return self.wire(self._by_insider(SyncRequest(envelopes=frames))), False

    def _by_insider(self, said: SyncRequest) -> Ask:
        return Ask("POST", messages.PATH, body=messages.encode_request(said), by=self.insider)

    def _false_request(self) -> dict[str, Any]:
        dice, far = self.dice, self.dice.choice((1, 10**6, 2**53 - 1))
        some = sha256_hex(dice.randbytes(4))
        relayed = envelope_frame(dice.choice(list(self.made.values())))
        return dice.choice((
            {"cursors": (Cursor(HONEST),)}, {"cursors": (Cursor("00"),)}, {"cursors": (Cursor("99"),)},
            {"cursors": (Cursor(WRONGED, far, some),)}, {"own": (Own(WRONGED, far, some, far),)},
            {"own": (Own(HONEST, 1, some, 1),)}, {"feed": dice.randbytes(16).hex()},
            {"cursors": tuple(Cursor(f"{n:02}") for n in range(100))}, {"limit": 500, "own_bodies": True},
            {"envelopes": (relayed,)}, {"envelopes": (replace(relayed, sig=bytes(64)),)},
            {"envelopes": (replace(relayed, body=relayed.body[:-1] + b"\0"),)},
            {"proofs": (Signed(b"{}", bytes(64)),)},
            {"proofs": (Signed(dice.randbytes(600), bytes(64)),) * 500},
            {"envelopes": (Frame(b"{}", bytes(64)),) * 500}, {"envelopes": (Frame(b"", bytes(64), b""),)},
        ))  # fmt: skip

    def _false_statements(self) -> Ask:
        """Of the centre's own device, which may bring statements, but has nobody's key to sign them."""
        dice, trial = self.dice, self.trial
        said = statement_frame(dice.choice(trial.statements))
        grant = trial.grant(
            self.stranger.key, "person", dice.choice(("*", "00", HONEST)), "mallory",
            signing.public_bytes(self.stranger.key), "centre_admin",
        )  # fmt: skip
        false = dice.choice((
            statement_frame(grant), replace(said, sig=bytes(64)), replace(said, body=b"x"),
            replace(said, hdr=spoiling.spoil_json(dice, said.hdr)),
            self._signed(spoiling.spoil_json(dice, said.hdr), self.trial.centre_device.key, signing.STMT),
        ))  # fmt: skip
        by = dice.choice((trial.centre_device, self.device, self.insider))
        return Ask(
            "POST", messages.PATH, body=messages.encode_request(SyncRequest(statements=(false,))), by=by
        )

    def _false_envelope(self) -> Frame:
        """Signed with the insider's own key: what the server refuses here it refuses for what it says."""
        dice, (n, prev) = self.dice, self.insider.place(WRONGED)
        body = self._false_body() if dice.random() < 0.3 else self.body
        value: dict[str, Any] = {
            "v": 1, "suite": "A1", "study": self.trial.study, "site": WRONGED, "kind": "rev",
            "dev": self.insider.dev, "n": n + 1, "prev": prev, "ct_sha256": sha256_hex(body),
            "ct_len": len(body), "epoch": 1, "blobs": [],
        }  # fmt: skip
        if dice.random() < 0.25:
            return self._signed(spoiling.spoil_json(dice, canon(value)), self.insider.key, signing.ENV, body)
        if dice.random() < 0.02:
            value |= {"n": 1, "prev": ""}  # another first envelope: a fork, and the end of this insider
        else:
            value |= dice.choice(self._lies(n))
        return self._signed(canon(value), self.insider.key, signing.ENV, body)

    def _lies(self, n: int) -> tuple[dict[str, Any], ...]:
        some = sha256_hex(self.dice.randbytes(4))
        photo = self.dice.choice(sorted(self.photos))
        return (
            {"site": HONEST}, {"site": "00"}, {"site": "99"}, {"site": "*"}, {"study": "OTHER"},
            {"dev": self.device.dev}, {"dev": some}, {"dev": self.revoked.dev}, {"n": n + 2, "prev": some},
            {"n": n + 5000, "prev": some}, {"n": 2**53 - 1, "prev": some}, {"n": 0}, {"n": -1}, {"epoch": 2},
            {"epoch": 9999}, {"epoch": 10_000}, {"epoch": 0}, {"epoch": -1}, {"kind": "grant"}, {"kind": "x"},
            {"ct_len": 1}, {"ct_len": 0}, {"ct_len": 256 * 1024 + 1}, {"ct_sha256": some}, {"v": 2},
            {"v": True}, {"suite": "B2"}, {"blobs": [some] * 33}, {"blobs": ["x"]}, {"blobs": [3]},
            {"extra": "x"}, {"at": STARTED_AT * 10}, {"study": "R" * 5000}, {"blobs": [photo.upper()]},
        )  # fmt: skip

    def _false_body(self) -> bytes:
        good = self.body
        stanza = b"-> X25519 " + b"A" * 43 + b"\n" + b"B" * 43 + b"\n"
        return self.dice.choice((
            b"", b"x", good[:-1], good[:200], good + b"x", b"age-encryption.org/v1\n", bytes(256 * 1024),
            b"age-encryption.org/v1\n" + stanza * 4000 + b"--- " + b"C" * 43 + b"\n",
            b"age-encryption.org/v1\n-> scrypt x 18\n" + stanza * 3 + b"--- " + b"C" * 43 + b"\n",
            b"age-encryption.org/v1\n" + stanza * 2 + b"\n--- " + b"C" * 43 + b"\n",
            good.replace(b"age", b"AGE"),
        ))  # fmt: skip

    def _signed(self, hdr: bytes, key: Ed25519PrivateKey, label: str, body: bytes = b"") -> Frame:
        return Frame(hdr, signing.sign(key, label, hdr), body)
