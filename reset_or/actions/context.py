"""What every action is given: the store, the people signed in, the directory of keys, the clock.

Filled by `workspace`, the only place that wires the parts together. Owns no rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reset_or.base.changes import Changes


@dataclass(frozen=True)
class Secret:
    """What a person gives to be known again. `kind` is written into the signature as `reauth`."""

    kind: Literal["password", "pin"]
    text: str

    def __repr__(self) -> str:
        return f"Secret({self.kind})"


@dataclass(frozen=True)
class Saved:
    """An action's result: what changed, and the record and revision it wrote."""

    changes: Changes
    rec: str = ""
    rev_id: str = ""
