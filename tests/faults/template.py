"""A site's computer with a few cases, locked, to be copied for every round; and a photograph taken in."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reset_or.actions import cases
from reset_or.base.clock import SystemClock
from reset_or.keys.pepper import MemoryKeyStore
from tests.fakes.photos import small_photo
from tests.fakes.site import make_workspace, password_of


@dataclass
class Template:
    """`home` is never opened again; `photo` a pickled TakenPhoto; `peppers` stand for the keyring."""

    folder: Path
    home: Path
    peppers: dict[str, str]
    cases: list[str]
    photo: Path
    copies: int = 0

    def copy(self, place: Path | None = None) -> Path:
        """A computer that may be opened, at `place` or at a new one."""
        self.copies += 1
        target = place or self.folder / f"home-{self.copies}"
        shutil.copytree(self.home, target)
        return target

    def setup(self, **more: Any) -> dict[str, Any]:
        """What the warm processes are told; their first work is done on a copy."""
        return {"warm_home": str(self.copy()), "peppers": self.peppers, "cases": self.cases,
                "photo": str(self.photo)} | more  # fmt: skip

    @property
    def key_store(self) -> MemoryKeyStore:
        return MemoryKeyStore({install: bytes.fromhex(pepper) for install, pepper in self.peppers.items()})


def make_template(folder: Path, number_of_cases: int) -> Template:
    keys = MemoryKeyStore()
    workspace = make_workspace(folder / "template", key_store=keys)
    workspace.clock = SystemClock()
    workspace.unlock("wang", password_of("wang"))
    found = [
        workspace.do(
            cases.register_case, subject=f"03-000{n}", sex="f", age=61, arm="reduced", rand_no=f"R-{n}",
            rand_no_again=f"R-{n}", tumour_length_mm=40,
        ).rec
        for n in range(1, number_of_cases + 1)
    ]  # fmt: skip
    workspace.lock()
    workspace.home.lock.unlink()
    (folder / "photo").write_bytes(pickle.dumps(small_photo()))
    peppers = {install: pepper.hex() for install, pepper in keys.peppers.items()}
    return Template(folder, workspace.home.root, peppers, found, folder / "photo")
