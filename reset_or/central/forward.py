"""A relay's rounds with the coordinating centre's server: first what is new there, then what waits here.

What stands in the centre's feed is forwarded, and nothing else is: the receipts found there are the only
truth, so a lost answer, a kill or a repeat changes nothing. Each step ends with one row that names the place
reached. No threads and no waiting here (`relay`), no SQL (`forwarded`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from reset_or.base import log
from reset_or.base.clock import Clock
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken
from reset_or.base.ids import labelled_hash, sha256_hex
from reset_or.central.admission import View
from reset_or.central.forwarded import Kept, Pile, Reached, Waiting
from reset_or.central.photos import Photo, PhotoDesk
from reset_or.central.sync import SyncDesk
from reset_or.central.take import Taken, Taker, take_envelopes, take_statements
from reset_or.central.verify import Proofs
from reset_or.revisions import signing
from reset_or.revisions.receipts import Signed
from reset_or.wire import feed, messages
from reset_or.wire.blobs import PIECE
from reset_or.wire.client import Client, ServerProblem
from reset_or.wire.messages import Cursor, Entry, SiteAnswer, SyncAnswer, SyncRequest
from reset_or.wire.transport import HeldPart

_MOST_BYTES: Final = messages.MAX_REQUEST - 64 * 1024
_MOST_REFUSALS: Final = 3
_MOST_ERAS: Final = 3
_GO_ON: Final = frozenset({"blob_not_named", "blob_not_here", "quota_site"})
"""Troubles of one photo that do not keep the next one waiting."""


@dataclass
class Forwarder:
    """One site's feed against one server. `dev`: the relay's own device, which the centre granted."""

    site: str
    dev: str
    desk: SyncDesk
    photos: PhotoDesk
    client: Client
    clock: Clock
    go_on: Callable[[], bool] = lambda: True
    _stuck: set[str] = field(default_factory=set)
    _bodies: bool = False
    _eras: int = 0

    def __post_init__(self) -> None:
        self.pile = Pile(self.desk.database, self.desk.key, self.site, self.dev)

    def run(self) -> None:
        """Everything there is to fetch, then everything there is to send, then photos both ways.

        Raises EnvironmentTrouble and UserFixable as the network and the server say, TrustBroken where the
        server is not the centre's; what was kept before that stays kept.
        """
        self._stuck.clear()
        self._eras = 0
        self._fetch_all()
        last = ""
        while self.go_on() and (batch := self._batch()):
            if batch[0].env_id == last:  # taken, and yet not in the centre's feed
                raise TrustBroken("answer_other_items")
            last = batch[0].env_id
            if self._records(batch):
                self._fetch_all()
        for blob_id, length in self.pile.photos_waiting():
            self._photo(blob_id, partial(self._bring, blob_id, length))
        for blob_id in self.pile.photos_missing():
            self._photo(blob_id, partial(self._fetch, blob_id))

    def revoked(self) -> bool:
        """Whether what came from the centre says that it took a key of this relay back."""
        names = (self.dev, signing.key_id(signing.public_bytes(self.desk.key)))
        directory = self._view().directory
        return any(directory.grant(name) and not directory.valid_at(name, None) for name in names)

    def ask(self) -> None:
        """One page of what is new at the centre. Raises as `run`."""
        self._records(())

    def _fetch_all(self) -> None:
        while self.go_on() and self._records(()):
            pass

    # --- records -------------------------------------------------------------------------------------

    def _batch(self) -> tuple[Waiting, ...]:
        """The next envelopes that the centre lacks, in the order of this feed."""
        chosen, octets = list[Waiting](), 0
        for each in self.pile.waiting(self._stuck, self._revoked()):
            octets += each.frame.size + (len(each.proof.data) + 72 if each.proof else 0)
            if chosen and octets > _MOST_BYTES:
                break
            chosen.append(each)
        return tuple(chosen)

    def _revoked(self) -> frozenset[str]:
        """Devices of the site whose envelopes the centre takes with a receipt only."""
        directory = self._view().directory
        devices = [grant.key_id for grant in directory.devices(self.site)]
        return frozenset(dev for dev in devices if not directory.valid_at(dev, None))

    def _records(self, batch: Sequence[Waiting]) -> bool:
        """One request; whether the centre has more to give."""
        reached = self.pile.reached()
        proofs = {sha256_hex(each.proof.data): each.proof for each in batch if each.proof}
        request = SyncRequest(
            feed=reached.feed, cursors=(Cursor(self.site, reached.seq, reached.feed_hash),),
            envelopes=tuple(each.frame for each in batch), proofs=tuple(proofs.values()),
            own_bodies=self._bodies,
        )  # fmt: skip
        answer = _decoded(self.client.sync(messages.encode_request(request)))
        if [said.site for said in answer.sites] != [self.site]:
            raise TrustBroken("answer_other_sites")
        if answer.outcome != "ok":
            self._begin_era(answer, reached)
            return True
        if [item.id for item in answer.items] != [each.env_id for each in batch]:
            raise TrustBroken("answer_other_items")
        for item, each in zip(answer.items, batch, strict=True):
            if item.status in ("need", "refused"):
                # What is refused waits here with the rest of its chain, and is offered again in the next run.
                self._stuck.add(each.dev)
                log.event("relay_refused", code=item.problem or "chain_waits", dev=each.dev)
        return self._keep(answer, answer.sites[0], reached)

    def _begin_era(self, answer: SyncAnswer, reached: Reached) -> None:
        """The centre lost what it once receipted: everything is held against its feed anew."""
        head, central = feed.read_head_of(answer.sites[0], answer.feed, self._view().directory)
        if not central:
            raise TrustBroken("server_not_central", site=head.site)
        self._eras += 1
        if self._eras > _MOST_ERAS:
            raise TrustBroken("server_inconsistent")
        log.event("relay_new_era", era=reached.era + 1)
        self.pile.begin_era(reached, answer.feed, self.clock.now_at())

    def _keep(self, answer: SyncAnswer, said: SiteAnswer, reached: Reached) -> bool:
        directory = self._view().directory
        head, central = feed.read_head_of(said, answer.feed, directory)
        if not central:
            raise TrustBroken("server_not_central", site=said.site)
        receipts, seq, feed_hash = feed.Receipts(answer.receipts, directory, answer.feed), reached.seq, ""
        feed_hash = reached.feed_hash
        for entry in said.entries:
            feed_hash = feed.hash_after(self.site, seq, feed_hash, entry, receipts)
            seq = entry.seq
        feed.check_end(said, seq, feed_hash, head)
        if said.entries:
            if not self._bodies and self.pile.unknown(_without_body(said.entries)) - self._erased():
                # This relay lost what it had brought (an old backup): its bodies are asked for once more.
                self._bodies = True
                return True
            for kind, run in itertools.groupby(said.entries, key=lambda entry: entry.kind):
                self._take(kind, tuple(run), receipts)
            self._mark(said.entries, receipts, Reached(reached.era, answer.feed, seq, feed_hash))
        elif answer.feed != reached.feed:
            self.pile.keep(Reached(reached.era, answer.feed, seq, feed_hash), (), self.clock.now_at())
        if not said.more:
            self._bodies = False
        return said.more

    def _take(self, kind: str, entries: Sequence[Entry], receipts: feed.Receipts) -> None:
        """Into this relay's own feed, as if the centre were one more device of it."""
        desk, now = self.desk, self.clock.now_at()
        taker = Taker(desk.database, desk.key, desk.options, self.dev, now)
        if kind == "stmt":
            taken = take_statements(taker, desk.admission, [entry.frame for entry in entries])
            desk.eraser.carry_out(self._view())
        elif kind == "env":
            fresh = self.pile.unknown(entry.id for entry in entries)
            new = [entry for entry in entries if entry.id in fresh]
            signed = {entry.id: receipts.signed(entry.receipt) for entry in new}
            of = {env_id: sha256_hex(each.data) for env_id, each in signed.items()}
            proofs = Proofs({of[env_id]: each for env_id, each in signed.items()}, of)
            view = self._view()
            checked = desk.verifier.check(
                [entry.frame for entry in new], view, view.device(self.dev), proofs
            )  # fmt: skip
            taken = take_envelopes(taker, checked, proofs).taken if new else []
        else:
            return
        _note_refused(taken)

    def _mark(self, entries: Sequence[Entry], receipts: feed.Receipts, reached: Reached) -> None:
        """The centre has these: its receipts go into this feed for the hospital's computers to keep."""
        kept: dict[str, Kept] = {}
        for entry in entries:
            if entry.kind == "env":
                if not receipts.central(entry.receipt):
                    raise TrustBroken("receipt_wrong", site=self.site, seq=entry.seq)
                name = receipts.receipt_id(entry.receipt)
                kept.setdefault(name, Kept(name, receipts.signed(entry.receipt), [])).ids.append(entry.id)
        self.pile.keep(reached, tuple(kept.values()), self.clock.now_at())

    def _view(self) -> View:
        with self.desk.database.reading() as connection:
            return self.desk.admission.current(connection)

    def _erased(self) -> frozenset[str]:
        return self._view().directory.erased(self.site)

    # --- photos --------------------------------------------------------------------------------------

    def _photo(self, blob_id: str, work: Callable[[], None]) -> None:
        if not self.go_on() or blob_id in self._erased():
            return
        try:
            work()
        except ResetOrError as error:
            if error.code not in _GO_ON:
                raise
            log.event("relay_photo_waits", code=error.code)

    def _bring(self, blob_id: str, length: int) -> None:
        """A photo that is whole here, a piece at a time, on from where the centre has it."""
        offset, receipt = self.client.blob_offset(blob_id)
        refusals = 0
        while receipt is None and self.go_on():
            before, end = offset, min(length, offset + PIECE)
            body = b"".join(self.photos.store.read(blob_id, offset, end))
            try:
                said = self.client.blob_put(blob_id, HeldPart(offset, body), length)
                receipt, offset = said.receipt, said.offset
            except ServerProblem as refused:
                refusals, offset = refusals + 1, refused.problem.offset or 0
            if receipt is None and (refusals > _MOST_REFUSALS or (not refusals and offset <= before)):
                raise EnvironmentTrouble("server_not_ours", blob=blob_id)
        if receipt is not None:
            self._receipted(blob_id, length, receipt)

    def _fetch(self, blob_id: str) -> None:
        """A photo of a computer that talks to the centre directly, once the centre has all of it."""
        length, receipt = self.client.blob_offset(blob_id)
        if receipt is None:
            return
        if self.photos.store.size(blob_id) is None:
            pieces = _Pieces(self.photos, blob_id, self.photos.store.offset(blob_id) // PIECE)
            if pieces.number * PIECE < length:
                self.client.blob_get(blob_id, pieces.number * PIECE, length, pieces.write)
                pieces.end()
        self.photos.finish(Photo(blob_id, self.site, length), length, self.clock.now_at())
        self._receipted(blob_id, length, receipt)

    def _receipted(self, blob_id: str, length: int, receipt: Signed) -> None:
        named, size, central = feed.read_blob_receipt_of(receipt, self._view().directory, self.site)
        if (named, size, central) != (blob_id, length, True):
            raise TrustBroken("receipt_wrong", blob=blob_id)
        name = labelled_hash(signing.BLOB, receipt.data)
        self.pile.keep(None, (Kept(name, receipt, [blob_id]),), self.clock.now_at())


@dataclass
class _Pieces:
    """Bytes as they come, stored as whole pieces; a last one that is shorter with `end`."""

    photos: PhotoDesk
    blob_id: str
    number: int
    _held: bytearray = field(default_factory=bytearray)

    def write(self, chunk: bytes) -> None:
        self._held += chunk
        while len(self._held) >= PIECE:
            self._put(bytes(self._held[:PIECE]))
            del self._held[:PIECE]

    def end(self) -> None:
        if self._held:
            self._put(bytes(self._held))

    def _put(self, piece: bytes) -> None:
        self.photos.store.put_piece(self.blob_id, self.number, piece)
        self.number += 1


def _decoded(untrusted: bytes) -> SyncAnswer:
    try:
        return messages.decode_answer(untrusted)
    except TrustBroken as error:
        raise EnvironmentTrouble("server_not_ours", reason=error.code) from error


def _without_body(entries: Sequence[Entry]) -> list[str]:
    return [entry.id for entry in entries if entry.kind == "env" and not entry.has_body]


def _note_refused(taken: Sequence[Taken]) -> None:
    for each in taken:
        if each.item.status in ("need", "refused"):
            log.event("relay_not_taken", code=each.item.problem or "chain_waits", why=each.item.why)
