"""The revision: one user action, signed by its author, immutable.

`inner` is the canonical object below; `rev_id` is its labelled hash and survives re-sealing. The sealed
plaintext is two parts that `age -d` shows as readable text:

    line 1   canon({"k": key_id of the author, "s": base64 signature})
    rest     inner, exactly as signed

`pad` (spaces, inside the signed object) makes the whole plaintext a multiple of 1,024 bytes, so that the
size of an envelope does not speak.

Not here: who may write what (authority), whether it fits its record (history), sealing (envelope).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.base.errors import OurBug, TrustBroken, UserFixable
from reset_or.record.codebook import Value, check_value
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import MAX_BYTES, canon, parse

VERSION: Final = 1
SUITE: Final = "A1"  # ed25519, age-x25519, sha256
ACTS: Final = frozenset({
    "create", "update", "merge", "sign", "lock", "unlock", "freeze", "unfreeze", "withdraw", "event",
})  # fmt: skip
MEANINGS: Final = frozenset(
    {"recorded", "measured", "confirmed", "read", "verified", "approved", "responsible"}
)
MAX_VIEW_BYTES: Final = 16 * 1024
ROOT_FORMS: Final = frozenset({"case", "specimen"})
"""What photos and readings belong to: a subject's case, or a specimen whose subject is not known yet."""
LOOSE_FORMS: Final = frozenset({"person", "site", "event"})
"""What belongs to neither: names of people and sites, and events."""
_PAD_TO: Final = 1024
_NEEDED = (
    "v", "suite", "study", "site", "rec", "form", "form_v", "act", "parents", "chg", "user", "role",
    "dev", "t", "tz", "clk", "app", "pad",
)  # fmt: skip
_ALLOWED = ("case", "blobs", "anchor", "sig", "from")
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,47}")
_STUDY = re.compile(r"[A-Z0-9-]{1,32}")
_SPACES = re.compile(r" *")
_PAD: Final = b'"pad":"%b","parents":['
"""Stands once in a revision: a quotation mark within a text has a backslash before it."""


@dataclass(frozen=True)
class FieldChange:
    """One field's old and new value; None stands for absent. `why` is a code of the list `why`."""

    old: Value | None
    new: Value | None
    why: str = ""
    note: str = ""


@dataclass(frozen=True)
class BlobRef:
    """A sealed photo that a revision names. `sha256`: the stripped file; `camera_sha256`: as taken."""

    id: str
    ct_len: int
    len: int
    mime: str
    w: int
    h: int
    turn: int
    sha256: str
    camera_sha256: str
    captured_at: int | None = None


@dataclass(frozen=True)
class Anchor:
    """The newest feed head the author had seen: a lower bound of the time of writing."""

    feed: str
    seq: int
    feed_hash: str


@dataclass(frozen=True)
class Sig:
    """What a `sign` act says. `view`: what was on the page, in order (docs/formats.md)."""

    signs: tuple[str, ...]
    meaning: str
    name: str
    reauth: str
    view: tuple[dict[str, Any], ...] = ()
    readback_by: str = ""


@dataclass(frozen=True)
class Revision:
    """The parsed content of `inner`. Times are UTC ms, `tz_min` the author's offset in minutes."""

    study: str
    site: str
    rec: str
    form: str
    act: str
    user: str
    role: str
    dev: str
    at: int
    tz_min: int = 0
    clk: str = "ok"
    app: str = ""
    form_v: int = 1
    case: str = ""
    parents: tuple[str, ...] = ()
    chg: dict[str, FieldChange] = field(default_factory=dict)
    blobs: tuple[BlobRef, ...] = ()
    anchor: Anchor | None = None
    sig: Sig | None = None
    moved_from: str = ""

    @cached_property
    def root(self) -> str:
        """The rec of the case or specimen it belongs to, its own for one of these; "" for neither."""
        return self.case or (self.rec if self.form in ROOT_FORMS else "")


@dataclass(frozen=True)
class Erased:
    """Of a revision whose content an order took: its id, its envelope's, and whether it gave no value before
    either."""

    rev_id: str
    env_id: str
    barred: bool = False


@dataclass(frozen=True)
class SignedRevision:
    """A revision with the bytes its author signed. `inner` is kept and sent as it is, never rebuilt; it is
    empty where the revision was `erased`."""

    inner: bytes
    signature: bytes
    key_id: str
    revision: Revision
    erased: Erased | None = None

    @cached_property
    def rev_id(self) -> str:
        return rev_id(self.inner) if self.erased is None else self.erased.rev_id

    def plaintext(self) -> bytes:
        return _first_line(self.key_id, self.signature) + self.inner


def rev_id(inner: bytes) -> str:
    return ids.labelled_hash(signing.REV, inner)


def sign_revision(revision: Revision, key: Ed25519PrivateKey) -> SignedRevision:
    """Encodes, pads and signs. Raises TrustBroken if the revision would not pass its own reader; what that
    reads is what is given back, as every later reader will have it."""
    key_id = signing.key_id(signing.public_bytes(key))
    body = revision_to_object(revision)
    first = len(_first_line(key_id, bytes(64)))
    unpadded = canon(body | {"pad": ""})
    before, after = unpadded.split(_PAD % b"")
    inner = before + _PAD % (b" " * (-(first + len(unpadded)) % _PAD_TO)) + after
    if len(inner) > MAX_BYTES - 4096:
        raise OurBug("revision_too_long")
    read = revision_of_object(parse(inner))
    return SignedRevision(inner, signing.sign(key, signing.REV, inner), key_id, read)


def read_plaintext(untrusted_plaintext: bytes) -> SignedRevision:
    """Splits and parses; the signature is not yet verified (see `verify_author`)."""
    line, newline, inner = untrusted_plaintext.partition(b"\n")
    if not newline or len(line) > 512:
        raise TrustBroken("bad_shape", what="plaintext", field="line")
    head = parse(line)
    shape.keys("plaintext", head, ("k", "s"))
    key_id = shape.text("plaintext", head, "k", ids.HASH_HEX)
    signature = signing.unb64(shape.text("plaintext", head, "s"), length=64)
    return read_inner(inner, signature, key_id)


def read_inner(untrusted_inner: bytes, signature: bytes, key_id: str) -> SignedRevision:
    """Parses the bytes of one revision; every field is checked against the codebook."""
    return SignedRevision(untrusted_inner, signature, key_id, revision_of_object(parse(untrusted_inner)))


def verify_author(signed: SignedRevision, public: bytes) -> None:
    """Raises TrustBroken unless `public` is the author's key and signed exactly these bytes."""
    if signing.key_id(public) != signed.key_id:
        raise TrustBroken("wrong_key", kind="revision")
    signing.verify(public, signing.REV, signed.inner, signed.signature)


def _first_line(key_id: str, signature: bytes) -> bytes:
    return canon({"k": key_id, "s": signing.b64(signature)}) + b"\n"


def revision_to_object(revision: Revision) -> dict[str, Any]:
    """As it stands in `inner`, without `pad`."""
    r = revision
    out: dict[str, Any] = {
        "v": VERSION, "suite": SUITE, "study": r.study, "site": r.site, "rec": r.rec, "form": r.form,
        "form_v": r.form_v, "act": r.act, "parents": sorted(r.parents), "user": r.user, "role": r.role,
        "dev": r.dev, "t": r.at, "tz": r.tz_min, "clk": r.clk, "app": r.app,
        "chg": {name: _change_out(change) for name, change in r.chg.items()},
    }  # fmt: skip
    if r.case:
        out["case"] = r.case
    if r.blobs:
        out["blobs"] = [{k: v for k, v in vars(b).items() if v is not None} for b in r.blobs]
    if r.anchor is not None:
        out["anchor"] = {"feed": r.anchor.feed, "seq": r.anchor.seq, "feed_hash": r.anchor.feed_hash}
    if r.moved_from:
        out["from"] = r.moved_from
    if r.sig is not None:
        out["sig"] = {
            "signs": sorted(r.sig.signs), "meaning": r.sig.meaning, "name": r.sig.name,
            "reauth": r.sig.reauth, "view": list(r.sig.view),
        } | ({"readback_by": r.sig.readback_by} if r.sig.readback_by else {})  # fmt: skip
    return out


def _change_out(change: FieldChange) -> dict[str, Any]:
    said = {"o": change.old, "n": change.new, "why": change.why or None, "note": change.note or None}
    return {key: value for key, value in said.items() if value is not None}


def revision_of_object(value: dict[str, Any]) -> Revision:
    """Raises TrustBroken for another shape and for values that the codebook does not know."""
    what = "revision"
    shape.version(what, value, VERSION)
    if value.get("suite") != SUITE:
        raise TrustBroken("unknown_format", what=what)
    shape.keys(what, value, _NEEDED, _ALLOWED)
    act = shape.text(what, value, "act", _CODE)
    form = shape.text(what, value, "form", _CODE)
    shape.text(what, value, "pad", _SPACES)
    if act not in ACTS or shape.text(what, value, "clk") not in ("ok", "back", "jump"):
        raise shape.bad(what, "act")
    if (act == "sign") != ("sig" in value):
        raise shape.bad(what, "sig")
    blob_list = shape.items(what, value, "blobs", _blob, 32) if "blobs" in value else ()
    return Revision(
        study=shape.text(what, value, "study", _STUDY),
        site=shape.text(what, value, "site", ids.SITE),
        rec=shape.text(what, value, "rec", ids.REC_HEX),
        form=form,
        act=act,
        user=shape.text(what, value, "user", re.compile(rf"{ids.USER.pattern}|")),
        role=shape.text(what, value, "role", _CODE),
        dev=shape.text(what, value, "dev", ids.HASH_HEX),
        at=shape.number(what, value, "t"),
        tz_min=shape.number(what, value, "tz", -900, 900),
        clk=value["clk"],
        app=shape.text(what, value, "app", re.compile(r"[0-9A-Za-z.+-]{0,32}")),
        form_v=shape.number(what, value, "form_v", 1, 999),
        case=shape.text(what, value, "case", ids.REC_HEX) if "case" in value else "",
        parents=shape.items(what, value, "parents", shape.hex_item(ids.HASH_HEX, what), 64),
        chg=_changes(form, shape.mapping(what, value, "chg")),
        blobs=blob_list,
        anchor=_anchor(shape.mapping(what, value, "anchor")) if "anchor" in value else None,
        sig=_sig(shape.mapping(what, value, "sig")) if "sig" in value else None,
        moved_from=shape.text(what, value, "from", ids.HASH_HEX) if "from" in value else "",
    )


def _changes(form: str, value: dict[str, Any]) -> dict[str, FieldChange]:
    found: dict[str, FieldChange] = {}
    for name, change in value.items():
        if not isinstance(change, dict):
            raise shape.bad("chg", name)
        shape.keys("chg", change, (), ("o", "n", "why", "note"))
        for side in ("o", "n"):
            if side in change:
                try:
                    check_value(form, name, change[side])
                except UserFixable as error:
                    raise shape.bad("chg", name) from error
        why = shape.text("chg", change, "why", _CODE) if "why" in change else ""
        note = shape.text("chg", change, "note") if "note" in change else ""
        found[name] = FieldChange(change.get("o"), change.get("n"), why, note)
    return found


def _blob(value: Any) -> BlobRef:
    what = "blob"
    if not isinstance(value, dict):
        raise shape.bad(what, "blobs")
    needed = ("id", "ct_len", "len", "mime", "w", "h", "turn", "sha256", "camera_sha256")
    shape.keys(what, value, needed, ("captured_at",))
    return BlobRef(
        id=shape.text(what, value, "id", ids.HASH_HEX),
        ct_len=shape.number(what, value, "ct_len", 1, 64 << 20),
        len=shape.number(what, value, "len", 1, 64 << 20),
        mime=shape.text(what, value, "mime", re.compile(r"image/(jpeg|png)|application/dicom")),
        w=shape.number(what, value, "w", 1, 100_000),
        h=shape.number(what, value, "h", 1, 100_000),
        turn=shape.number(what, value, "turn", 1, 8),
        sha256=shape.text(what, value, "sha256", ids.HASH_HEX),
        camera_sha256=shape.text(what, value, "camera_sha256", ids.HASH_HEX),
        captured_at=shape.number(what, value, "captured_at") if "captured_at" in value else None,
    )


def _anchor(value: dict[str, Any]) -> Anchor:
    shape.keys("anchor", value, ("feed", "seq", "feed_hash"))
    return Anchor(
        shape.text("anchor", value, "feed", ids.REC_HEX),
        shape.number("anchor", value, "seq"),
        shape.text("anchor", value, "feed_hash", ids.HASH_HEX),
    )


def _sig(value: dict[str, Any]) -> Sig:
    what = "sig"
    shape.keys(what, value, ("signs", "meaning", "name", "reauth", "view"), ("readback_by",))
    if len(canon({"view": value["view"]})) > MAX_VIEW_BYTES:
        raise shape.bad(what, "view")
    meaning = shape.text(what, value, "meaning")
    reauth = shape.text(what, value, "reauth")
    if meaning not in MEANINGS or reauth not in ("password", "pin"):
        raise shape.bad(what, "meaning")
    return Sig(
        signs=shape.items(what, value, "signs", shape.hex_item(ids.HASH_HEX, what), 256),
        meaning=meaning,
        name=shape.text(what, value, "name"),
        reauth=reauth,
        view=shape.items(what, value, "view", _view_row, 256),
        readback_by=shape.text(what, value, "readback_by", ids.USER) if "readback_by" in value else "",
    )


def _view_row(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(v, (str, int)) for v in value.values()):
        raise shape.bad("sig", "view")
    return value
