"""Whom the server admits: the directory of `trial.json` and of every stored statement.

A `View` never changes; a new statement makes a new one. Every server process looks once a request whether
another process has stored statements since, so a device granted there is known here at once.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from reset_or.base.errors import TrustBroken
from reset_or.central import tables
from reset_or.central.refusal import Refused
from reset_or.revisions.directory import Directory, KeyGrant
from reset_or.revisions.statements import Statement, read_statement
from reset_or.wire.trial_file import TrialFile

CENTRE = "00"
EVERYWHERE = ("*", CENTRE)


@dataclass(frozen=True)
class View:
    """What held after the statement numbered `ord`. `sites`: those that have a feed; `only`: the one site
    that a relay serves, "" at the coordinating centre."""

    directory: Directory
    sites: frozenset[str]
    ord: int = 0
    only: str = ""

    def with_statements(self, statements: Sequence[Statement], newest: int) -> View:
        directory, sites = copy.deepcopy(self.directory), set(self.sites)
        for statement in statements:
            directory.add(statement)
            sites |= {statement.site} - {"*"}
        return View(directory, frozenset(sites), newest, self.only)

    def device(self, dev: str) -> KeyGrant:
        """The grant of an admitted device; raises Refused."""
        grant = self.directory.grant(dev)
        if grant is None or grant.kind != "device":
            raise Refused("device_not_admitted")
        if not self.directory.valid_at(dev, None):
            raise Refused("device_revoked")
        if self.only and grant.site != self.only:
            raise Refused("site_not_allowed")
        return grant

    def may_use(self, device: KeyGrant, site: str) -> bool:
        """A device uses its own site; one of the centre every site that exists."""
        return site in self.sites and device.site in (site, CENTRE)


class Admission:
    """The newest view, shared by all threads of a process. `closed`: the problem why nobody is admitted,
    "" as a rule."""

    def __init__(self, trial: TrialFile, only: str = "") -> None:
        sites = {s.site for s in trial.statements} - {"*"} | {CENTRE}
        self._view = View(trial.directory(), frozenset(sites), only=only)
        self._lock = threading.Lock()
        self.closed = ""

    def view(self, connection: sa.Connection, newest: int) -> View:
        """The view at least as new as statement number `newest` (as the database said)."""
        if newest <= self._view.ord:
            return self._view
        with self._lock:
            found = connection.execute(
                sa.select(tables.statement.c.ord, tables.statement.c.data, tables.statement.c.sig)
                .where(tables.statement.c.ord > self._view.ord)
                .order_by(tables.statement.c.ord)
            ).all()
            if found:
                statements = [read_statement(row.data, row.sig) for row in found]
                self._view = self._view.with_statements(statements, found[-1].ord)
            return self._view

    def site_of(self, dev: str) -> str:
        """The site of a device that is known here already, else ""."""
        grant = self._view.directory.grant(dev)
        return "" if grant is None else grant.site

    def current(self, connection: sa.Connection) -> View:
        return self.view(connection, newest_statement(connection))


def newest_statement(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(tables.statement.c.ord))) or 0


class Growing:
    """A private copy of a view that takes statements one by one, each whole or not at all."""

    def __init__(self, view: View) -> None:
        self._directory = copy.deepcopy(view.directory)
        self.sites = set(view.sites)

    def knows(self, stmt_id: str) -> bool:
        return self._directory.knows(stmt_id)

    def refuses(self, statement: Statement) -> str:
        """Takes the statement and says ""; or leaves it and says the code of what is wrong with it."""
        if statement.type not in ("grant", "revoke", "policy", "epoch", "erase"):
            return "statement_not_allowed"
        try:
            self._directory.add(statement)
        except TrustBroken as error:
            return error.code
        return ""
