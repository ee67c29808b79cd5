"""What an action or a sync touched, so that screens ask again only for what they show."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Changes:
    """The result of every action and of every applied batch.

    `records`: rec ids written or pulled; `cases`: rec ids of the cases they belong to; `forms`: the forms
    touched; `initiator`: a token of the page that acted ("" for sync), so that it may skip its own echo.
    """

    records: frozenset[str] = field(default_factory=frozenset)
    cases: frozenset[str] = field(default_factory=frozenset)
    forms: frozenset[str] = field(default_factory=frozenset)
    ledger: bool = False
    initiator: str = ""

    def __or__(self, other: Changes) -> Changes:
        return Changes(
            self.records | other.records,
            self.cases | other.cases,
            self.forms | other.forms,
            self.ledger or other.ledger,
            self.initiator or other.initiator,
        )

    def __bool__(self) -> bool:
        return bool(self.records or self.cases or self.forms or self.ledger)
