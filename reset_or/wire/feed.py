"""Reading a site's feed as a server sent it: who signed each receipt, and the step between two entries.

Used by a device that takes a feed in and by a hospital's relay that carries it on. Keeps nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reset_or.base.errors import TrustBroken
from reset_or.base.ids import labelled_hash
from reset_or.revisions import signing
from reset_or.revisions.canonical import parse
from reset_or.revisions.directory import Directory
from reset_or.revisions.receipts import (
    Receipt,
    Signed,
    SiteHead,
    read_blob_receipt,
    read_head,
    read_receipt,
    walk,
)
from reset_or.revisions.statements import Statement
from reset_or.wire.frames import read_statement_frame
from reset_or.wire.messages import Entry, SiteAnswer

CENTRE: Final = "00"


def read_receipt_of(untrusted: Signed, directory: Directory) -> tuple[Receipt, bool]:
    """(the receipt, whether the coordinating centre's server signed it). A relay signs for its own site only.

    Raises TrustBroken `bad_signature`, `receipt_chain`, and what a wrong shape raises.
    """
    try:
        return read_receipt(untrusted, directory.server_keys(CENTRE)), True
    except TrustBroken as error:
        if error.code != "bad_signature":
            raise
    site = parse(untrusted.data).get("site")
    return read_receipt(untrusted, directory.server_keys(str(site))), False


def read_blob_receipt_of(untrusted: Signed, directory: Directory, site: str) -> tuple[str, int, bool]:
    """(photo, length, whether the coordinating centre's server signed it)."""
    try:
        blob_id, length, _at = read_blob_receipt(untrusted, directory.server_keys(CENTRE))
    except TrustBroken as error:
        if error.code != "bad_signature":
            raise
        blob_id, length, _at = read_blob_receipt(untrusted, directory.server_keys(site))
        return blob_id, length, False
    return blob_id, length, True


def read_head_of(said: SiteAnswer, feed: str, directory: Directory) -> tuple[SiteHead, bool]:
    """(the newest entry of the site, whether the coordinating centre's server signed it)."""
    keys = directory.server_keys(CENTRE)
    try:
        head, central = read_head(said.head, keys), True
    except TrustBroken as error:
        if error.code != "bad_signature":
            raise
        head, central = read_head(said.head, directory.server_keys(said.site)), False
    if (head.site, head.feed) != (said.site, feed):
        raise TrustBroken("head_wrong", site=said.site)
    return head, central


def granted(untrusted: SiteAnswer, directory: Directory) -> list[Statement]:
    """Grants of this site's relay in a page whose own signatures nobody can check yet. Each is verified from
    the trial's root; the directory knows them from now on."""
    found = []
    for entry in untrusted.entries:
        if entry.kind != "stmt":
            continue
        try:
            statement = read_statement_frame(entry.frame)
            is_relay = (statement.type, statement.site) == ("grant", untrusted.site)
            if is_relay and statement.body["kind"] == "server":
                directory.add(statement)
                found.append(statement)
        except TrustBroken:
            continue  # what is wrong with it is said where the feed is read
    return found


class Receipts:
    """The receipts of one answer, each verified when it is first needed, and only once.

    `kept`: the places of those that are stored already.
    """

    def __init__(self, untrusted: Sequence[Signed], directory: Directory, feed: str) -> None:
        self._untrusted = untrusted
        self._directory = directory
        self._feed = feed
        self._read: dict[int, tuple[Receipt, list[str], str, bool]] = {}
        self.kept: set[int] = set()

    def get(self, place: int) -> Receipt:
        return self._verified(place)[0]

    def central(self, place: int) -> bool:
        """Whether the coordinating centre's server signed it, as against a hospital's relay."""
        return self._verified(place)[3]

    def signed(self, place: int) -> Signed:
        self._verified(place)
        return self._untrusted[place]

    def receipt_id(self, place: int) -> str:
        return self._verified(place)[2]

    def hashes(self, place: int, seq: int) -> tuple[str, str]:
        """(feed hash before, feed hash after) the entry at `seq`."""
        receipt, after, _id, _central = self._verified(place)
        at = seq - receipt.first_seq
        return (after[at - 1] if at > 0 else receipt.feed_before), after[at]

    def proof(self, place: int | None, entry_id: str, site: str) -> tuple[str, int] | None:
        """(id, time of arrival) of the older receipt that an entry came with, if it names the entry."""
        if place is None:
            return None
        receipt = self.get(place)
        at = dict(receipt.items).get(entry_id)
        if receipt.site != site or at is None:
            return None
        return self.receipt_id(place), at

    def covers(self, place: int, entry: Entry, site: str) -> bool:
        receipt = self.get(place)
        at = entry.seq - receipt.first_seq
        return (
            (receipt.site, receipt.feed) == (site, self._feed)
            and 0 <= at < len(receipt.items)
            and receipt.items[at] == (entry.id, entry.received_ms)
        )

    def _verified(self, place: int) -> tuple[Receipt, list[str], str, bool]:
        if place not in self._read:
            signed = self._untrusted[place]
            receipt, central = read_receipt_of(signed, self._directory)
            self._read[place] = receipt, walk(receipt), labelled_hash(signing.RCPT, signed.data), central
        return self._read[place]


def hash_after(site: str, seq: int, feed_hash: str, entry: Entry, receipts: Receipts) -> str:
    """The feed hash after `entry`, which must follow the place (seq, feed_hash).

    Raises TrustBroken `feed_gap`, `receipt_wrong`, `feed_differs`.
    """
    if entry.seq != seq + 1:
        raise TrustBroken("feed_gap", site=site, seq=seq + 1)
    if not receipts.covers(entry.receipt, entry, site):
        raise TrustBroken("receipt_wrong", site=site, seq=entry.seq)
    before, after = receipts.hashes(entry.receipt, entry.seq)
    if before != feed_hash:
        raise TrustBroken("feed_differs", site=site, seq=entry.seq)
    return after


def check_end(said: SiteAnswer, seq: int, feed_hash: str, head: SiteHead) -> None:
    """What the server signed as newest must be what was reached, or it keeps something back."""
    if said.more:
        if head.seq <= seq:
            raise TrustBroken("feed_gap", site=said.site, seq=seq)
    elif (head.seq, head.feed_hash) != (seq, feed_hash):
        raise TrustBroken("feed_gap", site=said.site, seq=seq + 1)
