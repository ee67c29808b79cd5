"""Everything about a pushed envelope that can be checked without the database's lock.

Shape, study, site, author's signature, body against its hash, age header, epoch, right to relay. Signatures
of a batch are verified in slices by two threads, so that one big batch does not hold up everybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.central.admission import CENTRE, View
from reset_or.central.refusal import Refused
from reset_or.revisions.directory import Directory, KeyGrant
from reset_or.revisions.envelope import Envelope, env_id, verify_device
from reset_or.revisions.receipts import Signed
from reset_or.wire.feed import read_receipt_of
from reset_or.wire.frames import Frame, read_envelope_frame

SLICE = 100


@dataclass(frozen=True)
class Checked:
    """A pushed envelope: good (`envelope`) or refused (`problem`, finer `why`). `proof`: its old receipt."""

    id: str
    envelope: Envelope | None = None
    problem: str = ""
    why: str = ""
    proof: str = ""


@dataclass(frozen=True)
class Proofs:
    """Old receipts that came with a push. `of` names the receipt (by hash) of each envelope."""

    receipts: dict[str, Signed]
    of: dict[str, str]


def read_proofs(untrusted: Sequence[Signed], directory: Directory) -> Proofs:
    """Raises Refused("request_malformed") for one that no server key signed."""
    kept: dict[str, Signed] = {}
    of: dict[str, str] = {}
    for signed in untrusted:
        try:
            receipt, _central = read_receipt_of(signed, directory)
        except TrustBroken as error:
            raise Refused("request_malformed", why="proof") from error
        name = ids.sha256_hex(signed.data)
        kept[name] = signed
        for entry_id, _ in receipt.items:
            of.setdefault(entry_id, name)
    return Proofs(kept, of)


class Verifier:
    """Checks batches with two threads of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="verify")

    def close(self) -> None:
        self._pool.shutdown()

    def check(
        self, untrusted: Sequence[Frame], view: View, sender: KeyGrant, proofs: Proofs
    ) -> list[Checked]:
        """One result a frame, in order."""
        slices = [untrusted[at : at + SLICE] for at in range(0, len(untrusted), SLICE)]

        def run(part: Sequence[Frame]) -> list[Checked]:
            return [check_one(frame, view, sender, proofs) for frame in part]

        if len(slices) == 1:
            return run(slices[0])
        return [checked for part in self._pool.map(run, slices) for checked in part]


def check_one(untrusted: Frame, view: View, sender: KeyGrant, proofs: Proofs) -> Checked:
    name = env_id(untrusted.hdr)
    proof = proofs.of.get(name, "")
    try:
        envelope = read_envelope_frame(untrusted)
        _check_header(envelope, view, sender)
        _check_author(envelope, view, sender, bool(proof))
    except Refused as error:
        return Checked(name, problem=error.code, why=error.problem.why or "")
    except TrustBroken as error:
        return Checked(name, problem="envelope_malformed", why=error.code)
    return Checked(name, envelope, proof=proof)


def _check_header(envelope: Envelope, view: View, sender: KeyGrant) -> None:
    header = envelope.header
    if header.study != view.directory.study:
        raise Refused("wrong_study")
    if not view.may_use(sender, header.site):
        raise Refused("site_not_allowed")
    # Only the header of what was erased is taken, so that a lost chain can be brought back whole.
    ordered = envelope.env_id in view.directory.erased(header.site)
    if ordered and envelope.body is not None:
        raise Refused("erased_by_order")
    if envelope.body is None and not ordered:
        raise Refused("body_missing")
    # Any epoch ever granted is taken: a laptop may come home after two of them.
    if header.kind == "rev" and view.directory.epoch_public(header.site, header.epoch) is None:
        raise Refused("epoch_unknown")


def _check_author(envelope: Envelope, view: View, sender: KeyGrant, proven: bool) -> None:
    author = view.directory.grant(envelope.header.dev)
    if author is None or author.kind != "device" or not author.box:
        raise Refused("author_unknown")  # a relay's device has no box: it carries, and writes nothing
    if author.site not in (envelope.header.site, CENTRE):
        raise Refused("site_not_allowed")
    try:
        verify_device(envelope, author.public)
    except TrustBroken as error:
        raise Refused("device_signature_wrong") from error
    if not proven and not view.directory.valid_at(author.key_id, None):
        raise Refused("relay_needs_receipt")
