"""What goes into the store and comes out of it: frozen values, no row object leaves this package.

`case` is the rec of the case a record belongs to (its own for a case record, "" for none). Times are UTC
milliseconds. Bytes of JSON are written and read by the caller; the store never looks inside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from reset_or.revisions.directory import When
from reset_or.revisions.envelope import Envelope
from reset_or.revisions.erased import read_skeleton
from reset_or.revisions.receipts import GENESIS
from reset_or.revisions.revision import SignedRevision, read_inner
from reset_or.revisions.statements import Statement

EntryKind = Literal["env", "stmt", "rcpt"]
BlobState = Literal["local", "wanted", "absent", "erased"]
MAX_APPLY: Final = 100


@dataclass(frozen=True)
class RecordRow:
    """The projection of one record, as the caller folded it.

    `fields`: JSON of the folded fields; `summary`: JSON of what lists show; `search`: what the case list
    looks through, case-folded by the store; `status`: code of the lifecycle; `conflicts`: number of fields
    with more than one value; `to_sign`: codes of signatures still missing, space-separated.
    """

    rec: str
    form: str
    case: str
    site: str
    subject: str = ""
    status: str = ""
    fields: bytes = b"{}"
    summary: bytes = b"{}"
    heads: tuple[str, ...] = ()
    conflicts: int = 0
    uncertified: int = 0
    unauthorised: int = 0
    to_sign: str = ""
    search: str = ""
    created_at: int = 0
    changed_at: int = 0


class _Readable:
    """A row with the signed bytes of a revision, or with what an order of erasure left of it."""

    inner: bytes
    signature: bytes
    key_id: str
    skeleton: bytes | None

    def read(self) -> SignedRevision:
        """The revision; its signature was verified when it arrived. Raises TrustBroken for other bytes."""
        if self.skeleton is not None:
            return read_skeleton(self.skeleton, self.signature, self.key_id)
        return read_inner(self.inner, self.signature, self.key_id)


@dataclass(frozen=True)
class HistoryRow(_Readable):
    """A revision as far as folding needs it; the fields mean what they do in `StoredRevision`."""

    rev_id: str
    form: str
    case: str
    standing: str
    inner: bytes
    signature: bytes
    key_id: str
    skeleton: bytes | None
    seq: int | None
    received_at: int | None


@dataclass(frozen=True)
class StoredRevision(_Readable):
    """A revision as it was signed, at its place.

    `pos` counts the revisions of this store in order of arrival. `seq` and `received_at` are the place and
    time in the site's feed, None while no entry of the feed names it. `receipted`: the server's receipt
    is held. `own`: this device wrote and sealed it. `inner` is empty where an order erased it; then
    `skeleton` stands for it.
    """

    pos: int
    rev_id: str
    rec: str
    form: str
    case: str
    site: str
    act: str
    user: str
    at: int
    inner: bytes
    signature: bytes
    key_id: str
    standing: str
    env_id: str
    dev: str
    n: int
    own: bool
    receipted: bool
    seq: int | None
    received_at: int | None
    proven_at: int | None = None
    skeleton: bytes | None = None

    @property
    def when(self) -> When | None:
        """Its place for judging its author; None while no feed has it."""
        return None if self.seq is None else When(self.site, self.seq, self.proven_at)


@dataclass(frozen=True)
class StoredEnvelope:
    """An envelope as it travels; `rev_id` is "" for a grant, `body` None where it was erased.

    `proof` is the id of the oldest receipt for it where a later feed had to be told of it again, else "";
    `proven_at` the time of arrival which that receipt names.
    """

    env_id: str
    site: str
    dev: str
    n: int
    prev: str
    kind: str
    hdr: bytes
    dsig: bytes
    body: bytes | None
    rev_id: str
    own: bool
    receipt: str
    proof: str = ""
    proven_at: int | None = None


@dataclass(frozen=True)
class ToErase:
    """`bodies`: envelopes with their sealed body; `torn`: entries in quarantine with one; `revisions`: those
    whose content is still here."""

    bodies: tuple[str, ...]
    torn: tuple[str, ...]
    revisions: tuple[StoredRevision, ...]


@dataclass(frozen=True)
class SentRow:
    """A revision of this device with the id of the centre's receipt for its envelope ("" for none), and that
    of a relay's where the centre's is awaited."""

    rev_id: str
    rec: str
    form: str
    case: str
    user: str
    at: int
    env_id: str
    receipt: str
    relay_receipt: str


@dataclass(frozen=True)
class HeldRow:
    """Of a revision that is here, what tells whether a new place in the feed may change how it stands."""

    env_id: str
    rec: str
    key_id: str
    standing: str
    own: bool


@dataclass(frozen=True)
class ChainHead:
    """The newest envelope of one device in one site; n 0 and "" before the first."""

    n: int
    env_id: str


@dataclass(frozen=True)
class Draft:
    """What was typed and not yet saved: one row for a page, a case and a person."""

    page: str
    case: str
    user: str
    data: bytes
    at: int


DraftKey = tuple[str, str, str]


@dataclass(frozen=True)
class EntryRow:
    """One place in a site's feed; `receipt` is the id of a stored receipt that covers it, or ""."""

    site: str
    seq: int
    kind: EntryKind
    id: str
    received_at: int
    feed_hash: str
    receipt: str = ""


@dataclass(frozen=True)
class Cursor:
    """How far a site's feed was taken in. `head_at`: time of the newest signed head seen. `relay`: it is the
    feed of the hospital's relay, not that of the coordinating centre."""

    site: str
    feed: str = ""
    seq: int = 0
    feed_hash: str = GENESIS
    head_at: int = 0
    relay: bool = False


@dataclass(frozen=True)
class Proof:
    """The oldest receipt for an envelope that a later feed was told of again: its id, and when it arrived."""

    receipt: str
    at: int | None


@dataclass(frozen=True)
class Pulled:
    """One verified entry to be stored with everything that belongs to it.

    `envelope` None: held already (our own comes back without body) or a statement. `revision` None: a
    grant, a body erased, or an envelope that could not be opened: then `trouble` is its error code and
    the entry also goes to quarantine with `untrusted` bytes.
    """

    entry: EntryRow
    envelope: Envelope | None = None
    revision: SignedRevision | None = None
    standing: str = "certified"
    statement: Statement | None = None
    trouble: str = ""
    untrusted: tuple[bytes, bytes, bytes] = (b"", b"", b"")
    proof: Proof | None = None

    @property
    def is_held(self) -> bool:
        """An envelope that is stored here already: only its place is new."""
        return self.entry.kind == "env" and self.envelope is None and not self.trouble


@dataclass(frozen=True)
class QuarantineRow:
    """Something that arrived and was not what it claimed; kept apart, counted, never used."""

    id: str
    site: str
    seq: int
    code: str
    at: int
    hdr: bytes
    sig: bytes
    body: bytes
    tries: int = 1
    proof: str = ""
    proven_at: int | None = None


@dataclass(frozen=True)
class BlobRow:
    """A sealed photo file. `state`: local = the file is here, wanted = at the centre only, absent, erased =
    an order took it.

    `sent`: bytes the server has of it; `receipt`: the server's blob receipt, as (data, signature). `centre`:
    None where that is the centre's own; else the centre's beside a relay's, empty while it is awaited.
    """

    id: str
    site: str
    case: str
    rec: str
    length: int
    state: BlobState = "local"
    sent: int = 0
    at: int = 0
    receipt: tuple[bytes, bytes] | None = None
    centre: tuple[bytes, bytes] | None = None

    @property
    def centre_receipt(self) -> tuple[bytes, bytes] | None:
        """The coordinating centre's receipt, whichever way it came."""
        if self.centre is None:
            return self.receipt
        return self.centre if self.centre[0] else None


@dataclass(frozen=True)
class ReceiptRow:
    """A server's receipt, kept for ever under the key that signed it. Of a photo: both places 0."""

    id: str
    site: str
    first_seq: int
    last_seq: int
    data: bytes
    sig: bytes


@dataclass(frozen=True)
class StatementRow:
    """A statement with its places: (site, seq, time of arrival).

    ("*", 0, 0): it came with the trial; seq None: the feed that held it was lost.
    """

    stmt_id: str
    data: bytes
    sig: bytes
    places: tuple[tuple[str, int | None, int], ...]


@dataclass(frozen=True)
class LedgerRow:
    """A record that is not wholly at the centre: revisions and photos that are only here, and those that the
    hospital's relay has."""

    rec: str
    case: str
    form: str
    subject: str
    site: str
    revisions: int
    photos: int
    oldest_at: int
    relayed: int = 0
    relayed_photos: int = 0

    @property
    def only_here(self) -> bool:
        """Whether something of it would be lost with this computer."""
        return bool(self.revisions or self.photos)


@dataclass(frozen=True)
class Waiting:
    """What waits for a sync: unsent envelopes of this device (`own`) and of others (`relayed`), photos to
    send and to fetch, entries in quarantine; and envelopes and photos `at_relay` whose receipt of the centre
    has not come."""

    own: int
    relayed: int
    photos: int
    wanted: int
    quarantined: int
    at_relay: int


@dataclass(frozen=True)
class Counts:
    """Totals for the status line. `unsent` counts envelopes, `unsent_records` the records they change."""

    records: int
    revisions: int
    drafts: int
    unsent: int
    unsent_records: int
    unsent_photos: int
    oldest_unsent_at: int | None
    quarantined: int
    uncertified: int
