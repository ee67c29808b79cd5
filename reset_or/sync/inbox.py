"""What came back, verified: heads, receipts, the chain of the feed, and each entry from the outside in.

Pure but for the directory, which learns each statement at its place. A broken feed refuses the whole
answer (TrustBroken); a broken entry is kept apart and the feed goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reset_or.base.errors import TrustBroken
from reset_or.base.ids import labelled_hash
from reset_or.revisions import signing
from reset_or.revisions.directory import Directory, When
from reset_or.revisions.envelope import Envelope, env_id, open_sealed, verify_device
from reset_or.revisions.history import Placed, Standing, author_standing
from reset_or.revisions.receipts import Receipt, Signed, SiteHead, read_blob_receipt, read_receipt
from reset_or.revisions.revision import BlobRef, SignedRevision, read_plaintext
from reset_or.revisions.statements import Statement
from reset_or.store.rows import Cursor, EntryRow, Proof, Pulled
from reset_or.sync import epochs
from reset_or.sync.epochs import EpochKey
from reset_or.wire.feed import Receipts, check_end, hash_after, read_head_of
from reset_or.wire.frames import Frame, frame_signed, read_envelope_frame, read_statement_frame
from reset_or.wire.messages import SiteAnswer, SyncAnswer

CENTRE: Final = "00"
NO_PLACE: Final = 2**53 - 1
"""Behind every place of a feed."""
RETRIABLE: Final = frozenset(
    {"not_sealed_to_me", "device_unknown", "statement_unknown_issuer", "body_withheld"}
)
"""Troubles that a later statement or grant may end: an order of erasure stands behind what it erased."""


@dataclass(frozen=True)
class Brought:
    """A receipt of the coordinating centre that a relay brought: of a batch, or else of photo `blob`."""

    signed: Signed
    batch: Receipt | None = None
    blob: str = ""


@dataclass(frozen=True)
class Checked:
    """A verified entry with what must be stored beside it. `own`: of this device, not held here yet.

    `receipt` and `proof`: places of its receipt and of an older one in the answer, -1 for none.
    """

    pulled: Pulled
    placed: Placed | None = None
    blobs: tuple[BlobRef, ...] = ()
    keys: tuple[EpochKey, ...] = ()
    receipt: int = -1
    proof: int = -1
    own: bool = False
    brought: Brought | None = None

    @property
    def is_held(self) -> bool:
        return self.pulled.is_held


@dataclass(frozen=True)
class Page:
    """One site's part of an answer. `cursors[i]` is the cursor after `entries[i]`; `relay` as there."""

    site: str
    head: SiteHead
    entries: tuple[Checked, ...]
    cursors: tuple[Cursor, ...]
    statements: bool
    signed_head: Signed
    relay: bool = False


@dataclass
class Inbox:
    """Verifies answers for one device. `keys`: (site, epoch) -> identity, grown by grants.

    `takes_back`: own envelopes that are not held here are taken in; otherwise they mean a fork.
    """

    study: str
    dev: str
    box_secret: str
    directory: Directory
    keys: dict[tuple[str, int], str] = field(default_factory=dict)
    takes_back: bool = False

    def learn(self, keys: Sequence[EpochKey]) -> None:
        self.keys.update({(key.site, key.epoch): key.identity for key in keys})

    def page(
        self, answer: SyncAnswer, said: SiteAnswer, cursor: Cursor, receipts: Receipts, held: Collection[str]
    ) -> Page:
        """One site's entries, in order. `held`: ids of envelopes that are stored here already.

        Raises TrustBroken `feed_differs`, `feed_gap`, `receipt_wrong`, `head_wrong`, `bad_signature`: nothing
        of the answer may be used then.
        """
        head, central = read_head_of(said, answer.feed, self.directory)
        if cursor.feed and cursor.relay == central:
            raise TrustBroken("head_wrong", site=said.site)  # one server's feed under another's key
        checked, cursors, statements = [], [], False
        for entry in said.entries:
            after = hash_after(said.site, cursor.seq, cursor.feed_hash, entry, receipts)
            head_at = max(cursor.head_at, head.at)
            cursor = Cursor(said.site, answer.feed, entry.seq, after, head_at, not central)
            row = EntryRow(
                said.site, entry.seq, entry.kind, entry.id, entry.received_ms, cursor.feed_hash,
                receipts.receipt_id(entry.receipt),
            )  # fmt: skip
            proven = receipts.proof(entry.proof, entry.id, said.site)
            proof = Proof(*proven) if proven else None
            place = -1 if proof is None or entry.proof is None else entry.proof
            one = replace(self.entry(row, entry.frame, held, proof), receipt=entry.receipt, proof=place)
            statements = statements or one.pulled.statement is not None
            checked.append(one)
            cursors.append(cursor)
        check_end(said, cursor.seq, cursor.feed_hash, head)
        entries = tuple(checked)
        return Page(said.site, head, entries, tuple(cursors), statements, said.head, not central)

    def entry(
        self, row: EntryRow, untrusted: Frame, held: Collection[str] = (), proof: Proof | None = None
    ) -> Checked:
        """One entry; a broken one comes back with its trouble and its bytes."""
        try:
            if row.kind == "stmt":
                return self._statement(row, untrusted)
            if row.kind == "rcpt":
                return self._brought(row, untrusted)
            if row.id in held:
                return Checked(Pulled(row))
            found = self._envelope(row, untrusted, When(row.site, row.seq, proof.at if proof else None))
            return replace(found, pulled=replace(found.pulled, proof=proof)) if proof else found
        except TrustBroken as error:
            bytes_ = (untrusted.hdr, untrusted.sig, untrusted.body)
            return Checked(Pulled(row, trouble=error.code, untrusted=bytes_, proof=proof))

    def unplaced(self, site: str, untrusted: Frame, proofs: Mapping[str, Proof]) -> Checked:
        """An envelope that no feed names yet, judged as of now or by its old receipt (`proofs_of`).

        A broken one comes back with its trouble. `entry` of what is returned stands for no place.
        """
        row = EntryRow(site, 0, "env", env_id(untrusted.hdr), 0, "")
        proof = proofs.get(row.id)
        when = When(site, NO_PLACE, proof.at) if proof is not None else None
        try:
            found = self._envelope(row, untrusted, when)
        except TrustBroken as error:
            return Checked(Pulled(row, trouble=error.code))
        return replace(found, pulled=replace(found.pulled, proof=proof))

    def _statement(self, row: EntryRow, untrusted: Frame) -> Checked:
        statement: Statement = read_statement_frame(untrusted)
        if statement.stmt_id != row.id:
            raise TrustBroken("entry_other", kind="stmt")
        self.directory.add(statement, site=row.site, seq=row.seq, at=row.received_at)
        return Checked(Pulled(row, statement=statement))

    def _brought(self, row: EntryRow, untrusted: Frame) -> Checked:
        """Only the coordinating centre says what it has: a relay carries its word and cannot give it."""
        signed, keys = frame_signed(untrusted), self.directory.server_keys(CENTRE)
        if row.id == labelled_hash(signing.BLOB, signed.data):
            return Checked(Pulled(row), brought=Brought(signed, blob=read_blob_receipt(signed, keys)[0]))
        receipt = read_receipt(signed, keys)
        if row.id != labelled_hash(signing.RCPT, signed.data) or receipt.site != row.site:
            raise TrustBroken("entry_other", kind="rcpt")
        return Checked(Pulled(row), brought=Brought(signed, receipt))

    def _envelope(self, row: EntryRow, untrusted: Frame, when: When | None) -> Checked:
        envelope = read_envelope_frame(untrusted)
        header = envelope.header
        if envelope.env_id != row.id or (header.site, header.study) != (row.site, self.study):
            raise TrustBroken("entry_other", kind="env")
        self._check_device(envelope, when)
        own = header.dev == self.dev
        if own and not self.takes_back:
            raise TrustBroken("device_forked", n=header.n)
        if row.id in self.directory.erased(row.site):
            return Checked(Pulled(row, envelope=replace(envelope, body=None)), own=own)
        if envelope.body is None:
            raise TrustBroken("body_withheld")
        if header.kind == "grant":
            keys = self._grant(envelope)
            return Checked(Pulled(row, envelope=envelope), keys=keys, own=own)
        return self._revision(row, envelope, when, own)

    def _check_device(self, envelope: Envelope, when: When | None) -> None:
        header = envelope.header
        grant = self.directory.grant(header.dev)
        if grant is None or grant.kind != "device" or grant.site not in (header.site, CENTRE):
            raise TrustBroken("device_unknown")
        verify_device(envelope, grant.public)
        if not self.directory.valid_at(header.dev, when):
            raise TrustBroken("device_revoked")

    def _grant(self, envelope: Envelope) -> tuple[EpochKey, ...]:
        """The site keys in a grant for this device; nothing for somebody else's."""
        issuer = self.directory.grant(envelope.header.dev)
        if issuer is None or issuer.site != CENTRE or envelope.body is None:
            raise TrustBroken("grant_not_allowed")
        found = epochs.open_grant(envelope.body, self.box_secret, site=envelope.header.site, dev=self.dev)
        if found is None:
            return ()
        if not all(epochs.fits(key, self.directory) for key in found):
            raise TrustBroken("epoch_key_wrong")
        self.learn(found)
        return tuple(found)

    def _revision(self, row: EntryRow, envelope: Envelope, when: When | None, own: bool) -> Checked:
        header = envelope.header
        identity = self.keys.get((header.site, header.epoch))
        if identity is None or envelope.body is None:
            raise TrustBroken("not_sealed_to_me")
        signed = read_plaintext(open_sealed(envelope.body, [identity]))
        revision = signed.revision
        if (revision.site, revision.study) != (header.site, header.study):
            raise TrustBroken("entry_other", kind="rev")
        if sorted(blob.id for blob in revision.blobs) != sorted(header.blobs):
            raise TrustBroken("blobs_differ")
        standing = author_standing(signed, self.directory, when)
        pulled = Pulled(row, envelope, signed, standing.value)
        return Checked(pulled, Placed(signed, row.seq or None, standing), revision.blobs, own=own)


def proofs_of(untrusted: Sequence[Signed], site: str, server_keys: Sequence[bytes]) -> dict[str, Proof]:
    """Of each envelope that these old receipts of the site name: the receipt, and when it arrived."""
    found: dict[str, Proof] = {}
    for signed in untrusted:
        receipt = read_receipt(signed, server_keys)
        if receipt.site == site:
            name = labelled_hash(signing.RCPT, signed.data)
            found.update({entry_id: Proof(name, at) for entry_id, at in receipt.items})
    return found


def standing_now(signed: SignedRevision, directory: Directory, when: When | None) -> Standing:
    """The standing after new certificates; a signature that does not fit its key is unauthorised."""
    try:
        return author_standing(signed, directory, when)
    except TrustBroken:
        return Standing.UNAUTHORISED


def by_case(placed: Sequence[Placed]) -> Mapping[str, list[Placed]]:
    """Grouped by the case they belong to, "" for records of no case."""
    found: dict[str, list[Placed]] = {}
    for each in placed:
        revision = each.signed.revision
        case = revision.root
        found.setdefault(case, []).append(each)
    return found
