"""Printed names, roles, and who looks. Passwords and PINs are the workspace's."""

from __future__ import annotations

import json

from reset_or.actions import casefiles
from reset_or.actions.context import Context, Person, Saved
from reset_or.actions.gate import Viewer
from reset_or.actions.write import Intent, write
from reset_or.base.ids import person_rec
from reset_or.revisions.authority import may_write


def names(ctx: Context) -> dict[str, str]:
    """user -> printed name, for everybody of the site who has one."""
    found: dict[str, str] = {}
    for row in ctx.store.records(form="person"):
        fields = json.loads(row.fields)
        if "user" in fields and "name" in fields:
            found[str(fields["user"])] = str(fields["name"])
    return found


def set_printed_name(ctx: Context, *, user: str, name: str) -> Saved:
    """Writes the name that stands under this person's signatures; it travels sealed."""
    rec = person_rec(ctx.study, ctx.site, user)
    known = ctx.store.revisions(rec)
    values = {"name": name} if known else {"user": user, "name": name}
    intent = Intent("person", "update" if known else "create", rec, values=values, author=user)
    return write(ctx, intent)


def people(ctx: Context) -> tuple[Person, ...]:
    """Everybody certified for the site, before certification everybody of the invitation."""
    known = names(ctx)
    roles = {**ctx.roles, **ctx.directory.people(ctx.site)}
    return tuple(Person(user, role, known.get(user, user)) for user, role in sorted(roles.items()))


def may_write_cases(role: str) -> bool:
    """Whether this role may add and change cases, by the table of roles (revisions.authority)."""
    return may_write(role, "case", "create")


def viewer(ctx: Context, *, case: str = "") -> Viewer:
    """The person at the keyboard as the gate wants to know them."""
    roots = casefiles.roots(ctx.store, case) if case else ()
    blobs = [blob for root in roots for blob in ctx.store.blobs(case=root)]
    unsent = [row for row in ctx.store.ledger() if row.case in roots] if case else []
    waiting = {row.rec: "only_here" if row.only_here else "at_relay" for row in unsent}
    return Viewer(
        user=ctx.user,
        role=ctx.role_of(ctx.user),
        names={**{p.user: p.name for p in people(ctx)}},
        study=ctx.study,
        demo=ctx.demo,
        ledger={row.rec: waiting.get(row.rec, "at_centre") for row in blobs},
        blobs_here=frozenset(row.id for row in blobs if row.state == "local"),
        unsent=sum(1 for row in unsent if row.only_here),
        read_only=ctx.read_only,
        erasures=ctx.directory.erasures(row.site) if (row := ctx.store.record(case)) is not None else {},
    )
