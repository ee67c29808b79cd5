"""`POST /v1/sync`: the one request that pushes what is new here and fetches what is new there.

Both directions are `u32 length | head | frames` (see `frames`), the head canonical JSON.

Request head   {"v":1, "feed":"" or id, "cursors":[{"site","seq","feed_hash"}],
               "own":[{"site","n","env_id","head"}], "limit":1..500, "own_bodies":bool,
               "stmts":count, "envs":count, "proofs":count}
Request frames statements, then envelopes, then proofs (old receipts of relayed envelopes).
Answer head    {"v":1, "outcome", "feed", "nonce", "at", "more":bool, "receipts":count,
               "items":[{"id","status","problem"?,"why"?,"need"?,"receipt"?,"retry_s"?}],
               "sites":[{"site","own_n","own_id","more":bool,"common":[{"seq","feed_hash"}],
                         "entries":[{"seq","kind","id","at","receipt","proof"?,"body":bool}]}]}
Answer frames  one an entry (sites and entries in order), then the receipts, then one signed head a site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar, cast, get_args

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.revisions import shape
from reset_or.revisions.canonical import canon, parse
from reset_or.revisions.receipts import GENESIS, Signed
from reset_or.wire import frames as wire_frames
from reset_or.wire.frames import Frame

PATH: Final = "/v1/sync"
CONTENT_TYPE: Final = "application/x-reset-or-sync"
MAX_REQUEST: Final = 4 * 1024 * 1024
"""Bytes of one request, head and frames together."""
MAX_FRAMES: Final = 500
"""Statements and envelopes of one request; also entries of one answer."""
MAX_PROOFS: Final = 500
MAX_SITES: Final = 100
MAX_ANSWER_FRAMES: Final = 4 * 1024 * 1024
"""Bytes of entry frames after which an answer ends and says `more`."""
_MAX_REQUEST_HEAD: Final = 64 * 1024
_MAX_ANSWER_HEAD: Final = 1024 * 1024
_MAX_ANSWER_FRAMES: Final = 4 * MAX_FRAMES + MAX_SITES

Outcome = Literal["ok", "rolled_back", "behind"]
EntryKind = Literal["env", "stmt", "rcpt"]
Status = Literal["stored", "duplicate", "need", "refused"]
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NONCE = re.compile(r"[0-9a-f.]{1,96}")
_REC_OR_NONE = re.compile(rf"{ids.REC_HEX.pattern}|")
_HASH_OR_NONE = re.compile(rf"{ids.HASH_HEX.pattern}|")


@dataclass(frozen=True)
class Cursor:
    """The newest entry of a site's feed that the caller holds; seq 0 and GENESIS for none."""

    site: str
    seq: int = 0
    feed_hash: str = GENESIS


@dataclass(frozen=True)
class Own:
    """The caller's own chain in a site.

    `n`, `env_id`: the newest envelope that has a receipt (0 and "" for none). `head`: n of the newest one it
    has made at all, so that a lost answer does not look like a restored device.
    """

    site: str
    n: int = 0
    env_id: str = ""
    head: int = 0


S = TypeVar("S", Cursor, Own)


@dataclass(frozen=True)
class SyncRequest:
    """One sync. `feed` is "" before the first answer. `own_bodies`: send me my own bodies too (recovery).

    `proofs` are old receipts of envelopes that this request relays for other devices. A site device names
    its own site only; a device of site 00 may name any.
    """

    feed: str = ""
    cursors: tuple[Cursor, ...] = ()
    own: tuple[Own, ...] = ()
    statements: tuple[Frame, ...] = ()
    envelopes: tuple[Frame, ...] = ()
    proofs: tuple[Signed, ...] = ()
    limit: int = MAX_FRAMES
    own_bodies: bool = False


@dataclass(frozen=True)
class Item:
    """What became of one statement or envelope of the request, in the order sent.

    stored      taken now; `receipt` is the place of its receipt in `SyncAnswer.receipts`
    duplicate   taken before; `receipt` likewise (None for a statement that came with the trial)
    need        not taken: the chain of its device goes on at n = `need`
    refused     not taken: `problem` is a code of `problems.PROBLEMS`; `why` a finer reason; `retry_s` seconds
    """

    id: str
    status: Status
    problem: str = ""
    why: str = ""
    need: int | None = None
    receipt: int | None = None
    retry_s: int | None = None


@dataclass(frozen=True)
class Entry:
    """One place of a site's feed. `receipt` and `proof` are places in `SyncAnswer.receipts`.

    `proof` is an older receipt that a relayed envelope came with. `has_body` is False for the caller's own
    envelopes (unless asked for), for what a relay brought itself, for statements and receipts, and for bodies
    erased by order. A `rcpt` stands in a relay's feed only: its frame is a receipt of the coordinating
    centre's server, for a batch or for a photo, and `id` the labelled hash of its bytes.
    """

    seq: int
    kind: EntryKind
    id: str
    received_ms: int
    receipt: int
    frame: Frame
    has_body: bool = False
    proof: int | None = None


@dataclass(frozen=True)
class SiteAnswer:
    """One site of the request. `head` is the server-signed newest entry of its feed.

    `own_n`, `own_id`: the newest envelope of the caller that the server holds here. `common` is filled only
    where the cursor did not fit: places of the server's feed, newest first, ever further apart, and seq 0
    last; the caller starts again at the first one it holds itself.
    """

    site: str
    head: Signed
    own_n: int = 0
    own_id: str = ""
    entries: tuple[Entry, ...] = ()
    common: tuple[Cursor, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class SyncAnswer:
    """`rolled_back`: the server lacks what it once receipted, nothing was appended, no entries are
    given. `behind`: the server holds more of the caller's own chain than the caller; nothing was
    appended, entries are given. `at`: the server's clock, UTC ms.
    """

    outcome: Outcome
    feed: str
    nonce: str
    at: int
    items: tuple[Item, ...] = ()
    receipts: tuple[Signed, ...] = ()
    sites: tuple[SiteAnswer, ...] = ()
    more: bool = False


def encode_request(request: SyncRequest) -> bytes:
    head = {
        "v": 1, "feed": request.feed, "cursors": [vars(c) for c in request.cursors],
        "own": [vars(o) for o in request.own], "limit": request.limit, "own_bodies": request.own_bodies,
        "stmts": len(request.statements), "envs": len(request.envelopes), "proofs": len(request.proofs),
    }  # fmt: skip
    proofs = tuple(wire_frames.signed_frame(proof) for proof in request.proofs)
    return wire_frames.with_head(canon(head), request.statements + request.envelopes + proofs)


def decode_request(untrusted: bytes) -> SyncRequest:
    """Raises TrustBroken (`bad_frames`, `not_canonical`, `bad_shape`, `unknown_format`)."""
    what = "sync_request"
    head_bytes, rest = wire_frames.split_head(untrusted, most=_MAX_REQUEST_HEAD)
    value = _head(what, head_bytes, _MAX_REQUEST_HEAD, (
        "v", "feed", "cursors", "own", "limit", "own_bodies", "stmts", "envs", "proofs",
    ))  # fmt: skip
    statements = shape.number(what, value, "stmts", 0, MAX_FRAMES)
    envelopes = shape.number(what, value, "envs", 0, MAX_FRAMES - statements)
    proofs = shape.number(what, value, "proofs", 0, MAX_PROOFS)
    found = wire_frames.decode_frames(rest, most=statements + envelopes + proofs)
    if len(found) != statements + envelopes + proofs:
        raise TrustBroken("bad_frames", reason="count")
    return SyncRequest(
        feed=shape.text(what, value, "feed", _REC_OR_NONE),
        cursors=_one_a_site(what, shape.items(what, value, "cursors", _cursor, MAX_SITES)),
        own=_one_a_site(what, shape.items(what, value, "own", _own, MAX_SITES)),
        statements=tuple(found[:statements]),
        envelopes=tuple(found[statements : statements + envelopes]),
        proofs=tuple(wire_frames.frame_signed(f) for f in found[statements + envelopes :]),
        limit=shape.number(what, value, "limit", 1, MAX_FRAMES),
        own_bodies=_flag(what, value, "own_bodies"),
    )


def encode_answer(answer: SyncAnswer) -> bytes:
    head = {
        "v": 1, "outcome": answer.outcome, "feed": answer.feed, "nonce": answer.nonce, "at": answer.at,
        "more": answer.more, "receipts": len(answer.receipts),
        "items": [_without_empty(vars(item)) for item in answer.items],
        "sites": [_site_out(site) for site in answer.sites],
    }  # fmt: skip
    entry_frames = [entry.frame for site in answer.sites for entry in site.entries]
    signed = [*answer.receipts, *(site.head for site in answer.sites)]
    return wire_frames.with_head(canon(head), entry_frames + [wire_frames.signed_frame(s) for s in signed])


def decode_answer(untrusted: bytes) -> SyncAnswer:
    """Checks shape and counts only; receipts, heads, statements and envelopes are verified by the caller.

    Raises TrustBroken (`bad_frames`, `not_canonical`, `bad_shape`, `unknown_format`).
    """
    what = "sync_answer"
    head_bytes, rest = wire_frames.split_head(untrusted, most=_MAX_ANSWER_HEAD)
    value = _head(what, head_bytes, _MAX_ANSWER_HEAD, (
        "v", "outcome", "feed", "nonce", "at", "more", "receipts", "items", "sites",
    ))  # fmt: skip
    receipts = shape.number(what, value, "receipts", 0, 3 * MAX_FRAMES)
    found = iter(wire_frames.decode_frames(rest, most=_MAX_ANSWER_FRAMES))
    sites = shape.items(what, value, "sites", lambda entry: _site_in(entry, found, receipts), MAX_SITES)
    signed = [wire_frames.frame_signed(frame) for frame in found]
    if len(signed) != receipts + len(sites):
        raise TrustBroken("bad_frames", reason="count")
    return SyncAnswer(
        outcome=cast(Outcome, _choice(what, value, "outcome", get_args(Outcome))),
        feed=shape.text(what, value, "feed", ids.REC_HEX),
        nonce=shape.text(what, value, "nonce", _NONCE),
        at=shape.number(what, value, "at"),
        items=shape.items(what, value, "items", lambda entry: _item_in(entry, receipts), MAX_FRAMES),
        receipts=tuple(signed[:receipts]),
        sites=tuple(replace(s, head=h) for s, h in zip(sites, signed[receipts:], strict=True)),
        more=_flag(what, value, "more"),
    )


def _head(what: str, untrusted: bytes, most: int, needed: tuple[str, ...]) -> dict[str, Any]:
    value = parse(untrusted, max_bytes=most)
    if value.get("v") != 1 or value["v"] is True:
        raise TrustBroken("unknown_format", what=what)
    shape.keys(what, value, needed)
    return value


def _site_out(site: SiteAnswer) -> dict[str, Any]:
    entries = [
        {"seq": e.seq, "kind": e.kind, "id": e.id, "at": e.received_ms, "receipt": e.receipt,
         "body": e.has_body} | ({} if e.proof is None else {"proof": e.proof})
        for e in site.entries
    ]  # fmt: skip
    common = [{"seq": c.seq, "feed_hash": c.feed_hash} for c in site.common]
    return {
        "site": site.site, "own_n": site.own_n, "own_id": site.own_id, "more": site.more,
        "entries": entries, "common": common,
    }  # fmt: skip


def _site_in(value: Any, found: Iterator[Frame], receipts: int) -> SiteAnswer:
    what = "sync_site"
    value = _object(what, value, ("site", "own_n", "own_id", "more", "entries", "common"))
    site = shape.text(what, value, "site", ids.SITE)

    def common(entry: Any) -> Cursor:
        entry = _object(what, entry, ("seq", "feed_hash"))
        return Cursor(
            site, shape.number(what, entry, "seq"), shape.text(what, entry, "feed_hash", ids.HASH_HEX)
        )

    return SiteAnswer(
        site=site,
        head=Signed(b"", b""),
        own_n=shape.number(what, value, "own_n"),
        own_id=shape.text(what, value, "own_id", _HASH_OR_NONE),
        entries=shape.items(
            what, value, "entries", lambda entry: _entry_in(entry, found, receipts), MAX_FRAMES
        ),
        common=shape.items(what, value, "common", common, 64),
        more=_flag(what, value, "more"),
    )


def _entry_in(value: Any, found: Iterator[Frame], receipts: int) -> Entry:
    what = "sync_entry"
    value = _object(what, value, ("seq", "kind", "id", "at", "receipt", "body"), ("proof",))
    frame = next(found, None)
    if frame is None:
        raise TrustBroken("bad_frames", reason="count")
    has_body = _flag(what, value, "body")
    if has_body != bool(frame.body):
        raise shape.bad(what, "body")
    return Entry(
        seq=shape.number(what, value, "seq", 1),
        kind=cast(EntryKind, _choice(what, value, "kind", get_args(EntryKind))),
        id=shape.text(what, value, "id", ids.HASH_HEX),
        received_ms=shape.number(what, value, "at"),
        receipt=shape.number(what, value, "receipt", 0, receipts - 1),
        frame=frame,
        has_body=has_body,
        proof=_maybe(what, value, "proof", receipts - 1),
    )


def _item_in(value: Any, receipts: int) -> Item:
    what = "sync_item"
    value = _object(what, value, ("id", "status"), ("problem", "why", "need", "receipt", "retry_s"))
    return Item(
        id=shape.text(what, value, "id", ids.HASH_HEX),
        status=cast(Status, _choice(what, value, "status", get_args(Status))),
        problem=shape.text(what, value, "problem", _CODE) if "problem" in value else "",
        why=shape.text(what, value, "why", _CODE) if "why" in value else "",
        need=_maybe(what, value, "need"),
        receipt=_maybe(what, value, "receipt", receipts - 1),
        retry_s=_maybe(what, value, "retry_s"),
    )


def _cursor(value: Any) -> Cursor:
    what = "cursor"
    value = _object(what, value, ("site", "seq", "feed_hash"))
    cursor = Cursor(
        shape.text(what, value, "site", ids.SITE),
        shape.number(what, value, "seq"),
        shape.text(what, value, "feed_hash", ids.HASH_HEX),
    )
    if cursor.seq == 0 and cursor.feed_hash != GENESIS:
        raise shape.bad(what, "feed_hash")
    return cursor


def _own(value: Any) -> Own:
    what = "own"
    value = _object(what, value, ("site", "n", "env_id", "head"))
    n = shape.number(what, value, "n")
    env_id = shape.text(what, value, "env_id", _HASH_OR_NONE)
    if (n == 0) != (env_id == ""):
        raise shape.bad(what, "env_id")
    return Own(shape.text(what, value, "site", ids.SITE), n, env_id, shape.number(what, value, "head", n))


def _one_a_site(what: str, found: tuple[S, ...]) -> tuple[S, ...]:
    if len({each.site for each in found}) != len(found):
        raise shape.bad(what, "site")
    return found


def _object(what: str, value: Any, needed: tuple[str, ...], allowed: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise shape.bad(what, "object")
    shape.keys(what, value, needed, allowed)
    return value


def _flag(what: str, value: Mapping[str, Any], name: str) -> bool:
    found = value.get(name)
    if not isinstance(found, bool):
        raise shape.bad(what, name)
    return found


def _choice(what: str, value: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    found = shape.text(what, value, name)
    if found not in choices:
        raise shape.bad(what, name)
    return found


def _maybe(what: str, value: Mapping[str, Any], name: str, high: int = 2**53 - 1) -> int | None:
    return shape.number(what, value, name, 0, high) if name in value else None


def _without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if inner not in ("", None)}
