"""History: accept or refuse a revision, and fold all revisions of a record into its present state.

The fold is pure and does not depend on the order of arrival or on any clock. For each field it takes the
writes that no descendant write of that field supersedes: one distinct value is the value, several are a
conflict. All stay, none wins, and a conflicted record cannot be signed.

Revisions that their author's role does not cover, or that do not belong to their record (another form or
case than its first one, a second beginning), are shown and counted but give no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reset_or.base.errors import TrustBroken
from reset_or.record.codebook import Value
from reset_or.revisions.authority import DEVICE_ROLE, allows, same_side
from reset_or.revisions.directory import Directory, When
from reset_or.revisions.revision import BlobRef, Sig, SignedRevision, verify_author

_BEGUN_APART: Final = frozenset({"case", "person", "site"})


class Standing(StrEnum):
    """Whether a revision's author is known and entitled."""

    CERTIFIED = "certified"
    UNCERTIFIED = "uncertified"
    UNAUTHORISED = "unauthorised"


@dataclass(frozen=True)
class Placed:
    """A revision at its place: `seq` in the site's feed, None while it is only on this device."""

    signed: SignedRevision
    seq: int | None
    standing: Standing

    @property
    def rev_id(self) -> str:
        return self.signed.rev_id


@dataclass(frozen=True)
class Write:
    """One write of one field that nothing supersedes."""

    value: Value | None
    rev_id: str
    user: str
    role: str
    at: int
    erased: bool = False


@dataclass(frozen=True)
class Signature:
    """A `sign` revision of the record."""

    rev_id: str
    user: str
    role: str
    at: int
    tz_min: int
    sig: Sig
    standing: Standing
    sent: bool = False

    @property
    def counts(self) -> bool:
        """Certified, or written here by somebody whose certificate is on its way."""
        return self.standing is Standing.CERTIFIED or not self.sent


@dataclass(frozen=True)
class RecordState:
    """What a record says now. `writes` holds every field ever written; see `value` and `conflicts`.

    `erased`: an order took what it said (of a case: all of it), so it is shown as erased and not as empty.
    """

    rec: str
    form: str
    case: str
    site: str
    writes: dict[str, tuple[Write, ...]]
    heads: tuple[str, ...]
    data_heads: tuple[str, ...]
    authors: frozenset[str]
    created_by: str
    created_role: str
    created_at: int
    changed_at: int
    withdrawn: bool = False
    blobs: tuple[BlobRef, ...] = ()
    signatures: tuple[Signature, ...] = ()
    changes: int = 0
    uncertified: int = 0
    unauthorised: int = 0
    moved_from: str = ""
    ids: tuple[str, ...] = field(default=())
    refused: frozenset[str] = frozenset()
    erased: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether no revision of it stands: there is nothing to show but the count."""
        return len(self.refused) == len(self.ids)

    def value(self, name: str) -> Value | None:
        """The one value of a field; None where it is absent or in conflict."""
        found = self.values(name)
        return found[0] if len(found) == 1 else None

    def values(self, name: str) -> list[Value | None]:
        """The distinct values that stand, oldest author first."""
        writes = self.writes.get(name, ())
        if len(writes) == 1:  # nearly always, and a list of cases asks it thousands of times
            return [writes[0].value]
        found: list[Value | None] = []
        for write in writes:
            if not any(type(write.value) is type(v) and write.value == v for v in found):
                found.append(write.value)
        return found

    @property
    def conflicts(self) -> tuple[str, ...]:
        return tuple(
            sorted(name for name, writes in self.writes.items() if len(writes) > 1 and self.values(name)[1:])
        )

    def fields(self) -> dict[str, Value]:
        """Every field that has exactly one present value."""
        found = {name: self.value(name) for name in self.writes}
        return {name: value for name, value in found.items() if value is not None}


def author_standing(signed: SignedRevision, directory: Directory, when: When | None) -> Standing:
    """Checks the signature against the certificates; raises TrustBroken if it does not fit.

    `when`: its place in the feed, None while it has none.

    An author key that no statement names yet is `uncertified`: kept, sent, and valid once a grant covers
    it. A key that is certified for other people, sites or roles than the revision claims is refused. Of an
    erased one there are no signed bytes any more; it must be named by an order, else `bad_signature`.
    """
    revision = signed.revision
    if signed.erased is not None and signed.erased.env_id not in directory.erased(revision.site):
        raise TrustBroken("bad_signature", kind="erased")
    grant = directory.grant(signed.key_id)
    if grant is None:
        return Standing.UNCERTIFIED
    if signed.erased is None:
        verify_author(signed, grant.public)
    if revision.study != directory.study or not directory.valid_at(signed.key_id, when):
        return Standing.UNAUTHORISED
    if grant.kind == "device":
        fits = (revision.form, revision.role, revision.user) == ("event", DEVICE_ROLE, "")
        return Standing.CERTIFIED if fits and grant.site == revision.site else Standing.UNAUTHORISED
    fits = grant.kind == "person" and (grant.subj_id, grant.role) == (revision.user, revision.role)
    at_site = grant.site in (revision.site, "00")
    return Standing.CERTIFIED if fits and at_site else Standing.UNAUTHORISED


def fold(placed: Iterable[Placed]) -> RecordState:
    """The present state of one record from all its revisions, in whatever order they arrived.

    Raises ValueError for an empty history (a caller's mistake).
    """
    ordered = _topological(list(placed))
    if not ordered:
        raise ValueError("no revisions")
    return _Fold(ordered).state()


def _first(ordered: Sequence[Placed]) -> Placed:
    """The revision that began the record: of those without parents the earliest in the feed; a case is
    known by the hash of its subject."""
    roots = [each for each in ordered if not each.signed.revision.parents] or list(ordered)

    def rank(each: Placed) -> tuple[bool, bool, int, str]:
        r = each.signed.revision
        is_case = r.form == "case" and "subject" in r.chg and allows(r, "")
        return not is_case, each.seq is None, each.seq or 0, each.rev_id

    return min(roots, key=rank)


def _topological(placed: list[Placed]) -> list[Placed]:
    """Parents before children; among equals by rev_id, so that every device orders them alike."""
    waiting = {each.rev_id: each for each in placed}
    order: list[Placed] = []
    done: set[str] = set()
    while waiting:
        ready = sorted(
            rev_id
            for rev_id, each in waiting.items()
            if all(parent in done or parent not in waiting for parent in each.signed.revision.parents)
        )
        if not ready:  # a cycle cannot be made without breaking sha256
            raise ValueError("cycle")
        for rev_id in ready:
            order.append(waiting.pop(rev_id))
            done.add(rev_id)
    return order


class _Fold:
    """One pass over the ordered history.

    `seen[rev][field]` are the writes visible at a revision; a write replaces what its parents saw and
    marks that as superseded, which is exact: any older write of the field is either visible at the
    parents or was superseded on the way.
    """

    def __init__(self, ordered: Sequence[Placed]) -> None:
        self.ordered = ordered
        self.seen: dict[str, dict[str, frozenset[str]]] = {}
        self.superseded: dict[str, set[str]] = {}
        self.writes: dict[tuple[str, str], Write] = {}
        self.parented: set[str] = set()
        self.data_parented: set[str] = set()
        self.data_above: dict[str, frozenset[str]] = {}
        self.valid: list[Placed] = []
        self.refused: set[str] = set()
        self.first = _first(ordered)
        for each in ordered:
            self._take(each)

    def _take(self, each: Placed) -> None:
        revision, rev_id = each.signed.revision, each.rev_id
        parents = [p for p in revision.parents if p in self.seen]
        view: dict[str, frozenset[str]] = {}
        for parent in parents:
            for name, ids_ in self.seen[parent].items():
                view[name] = view.get(name, frozenset()) | ids_
        data_above = frozenset().union(*(self.data_above[p] for p in parents)) if parents else frozenset()
        self.parented.update(revision.parents)
        if self._refused(each, view):
            self.refused.add(rev_id)
            self.seen[rev_id], self.data_above[rev_id] = view, data_above
            return
        self.valid.append(each)
        for name, change in revision.chg.items():
            self.superseded.setdefault(name, set()).update(view.get(name, ()))
            view[name] = frozenset({rev_id})
            self.writes[name, rev_id] = Write(
                change.new, rev_id, revision.user, revision.role, revision.at, each.signed.erased is not None
            )
        if revision.act != "sign":
            self.data_parented.update(data_above)
            data_above = frozenset({rev_id})
        self.seen[rev_id], self.data_above[rev_id] = view, data_above

    def _refused(self, each: Placed, view: dict[str, frozenset[str]]) -> bool:
        if each.standing is Standing.UNAUTHORISED or not self._belongs(each):
            return True
        if each.signed.erased is not None:
            return each.signed.erased.barred
        states = {self.writes["state", rev_id].value or "" for rev_id in view.get("state", ())}
        return not all(allows(each.signed.revision, str(state)) for state in (states or {""}))

    def _belongs(self, each: Placed) -> bool:
        """Every revision has the form and case of the first; only what two people may begin apart from
        each other, a case and a name, has more than one beginning."""
        mine, first = each.signed.revision, self.first.signed.revision
        if (mine.form, mine.case) != (first.form, first.case):
            return False
        if not same_side(mine.form, first.role, mine.role):
            return False
        return bool(mine.parents) or each is self.first or mine.form in _BEGUN_APART

    def state(self) -> RecordState:
        valid = self.valid or list(self.ordered)
        first, revisions = valid[0].signed.revision, [each.signed.revision for each in self.valid]
        heads = tuple(sorted(each.rev_id for each in self.ordered if each.rev_id not in self.parented))
        data = [each for each in self.valid if each.signed.revision.act != "sign"]
        standing_writes: dict[str, list[Write]] = {}
        for (name, rev_id), write in self.writes.items():
            if rev_id not in self.superseded.get(name, ()):
                standing_writes.setdefault(name, []).append(write)
        blobs = {blob.id: blob for revision in revisions for blob in revision.blobs}
        return RecordState(
            rec=first.rec,
            form=first.form,
            case=first.root,
            site=first.site,
            writes={name: tuple(writes) for name, writes in sorted(standing_writes.items())},
            heads=heads,
            data_heads=tuple(sorted(e.rev_id for e in data if e.rev_id not in self.data_parented)),
            authors=frozenset(e.signed.revision.user for e in data),
            created_by=first.user,
            created_role=first.role,
            created_at=first.at,
            changed_at=max((revision.at for revision in revisions), default=first.at),
            withdrawn=any(revision.act == "withdraw" for revision in revisions),
            blobs=tuple(blobs.values()),
            signatures=tuple(_signature(each) for each in self.valid if each.signed.revision.sig),
            changes=sum(
                1 for revision in revisions if revision.act == "update" and "value_mm" in revision.chg
            ),
            uncertified=sum(1 for each in self.valid if each.standing is Standing.UNCERTIFIED),
            unauthorised=len(self.refused),
            moved_from=first.moved_from,
            ids=tuple(each.rev_id for each in self.ordered),
            refused=frozenset(self.refused),
            erased=_is_erased(first.form, data, standing_writes),
        )


def _is_erased(form: str, data: Sequence[Placed], standing: Mapping[str, Sequence[Write]]) -> bool:
    if form == "case":
        return bool(data) and all(each.signed.erased is not None for each in data)
    return any(write.erased for writes in standing.values() for write in writes)


def _signature(each: Placed) -> Signature:
    revision = each.signed.revision
    assert revision.sig is not None
    return Signature(
        each.rev_id, revision.user, revision.role, revision.at, revision.tz_min, revision.sig, each.standing,
        sent=each.seq is not None,
    )  # fmt: skip
