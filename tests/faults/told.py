"""What a process acknowledged before it was stopped, and whether a store still holds all of it.

A process says `begin NUMBER KIND CASE` before and `acked NUMBER KIND CASE MADE` after each operation; the one
under way may have happened or not, and nothing else may be open.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reset_or.base.errors import ResetOrError
from reset_or.base.paths import Home
from reset_or.images.seal import blob_path
from reset_or.store.opened import Opened
from tests.fakes.site import password_of

USER, NEW_PERSON = "wang", "sun"
_MADE = frozenset({"save", "commit", "photo"})


def password_no(user: str, number: int) -> str:
    """The password of a person after so many changes."""
    return password_of(user) + (f" {number}" if number else "")


@dataclass
class Told:
    """`passwords`: how often the user's password was changed; `person`: the operation that last gave the
    new colleague one; `done`: the kinds of everything acknowledged."""

    revisions: list[str] = field(default_factory=list)
    drafts: dict[str, int | None] = field(default_factory=dict)
    passwords: int = 0
    person: int | None = None
    done: list[str] = field(default_factory=list)
    under_way: tuple[str, str, int] | None = None
    number: int = 0
    within: int = 0

    def hear(self, lines: Sequence[str]) -> None:
        """All that one process said; what an earlier one had under way must be settled by then."""
        self.under_way = None
        for line in lines:
            self._hear(*line.split())
        self.within += self.under_way is not None

    def _hear(self, word: str, number: str = "", kind: str = "", case: str = "", made: str = "") -> None:
        if word == "begin":
            self.number = int(number)
            self.under_way = (kind, case, self.number)
        elif word == "acked":
            self.under_way = None
            self._acked(int(number), kind, case, made)

    def _acked(self, number: int, kind: str, case: str, made: str) -> None:
        self.done.append(kind)
        self.revisions += [made] if kind in _MADE else []
        self.passwords += kind == "password"
        if kind in ("draft", "commit"):
            self.drafts[case] = number if kind == "draft" else None
        if kind == "person":
            self.person = number

    def doing(self, kind: str, case: str = "") -> int | None:
        """The number of the operation under way, if it is of this kind (and case)."""
        if self.under_way is None or self.under_way[0] != kind or case not in ("", self.under_way[1]):
            return None
        return self.under_way[2]

    @property
    def may_open(self) -> list[str]:
        """The password that was acknowledged, and the one that was being set."""
        numbers = [self.passwords, *([self.passwords + 1] if self.doing("password") else [])]
        return [password_no(USER, number) for number in numbers]

    def opened_with(self, password: str) -> None:
        """Settles whether the change under way has happened."""
        self.passwords += password != password_no(USER, self.passwords)

    def faults(self, opened: Opened, home: Home, cases: Sequence[str]) -> list[str]:
        """What is lost, or there in part; settles what was under way."""
        store = opened.store
        found = {row.rev_id for row in store.audit(limit=100_000)}
        wrong = [f"lost {each[:12]}" for each in self.revisions if each not in found]
        for row in store.blobs():
            wrong += _photo_faults(blob_path(home.blobs, row.id))
        drafts = {draft.case: json.loads(draft.data)["n"] for draft in store.drafts()}
        for case in cases:
            wrong += self._draft_faults(case, drafts.get(case))
        return wrong + self._person_faults(opened)

    def _draft_faults(self, case: str, found: int | None) -> list[str]:
        allowed = {self.drafts.get(case)}
        allowed |= {self.doing("draft", case)} if self.doing("draft", case) else set()
        allowed |= {None} if self.doing("commit", case) else set()
        self.drafts[case] = found
        return [] if found in allowed else [f"draft {found}, allowed {allowed}"]

    def _person_faults(self, opened: Opened) -> list[str]:
        if self.person is None:
            return []
        for number in {self.person, self.doing("person") or self.person}:
            try:
                opened.open_person(NEW_PERSON, password_no(NEW_PERSON, number))
            except ResetOrError:
                continue
            self.person = number
            return []
        return ["the new person's password does not open"]


def _photo_faults(path: Path) -> list[str]:
    whole = path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    return [] if whole else [f"photo {path.name[:12]} is not whole"]
