"""What is read for pages, reports and checks: records, revisions, drafts, counts.

Every method is one or two statements on the store lane and returns frozen rows; TrustBroken("db_damaged")
where a page of the file is not as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnClause,
    Executable,
    Select,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy import and_ as both

from reset_or.store import rows as r
from reset_or.store import tables as t
from reset_or.store.asking import among, among_bound, as_list, at_most
from reset_or.store.written import search_text

T = TypeVar("T")
_RECORD: Final = select(t.record)
_REV: Final = (
    select(
        t.rev.c.pos, t.rev.c.rev_id, t.rev.c.rec, t.rev.c.form, t.rev.c.case_rec, t.rev.c.site, t.rev.c.act,
        t.rev.c.user, t.rev.c.at, t.rev.c.inner, t.rev.c.sig, t.rev.c.key_id, t.rev.c.standing,
        t.rev.c.env_id, func.coalesce(t.env.c.dev, ""), func.coalesce(t.env.c.n, 0), t.env.c.own,
        func.coalesce(t.env.c.receipt, ""), t.entry.c.seq, t.entry.c.received_ms, t.env.c.proven_ms,
        t.rev.c.skeleton,
    )
    .outerjoin(t.env, t.env.c.env_id == t.rev.c.env_id)
    .outerjoin(t.entry, both(t.entry.c.id == t.rev.c.env_id, t.entry.c.site == t.rev.c.site))
)  # fmt: skip
_OF_RECORD: Final = _REV.where(t.rev.c.rec == bindparam("rec")).order_by(t.rev.c.pos)
_OF_CASE: Final = _REV.where(t.rev.c.case_rec == bindparam("case")).order_by(t.rev.c.pos)
# Every save and every case that is folded asks one of these. Short, so that SQLite prepares it in the memory
# that it keeps ready: all columns of a revision and its envelope take twenty times as long (decision 0027).
_HISTORY: Final = (
    select(
        t.rev.c.rev_id, t.rev.c.form, t.rev.c.case_rec, t.rev.c.standing, t.rev.c.inner, t.rev.c.sig,
        t.rev.c.key_id, t.rev.c.skeleton, t.entry.c.seq, t.entry.c.received_ms,
    )
    .outerjoin(t.entry, both(t.entry.c.id == t.rev.c.env_id, t.entry.c.site == t.rev.c.site))
    .order_by(t.rev.c.pos)
)  # fmt: skip
_RECORD_HISTORY: Final = _HISTORY.where(t.rev.c.rec == bindparam("rec"))
_CASE_HISTORY: Final = _HISTORY.where(t.rev.c.case_rec == bindparam("case"))
_CASE_HISTORIES: Final = _HISTORY.where(among_bound(t.rev.c.case_rec))
_SPECIMENS: Final = select(t.record.c.subject, t.record.c.rec).where(
    t.record.c.form == literal_column("'specimen'"), among_bound(t.record.c.subject)
)
_META: Final = select(t.meta.c.value).where(t.meta.c.key == bindparam("key"))
_SECRET: Final = select(t.secret.c.value).where(t.secret.c.name == bindparam("name"))
# Said as literals: an index with a condition serves only a query that says the same condition.
NOTHING: Final[ColumnClause[str]] = literal_column("''")
UNRECEIPTED: Final = t.env.c.receipt == NOTHING
# What the centre has receipted may still have to be told to a relay: that is no longer only here.
ONLY_HERE: Final = UNRECEIPTED & t.env.c.centre.is_(None)
AT_RELAY: Final = t.env.c.centre == NOTHING
UNSENT_BLOB: Final = (
    (t.blob.c.state == literal_column("'local'"))
    & t.blob.c.receipt_data.is_(None)
    & t.blob.c.centre_data.is_(None)
)
BLOB_AT_RELAY: Final = t.blob.c.centre_data == literal_column("x''")
WANTED_BLOB: Final = t.blob.c.state == literal_column("'wanted'")
DOUBTFUL: Final = t.rev.c.standing != literal_column("'certified'")
MOST: Final = 1_000_000


class RecordQueries:
    """Mixed into Store, which gives `select`."""

    def select(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Sequence[tuple[Any, ...]]:
        """All rows of a statement; for this package only."""
        raise NotImplementedError

    def remembered(self, what: tuple[Hashable, ...], ask: Callable[[], T]) -> T:
        """An answer that holds until something is written; for this package only."""
        raise NotImplementedError

    def record(self, rec: str) -> r.RecordRow | None:
        found = self._records(_RECORD.where(t.record.c.rec == rec))
        return found[0] if found else None

    def records(
        self,
        form: str | None = None,
        case: str | None = None,
        limit: int | None = None,
        subject: str | None = None,
    ) -> list[r.RecordRow]:
        """Projections of a form, of a case, of a subject, or of several of these; newest change first."""
        statement = _RECORD.order_by(t.record.c.changed_at.desc(), t.record.c.rec)
        if form is not None:
            statement = statement.where(t.record.c.form == form)
        if case is not None:
            statement = statement.where(t.record.c.case_rec == case)
        if subject is not None:
            statement = statement.where(t.record.c.subject == subject)
        return self._records(statement.limit(at_most(limit or MOST)))

    def specimens_of(self, subject: str) -> list[str]:
        """The recs of the specimens that name this subject, in no order."""
        return [rec for _subject, rec in self.specimens_of_subjects([subject])]

    def specimens_of_subjects(self, subjects: Iterable[str]) -> list[tuple[str, str]]:
        """(subject, rec) of the specimens that name one of these subjects, in no order."""
        found = self.select(_SPECIMENS, {"among": as_list(subjects)})
        return [(subject, rec) for subject, rec in found]

    def records_of_case(self, case: str) -> list[r.RecordRow]:
        """The case record and everything that belongs to it, oldest first."""
        statement = _RECORD.where(t.record.c.case_rec == case)
        return self._records(statement.order_by(t.record.c.created_at, t.record.c.rec))

    def case_rows(
        self, limit: int | None = None, search: str = "", site: str | None = None
    ) -> list[r.RecordRow]:
        """The case list, newest change first; `search` is any part of the rows' `search`."""
        statement = _RECORD.where(t.record.c.form == "case")
        if site is not None:
            statement = statement.where(t.record.c.site == site)
        if wanted := search_text(search).strip():
            statement = statement.where(t.record.c.search.contains(wanted, autoescape=True))
        return self._records(statement.order_by(t.record.c.changed_at.desc()).limit(at_most(limit or MOST)))

    def to_sign(self, limit: int = 500) -> list[r.RecordRow]:
        """Records with a signature missing, oldest change first."""
        statement = _RECORD.where(t.record.c.to_sign != NOTHING).order_by(t.record.c.changed_at)
        return self._records(statement.limit(at_most(limit)))

    def revision(self, rev_id: str) -> r.StoredRevision | None:
        found = self._revisions(_REV.where(t.rev.c.rev_id == rev_id))
        return found[0] if found else None

    def revisions(self, rec: str) -> list[r.StoredRevision]:
        """Every revision of a record in order of arrival."""
        return self._revisions(_OF_RECORD, {"rec": rec})

    def revisions_of_case(self, case: str) -> list[r.StoredRevision]:
        return self._revisions(_OF_CASE, {"case": case})

    def record_history(self, rec: str) -> list[r.HistoryRow]:
        """Every revision of a record as far as folding needs it, in order of arrival."""
        return [r.HistoryRow(*row) for row in self.select(_RECORD_HISTORY, {"rec": rec})]

    def case_history(self, case: str) -> list[r.HistoryRow]:
        """The same of all records under a case, or under a specimen without one."""
        return [r.HistoryRow(*row) for row in self.select(_CASE_HISTORY, {"case": case})]

    def case_histories(self, cases: Iterable[str]) -> list[r.HistoryRow]:
        """Those of all these cases in one question."""
        return [r.HistoryRow(*row) for row in self.select(_CASE_HISTORIES, {"among": as_list(cases)})]

    def revisions_in(self, standing: str, limit: int = MOST) -> list[r.StoredRevision]:
        """Revisions that are `uncertified` or `unauthorised`."""
        wanted = (t.rev.c.standing == standing) & DOUBTFUL
        return self._revisions(_REV.where(wanted).order_by(t.rev.c.pos).limit(at_most(limit)))

    def revisions_sealed_in(self, env_ids: Iterable[str]) -> list[r.StoredRevision]:
        """The revisions in these envelopes, in order of arrival."""
        names = list(env_ids)
        # By the revisions that they name: no index leads from an envelope to its revision.
        named = t.rev.c.rev_id.in_(select(t.env.c.rev_id).where(among(t.env.c.env_id, names)))
        return self._revisions(_REV.where(named & among(t.rev.c.env_id, names)).order_by(t.rev.c.pos))

    def audit(self, after_pos: int = 0, limit: int = 500) -> list[r.StoredRevision]:
        """The audit trail: all revisions in order of arrival, a page at a time."""
        return self._revisions(
            _REV.where(t.rev.c.pos > after_pos).order_by(t.rev.c.pos).limit(at_most(limit))
        )

    def draft(self, page: str, case: str, user: str) -> r.Draft | None:
        c = t.draft.c
        wanted = (c.page == page) & (c.case_rec == case) & (c.user == user)
        found = self.select(select(t.draft).where(wanted))
        return r.Draft(*found[0]) if found else None

    def drafts(self, user: str | None = None) -> list[r.Draft]:
        """Unfinished entries, oldest first; of everybody where no `user` is named."""
        statement = select(t.draft).order_by(t.draft.c.at, t.draft.c.page)
        if user is not None:
            statement = statement.where(t.draft.c.user == user)
        return [r.Draft(*row) for row in self.select(statement)]

    def secret(self, name: str) -> bytes | None:
        found = self.select(_SECRET, {"name": name})
        return bytes(found[0][0]) if found else None

    def has_secret(self, name: str) -> bool:
        """Whether there is a secret of this name."""
        return self.remembered(("secret", name), lambda: self.secret(name) is not None)

    def secrets(self, prefix: str = "") -> dict[str, bytes]:
        """Secrets whose names begin with `prefix`, by name."""
        wanted = t.secret.c.name.startswith(prefix, autoescape=True)
        return {row[0]: bytes(row[1]) for row in self.select(select(t.secret).where(wanted))}

    def meta(self, key: str) -> str | None:
        return self.remembered(("meta", key), lambda: self._meta(key))

    def ledger(self) -> list[r.LedgerRow]:
        """Records that are not wholly at the centre, the longest waiting first."""
        found = self.select(_WAITING)
        waiting: dict[str, dict[str, tuple[int, int]]] = {}
        for rec, what, count, oldest_at in found:
            waiting.setdefault(rec, {})[what] = count, oldest_at
        return self._ledger(waiting)

    def counts(self) -> r.Counts:
        """Totals for the status line, in time that does not grow with the revisions."""
        unsent = select(t.env.c.rev_id).where(ONLY_HERE).subquery()
        changed = select(t.rev.c.rec, t.rev.c.at).join(unsent, unsent.c.rev_id == t.rev.c.rev_id).subquery()
        revisions = select(func.coalesce(func.max(t.rev.c.pos), 0))  # revisions are never taken out
        totals: list[Select[Any]] = [
            _total(t.record), revisions, _total(t.draft), select(func.count()).select_from(unsent),
            select(func.count(changed.c.rec.distinct())), _total(t.blob).where(UNSENT_BLOB),
            select(func.min(changed.c.at)), _total(t.quarantine),
            _total(t.rev).where((t.rev.c.standing == "uncertified") & DOUBTFUL),
        ]  # fmt: skip
        row = self.select(select(*(total.scalar_subquery() for total in totals)))[0]
        return r.Counts(*row)

    def _meta(self, key: str) -> str | None:
        found = self.select(_META, {"key": key})
        return str(found[0][0]) if found else None

    def _records(self, statement: Executable) -> list[r.RecordRow]:
        return [_record(row) for row in self.select(statement)]

    def _revisions(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> list[r.StoredRevision]:
        return [_revision(row) for row in self.select(statement, values)]

    def _ledger(self, waiting: Mapping[str, Mapping[str, tuple[int, int]]]) -> list[r.LedgerRow]:
        recs = sorted(waiting)
        known = {row.rec: row for row in self._records_named(recs)}
        found = []
        for rec in recs:
            row, counted = known.get(rec, r.RecordRow(rec, "", "", "")), waiting[rec]
            only_here = [counted[what][1] for what in ("revisions", "photos") if what in counted]
            found.append(
                r.LedgerRow(
                    rec, row.case, row.form, row.subject, row.site,
                    oldest_at=min(only_here or [at for _count, at in counted.values()]),
                    **{what: counted.get(what, (0, 0))[0] for what in _WAYS},
                )
            )  # fmt: skip
        return sorted(found, key=lambda each: (each.oldest_at, each.rec))

    def _records_named(self, recs: Sequence[str]) -> Iterable[r.RecordRow]:
        return self._records(_RECORD.where(among(t.record.c.rec, recs)))


def _total(table: Any) -> Select[Any]:
    return select(func.count(literal(1))).select_from(table)


def _revisions_by_rec(what: str, wanted: Any) -> Select[Any]:
    counted = select(t.rev.c.rec, literal_column(f"'{what}'"), func.count(), func.min(t.rev.c.at))
    joined = counted.join_from(t.env, t.rev, t.rev.c.rev_id == t.env.c.rev_id)
    return joined.where(wanted).group_by(t.rev.c.rec)


def _photos_by_rec(what: str, wanted: Any) -> Select[Any]:
    counted = select(t.blob.c.rec, literal_column(f"'{what}'"), func.count(), func.min(t.blob.c.at))
    return counted.where(wanted).group_by(t.blob.c.rec)


_WAYS: Final = ("revisions", "photos", "relayed", "relayed_photos")
_WAITING: Final = union_all(
    _revisions_by_rec("revisions", ONLY_HERE), _photos_by_rec("photos", UNSENT_BLOB),
    _revisions_by_rec("relayed", AT_RELAY), _photos_by_rec("relayed_photos", BLOB_AT_RELAY),
)  # fmt: skip


def _record(row: tuple[Any, ...]) -> r.RecordRow:
    (rec, form, case, site, subject, status, fields, summary, heads, conflicts, uncertified, unauthorised,
     to_sign, search, created_at, changed_at) = row  # fmt: skip
    return r.RecordRow(
        rec, form, case, site, subject, status, fields, summary, tuple(heads.split()), conflicts,
        uncertified, unauthorised, to_sign, search, created_at, changed_at,
    )  # fmt: skip


def _revision(row: tuple[Any, ...]) -> r.StoredRevision:
    *head, own, receipt, seq, received_at, proven_at, skeleton = row
    sent = receipt not in ("", "resealed")
    return r.StoredRevision(*(*head, own is not None, sent, seq, received_at, proven_at, skeleton))
