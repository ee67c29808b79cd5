"""Reading what has arrived, with the centre's own key: JSON lines, or age files for the ordinary `age`.

Opens the sealed bodies as they travelled and not what this store has of them, so it shows that whatever
stands at the centre opens with the centre's key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reset_or.actions import casefiles
from reset_or.actions.context import Context
from reset_or.base.errors import EnvironmentTrouble, TrustBroken, UserFixable
from reset_or.base.files import write_atomic
from reset_or.revisions.directory import When
from reset_or.revisions.envelope import open_sealed
from reset_or.revisions.history import author_standing
from reset_or.revisions.revision import SignedRevision, read_plaintext

if TYPE_CHECKING:
    from reset_or.store.rows import EntryRow, StoredEnvelope

_PAGE: Final = 500


def open_identity(path: Path, passphrase: str) -> str:
    """The identity in `centre-data.age`.

    Raises UserFixable("wrong_passphrase") and TrustBroken("custody_file_strange").
    """
    from reset_or.keys.custody import open_identity_file

    try:
        data = path.read_bytes()
    except OSError as error:
        raise EnvironmentTrouble("file_vanished", path=str(path)) from error
    return open_identity_file(data, passphrase)


def read(ctx: Context, *, identity: str, site: str | None = None) -> Iterator[str]:
    """One JSON line a revision, in the order of each site's feed; of every site, or of `site`.

    What could not be opened or verified is a line with `trouble`, never left out.
    Raises UserFixable("identity_other") where `identity` is not the centre's.
    """
    _check_identity(ctx, identity)
    subjects: dict[str, str] = {}
    refused: dict[str, frozenset[str]] = {}
    for entry, envelope in _envelopes(ctx, site):
        said: dict[str, Any] = {"env_id": entry.id, "site": entry.site, "received_at": entry.received_at}
        if envelope is None:
            said["trouble"] = "quarantined"
        else:
            said |= _opened(ctx, envelope, entry, identity, subjects)
            if said.get("rev_id") in _refused(ctx, str(said.get("case", "")), refused):
                said["standing"] = "unauthorised"
        yield json.dumps(said, ensure_ascii=False, sort_keys=True)


def read_raw(ctx: Context, folder: Path, site: str | None = None) -> int:
    """Writes every sealed body as `<env_id>.age`; returns how many. `age -d -i` opens them."""
    count = 0
    for entry, envelope in _envelopes(ctx, site):
        if envelope is not None and envelope.body is not None:
            write_atomic(folder / f"{entry.id}.age", envelope.body)
            count += 1
    return count


def _envelopes(ctx: Context, site: str | None) -> Iterator[tuple[EntryRow, StoredEnvelope | None]]:
    """Every revision's envelope by its place; None for what lies in quarantine."""
    kept_apart = {row.id for row in ctx.store.quarantined()}
    for each in ctx.directory.sites() if site is None else [site]:
        after = 0
        while rows := ctx.store.entries(each, after, _PAGE):
            after = rows[-1].seq
            for entry in rows:
                if entry.kind != "env":
                    continue
                envelope = ctx.store.envelope(entry.id)
                if envelope is None and entry.id not in kept_apart:
                    continue
                if envelope is None or envelope.kind == "rev":
                    yield entry, envelope


def _refused(ctx: Context, case: str, known: dict[str, frozenset[str]]) -> frozenset[str]:
    """The revisions of a case that their authors' roles do not cover, as its folding finds them."""
    if case and case not in known:
        file = casefiles.load(ctx.store, case)
        known[case] = file.not_authorised if file is not None else frozenset()
    return known.get(case, frozenset())


def _opened(
    ctx: Context, envelope: StoredEnvelope, entry: EntryRow, identity: str, subjects: dict[str, str]
) -> dict[str, Any]:
    if envelope.body is None:
        why = ctx.directory.erasures(entry.site).get(entry.id)
        if why is None:
            return {"trouble": "body_withheld"}
        return {"trouble": "erased_by_order", "reason_code": why.reason_code, "erased_at": why.at}
    try:
        signed = read_plaintext(open_sealed(envelope.body, [identity]))
        when = When(entry.site, entry.seq, envelope.proven_at)
        standing = author_standing(signed, ctx.directory, when).value
    except TrustBroken as error:
        return {"trouble": error.code}
    return _line(ctx, signed, subjects) | {"standing": standing, "device": envelope.dev}


def _line(ctx: Context, signed: SignedRevision, subjects: dict[str, str]) -> dict[str, Any]:
    revision = signed.revision
    case = revision.root
    if case and case not in subjects:
        row = ctx.store.record(case)
        subjects[case] = row.subject if row is not None else ""
    changes = {
        name: {
            key: value
            for key, value in (("old", c.old), ("new", c.new), ("why", c.why), ("note", c.note))
            if value not in (None, "")
        }
        for name, c in sorted(revision.chg.items())
    }
    said: dict[str, Any] = {
        "rev_id": signed.rev_id, "rec": revision.rec, "case": case, "subject": subjects.get(case, ""),
        "form": revision.form, "act": revision.act, "user": revision.user, "role": revision.role,
        "at": revision.at, "tz_min": revision.tz_min, "app": revision.app, "changes": changes,
        "parents": list(revision.parents), "photos": [blob.id for blob in revision.blobs],
    }  # fmt: skip
    if revision.sig is not None:
        sig = revision.sig
        said["signature"] = {
            "meaning": sig.meaning, "name": sig.name, "reauth": sig.reauth, "signs": list(sig.signs),
            "readback_by": sig.readback_by, "view": list(sig.view),
        }  # fmt: skip
    return said


def _check_identity(ctx: Context, identity: str) -> None:
    import pyrage

    try:
        public = str(pyrage.x25519.Identity.from_str(identity).to_public())
    except pyrage.IdentityError as error:
        raise UserFixable("identity_other") from error
    if public != ctx.directory.recipients("00").centre:
        raise UserFixable("identity_other")
