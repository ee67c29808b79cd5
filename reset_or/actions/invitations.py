"""Invitations as the centre keeps them, under `invite/<id>` in its own store. Whom to admit is `centre`'s."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from reset_or.actions.context import Context

INVITE: Final = "invite/"


@dataclass(frozen=True)
class Kept:
    """An invitation as the centre keeps it, code included, until the device is admitted."""

    code: str
    site: str
    people: tuple[tuple[str, str], ...]
    expires_at: int
    done: bool = field(default=False)

    def data(self) -> bytes:
        return json.dumps(vars(self) | {"people": [list(p) for p in self.people]}).encode("ascii")

    @classmethod
    def read(cls, data: bytes) -> Kept:
        value = json.loads(data)
        people = tuple((user, role) for user, role in value["people"])
        return cls(value["code"], value["site"], people, value["expires_at"], value["done"])


def invitations(ctx: Context, site: str) -> list[tuple[str, Kept]]:
    """(id, itself) of those of a site that are not over."""
    found = []
    for name, data in sorted(ctx.store.secrets(INVITE).items()):
        kept = Kept.read(data)
        if kept.site == site and not kept.done:
            found.append((name.removeprefix(INVITE), kept))
    return found
