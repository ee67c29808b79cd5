"""Real encrypted stores with cheap slots, and a device that writes real sealed revisions."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.clock import ManualClock
from reset_or.base.ids import new_rec
from reset_or.base.paths import Home
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.revisions import signing
from reset_or.revisions.envelope import Envelope, seal, sign_envelope
from reset_or.revisions.receipts import GENESIS, Receipt, Signed, feed_step, sign_receipt
from reset_or.revisions.revision import FieldChange, Revision, SignedRevision, sign_revision
from reset_or.store.opened import Opened
from reset_or.store.opening import OpenResult, create_installation, open_installation
from reset_or.store.rows import Cursor, EntryRow, Pulled, RecordRow
from reset_or.store.store import Store

FEED = "f" * 32
STUDY, SITE, USER = "RESET", "03", "zhang"
PASSWORD = "amber-tunnel-seven-lamps"
RECIPIENTS = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(3)]


@dataclass
class Device:
    """Writes revisions of one device in one site, in chain order."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    author: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    site: str = SITE
    n: int = 0
    prev: str = ""

    @property
    def dev(self) -> str:
        return signing.key_id(signing.public_bytes(self.key))

    def revision(self, text: str = "note", rec: str = "", at: int = 1_770_000_000_000) -> SignedRevision:
        """A case with a remark."""
        return sign_revision(
            Revision(
                study=STUDY, site=self.site, rec=rec or new_rec(), form="case", act="create", user=USER,
                role="surgeon", dev=self.dev, at=at, chg={"initials": FieldChange(None, text)},
            ),
            self.author,
        )  # fmt: skip

    def wrap(self, signed: SignedRevision) -> Envelope:
        self.n += 1
        envelope = sign_envelope(
            self.key, study=STUDY, site=self.site, kind="rev", n=self.n, prev=self.prev, epoch=1,
            body=seal(signed.plaintext(), RECIPIENTS),
        )  # fmt: skip
        self.prev = envelope.env_id
        return envelope

    def write(self, store: Store, text: str = "note", rec: str = "") -> SignedRevision:
        """One acknowledged save."""
        signed = self.revision(text, rec)
        envelope = self.wrap(signed)
        with store.transaction() as unit:
            unit.append(envelope, signed, record=row_of(signed, text))
        return signed


def row_of(signed: SignedRevision, text: str = "") -> RecordRow:
    revision = signed.revision
    return RecordRow(
        rec=revision.rec, form=revision.form, case=revision.rec, site=revision.site, subject="03-0147",
        status="saved", fields=text.encode(), heads=(signed.rev_id,), search=f"03-0147 {text}",
        created_at=revision.at, changed_at=revision.at,
    )  # fmt: skip


def receipt_for(
    device: Device, ids: list[str], first_seq: int = 1, before: str = GENESIS
) -> tuple[Signed, Receipt]:
    hashes, current = [], before
    for offset, each in enumerate(ids):
        current = feed_step(
            feed=FEED,
            site=SITE,
            seq=first_seq + offset,
            prev=current,
            entry_id=each,
            received_ms=1000 + offset,
        )
        hashes.append(current)
    items = tuple((each, 1000 + offset) for offset, each in enumerate(ids))
    receipt = Receipt(FEED, SITE, first_seq, before, items, first_seq + len(ids) - 1, current, device.dev)
    return sign_receipt(device.key, receipt), receipt


def sealed(device: Device, count: int, rec: str = "") -> list[tuple[SignedRevision, Envelope]]:
    signed = [device.revision(f"t{number}"[:6], rec) for number in range(count)]
    return [(each, device.wrap(each)) for each in signed]


def pulled(pairs: list[tuple[SignedRevision, Envelope]], first_seq: int = 1) -> list[Pulled]:
    return [
        Pulled(
            EntryRow(SITE, first_seq + number, "env", envelope.env_id, 5000 + number, f"{number:064x}"),
            envelope,
            signed,
        )
        for number, (signed, envelope) in enumerate(pairs)
    ]


def apply(store: Store, entries: list[Pulled], cursor: Cursor) -> None:
    with store.transaction() as unit:
        unit.apply(entries, cursor)


@dataclass
class Place:
    """One data folder with its keyring and clock."""

    home: Home
    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    clock: ManualClock = field(default_factory=ManualClock)

    def create(self, keys: MemoryKeyStore | None = None) -> Opened:
        return create_installation(
            self.home, user=USER, password=PASSWORD, key_store=keys or self.keys, clock=self.clock,
            cost=QUICK_COST,
        )  # fmt: skip

    def open(self, password: str = PASSWORD, user: str = USER) -> OpenResult:
        return open_installation(
            self.home, user=user, password=password, key_store=self.keys, clock=self.clock
        )
