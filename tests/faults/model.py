"""The model of a history in plain Python: what was acknowledged, and what its writer knew then.

From that alone it says which values stand and which are in conflict. It knows nothing of parents, cursors,
chains or seals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

INVARIANTS: Final = {
    "I1": "nothing that was acknowledged is lost",
    "I2": "each envelope is at the centre once, as it was signed, and a receipt never lies",
    "I3": "all computers come to rest and hold the same",
    "I4": "an alarm is raised for a reason, and only then",
    "I5": "every revision that counts is traced to a person and a device that were allowed to",
    "I7": "conflicts are exactly those that were written",
    "I8": "a sync ends, and without a fault it ends well",
}


class Broken(AssertionError):
    """An invariant does not hold; the first word is its name."""


def hold(invariant: str, true: bool, *said: object) -> None:
    if not true:
        raise Broken(f"{invariant}: {' '.join(map(str, said))}")


@dataclass(frozen=True)
class Save:
    """An acknowledged save: `known` are the revisions of its record that its writer had."""

    rev_id: str
    seat: str
    rec: str
    writes: dict[str, Any]
    known: frozenset[str]


@dataclass
class Model:
    """Acknowledged saves, and which of them went down with the disk of their computer."""

    saves: dict[str, Save] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def standing(self, rec: str, known: frozenset[str] | None = None) -> dict[str, set[Any]]:
        """field -> values that nothing supersedes, among `known` (or all that is not gone)."""
        seen = [
            s for s in self.saves.values()
            if s.rec == rec and (s.rev_id not in self.gone if known is None else s.rev_id in known)
        ]  # fmt: skip
        found: dict[str, set[Any]] = {}
        for each in seen:
            for name, value in each.writes.items():
                later = (o for o in seen if name in o.writes and each.rev_id in o.known)
                if next(later, None) is None:
                    found.setdefault(name, set()).add(value)
        return found
