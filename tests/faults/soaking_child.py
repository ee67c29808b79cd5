"""A computer that works for as long as it is asked to: saves, photographs, syncs, lock and unlock, in rounds.

One JSON line an order, one an answer. Every answer says what the process holds, measured at the same point of
a round, so that a row of answers shows what grows.
"""

from __future__ import annotations

import gc
import hashlib
import json
import random
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reset_or.actions.photos import attach_photo
from reset_or.actions.syncing import sync_once
from reset_or.actions.verifying import verify_store
from reset_or.base.errors import ResetOrError
from reset_or.base.ids import sha256_hex
from reset_or.images.intake import TakenPhoto
from reset_or.images.seal import blob_path
from reset_or.wire.transport import HttpTransport
from reset_or.workspace import Workspace
from tests.fakes.vitals import vitals_of
from tests.faults.ground import folded, open_home
from tests.faults.syncing_child import save_case, save_reading

_PHOTO_SIZES = (20_000, 150_000, 400_000, 1_300_000)
_MOST_CASES = 900


@dataclass
class Computer:
    """What `setup` names: home, peppers, user, url, seed and the first digit of its case numbers."""

    setup: dict[str, Any]
    dice: random.Random
    workspace: Workspace
    transport: HttpTransport
    cases: list[str] = field(default_factory=list)
    photos: int = 0

    def round(self) -> dict[str, Any]:
        """Some saves, perhaps a photograph, a sync; now and then as after a restart."""
        saves = self.dice.randrange(4)
        for _ in range(saves):
            self._save()
        if self.cases and self.dice.random() < 0.3:
            self._photograph()
        if self.dice.random() < 0.1:
            self.workspace.lock()
            self.workspace = _open(self.setup)
        return {"saves": saves} | self.sync()

    def sync(self) -> dict[str, Any]:
        try:
            said = sync_once(self.workspace.context, transport=self.transport)
            found = {"problem": said.problem, "alarm": said.alarm, "complete": said.complete,
                     "pulled": said.pulled}  # fmt: skip
        except ResetOrError as error:
            found = {"problem": error.code, "alarm": "", "complete": False, "pulled": 0}
        gc.collect()
        return found | {"vitals": asdict(vitals_of("self")), "left": self._left()}

    def end(self) -> dict[str, Any]:
        """What the store holds, as one hash, and what is wrong with it by itself."""
        store = self.workspace.context.store
        bad = [str(each) for each in self.workspace.do(verify_store).bad]
        bad += [f"quarantine {row.code}" for row in store.quarantined()]
        home = self.workspace.home.blobs
        bad += [f"photo {b.id[:8]} {b.state}" for b in store.blobs() if not blob_path(home, b.id).exists()]
        text = repr(folded(store)).encode()
        return {"hash": hashlib.sha256(text).hexdigest(), "bad": bad, "photos": len(list(store.blobs()))}

    def _save(self) -> None:
        if not self.cases or (self.dice.random() < 0.2 and len(self.cases) < _MOST_CASES):
            subject = f"03-{self.setup['number']}{len(self.cases):03}"
            self.cases.append(save_case(self.workspace, subject)[0])
            return
        save_reading(self.workspace, self.dice.choice(self.cases), self.dice.randint(20, 90))

    def _photograph(self) -> None:
        data = self.dice.randbytes(self.dice.choice(_PHOTO_SIZES))
        taken = TakenPhoto(
            data=data, mime="image/jpeg", w=40, h=30, turn=1, sha256=sha256_hex(data),
            camera_sha256=sha256_hex(data), captured_at=None, captured_zone_min=None, warnings=(),
        )  # fmt: skip
        self.workspace.do(attach_photo, case=self.dice.choice(self.cases), taken=taken)
        self.photos += 1

    def _left(self) -> list[str]:
        """What was left behind where only passing things lie."""
        here = [path.name for path in Path(tempfile.gettempdir()).iterdir()]
        parts = [
            path.name for path in self.workspace.home.root.rglob("*") if path.suffix in (".tmp", ".part")
        ]
        return sorted(here + parts)


def _open(setup: dict[str, Any]) -> Workspace:
    return open_home(setup["home"], setup["peppers"], setup["user"])


def main() -> None:
    setup = json.loads(sys.stdin.readline())
    computer = Computer(
        setup, random.Random(setup["seed"]), _open(setup), HttpTransport(setup["url"], timeout_s=20)
    )
    for line in sys.stdin:
        print(json.dumps(getattr(computer, json.loads(line))()), flush=True)
    computer.workspace.lock()
    computer.transport.close()


if __name__ == "__main__":
    main()
