"""The life of a process one of whose calls on the disk fails: it opens, saves, seals, rewrites slots.

It says `acked KIND NUMBER` or `refused KIND NUMBER CODE` after each operation. What is not an error of ours
ends it, and that is a failure. Waits at its gate, a FIFO, until the owner has laid hands on its calls.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

from reset_or.actions import drafts, photos
from reset_or.base.errors import ResetOrError, UserFixable
from tests.fakes.photos import another
from tests.faults.saving_child import PAGE, locked_home, save
from tests.faults.told import USER, password_no
from tests.faults.warm import Say

_TURN = ("draft", "save", "photo", "change", "commit", "save")


class Life:
    """One computer, and which of two passwords holds, as far as anybody was told."""

    def __init__(self, home: str, setup: dict[str, Any]) -> None:
        self.workspace = locked_home(home, setup["peppers"])
        self.case, self.password = setup["cases"][0], 0
        self.taken = pickle.loads(Path(setup["photo"]).read_bytes())

    def open(self, _number: int) -> None:
        try:
            self.workspace.unlock(USER, password_no(USER, self.password))
        except UserFixable as error:  # the change was refused, but had reached the disk
            if error.code != "open_wrong_password":
                raise
            self.workspace.unlock(USER, password_no(USER, 1 - self.password))
            self.password = 1 - self.password

    def draft(self, number: int) -> None:
        self.workspace.do(drafts.save_draft, page=PAGE, case=self.case, data={"n": number})

    def save(self, number: int, page: str = "") -> None:
        save(self.workspace, self.case, 40 + number, page, f"op {number}")

    def commit(self, number: int) -> None:
        self.save(number, PAGE)

    def photo(self, number: int) -> None:
        taken = another(self.taken, number)
        self.workspace.do(
            photos.attach_photo, case=self.case, taken=taken, state="fresh_unpinned", caption=f"op {number}"
        )

    def change(self, _number: int) -> None:
        old, new = (password_no(USER, each) for each in (self.password, 1 - self.password))
        self.workspace.opened.change_password(USER, old, new)
        self.password = 1 - self.password


def warm(setup: dict[str, Any]) -> None:
    """Imports all of it."""
    _live(Life(setup["warm_home"], setup), lambda _text: None)


def run(setup: dict[str, Any], order: dict[str, Any], say: Say) -> None:
    life, gate = Life(order["home"], setup), os.open(order["gate"], os.O_RDWR)
    say("ready")
    os.read(gate, 1)
    _live(life, say)


def _live(life: Life, say: Say) -> None:
    """From the opening to the lock, and once more. What fails once must work when it is tried again, or be
    refused until the store is opened again."""
    number = 0
    for kinds in (_TURN, ("save",)):
        number += 1
        if not _tried(life, "open", number, say) and not _tried(life, "open", number, say):
            return
        for kind in kinds:
            number += 1
            if not _tried(life, kind, number, say) and not life.workspace.context.store.read_only:
                _tried(life, kind, number, say)
        life.workspace.lock()


def _tried(life: Life, kind: str, number: int, say: Say) -> bool:
    try:
        getattr(life, kind)(number)
    except ResetOrError as error:
        say(f"refused {kind} {number} {error.code}")
        return False
    say(f"acked {kind} {number}")
    return True
