"""One site's device made quickly and truly: encrypted store, certified people, cases, and a shell over it.

Everything is real (keys, seals, store, actions); only the cost of the passwords is lowered and the clock is
moved by hand. Pages drawn on it act on the store at once (inline lanes).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from reset_or.actions import cases, people
from reset_or.actions.context import Secret
from reset_or.actions.installation import Installation, new_device, write_installation
from reset_or.base.clock import ManualClock
from reset_or.base.errors import ResetOrError
from reset_or.base.lanes import InlineLanes
from reset_or.base.paths import Home
from reset_or.base.words import Language
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.revisions import signing
from reset_or.store.opening import create_installation
from reset_or.sync.epochs import EpochKey
from reset_or.workspace import Workspace
from tests.fakes.trial import SyntheticTrial, TrialPerson
from ui.pages.page import Page
from ui.shell import Shell

NOW_AT = 1_795_415_520_000  # 2026-11-23 14:32 at UTC+8
PEOPLE = {
    "zhang": ("surgeon", "Zhang Wei"),
    "wang": ("or_nurse", "Wang Min"),
    "chen": ("or_nurse", "Chen Rui"),
    "li": ("pathologist", "Li Na"),
}
PASSWORDS = {user: f"amber-tunnel-{user}-lamps" for user in PEOPLE}
PIN = "271828"


class Clinic:
    """`workspace` is unlocked by `first`; `sign_in` changes who is at the keyboard."""

    def __init__(self, folder: Path, *, first: str = "wang") -> None:
        self.clock = ManualClock(at=NOW_AT, zone_min=480)
        self.keys = MemoryKeyStore()
        home = Home(folder / "home")
        self.trial = SyntheticTrial()
        self._site(home, first)
        self.workspace = Workspace(home, lanes=InlineLanes(), clock=self.clock, key_store=self.keys)
        self.workspace.unlock(first, PASSWORDS[first])
        self._name_everybody(first)

    def _site(self, home: Home, first: str) -> None:
        opened = create_installation(
            home, user=first, password=PASSWORDS[first], key_store=self.keys, clock=self.clock,
            cost=QUICK_COST,
        )  # fmt: skip
        assert opened.person is not None
        made = {first: opened.person}
        for user in PEOPLE:
            if user != first:
                made[user] = opened.add_person(user, PASSWORDS[user])
        site = self.trial.add_site("03", people={})
        device = new_device()
        roles = {user: role for user, (role, _) in PEOPLE.items()}
        grants = [
            self.trial.grant_person(TrialPerson(user, roles[user], "03", made[user].key)) for user in PEOPLE
        ]
        grants.append(
            self.trial.grant(
                self.trial.admin.key, "device", "03", device.dev, signing.public_bytes(device.sign),
                box=device.box_public,
            )
        )  # fmt: skip
        file = self.trial.file()
        said = Installation(self.trial.study, "03", file.root, "http://127.0.0.1", roles)
        with opened.store.transaction() as unit:
            write_installation(unit, said, file, device)
            for statement in (*site.statements, *grants):
                unit.put_statement(statement)
            unit.put_secret(EpochKey("03", 1, site.identity).name, site.identity.encode("ascii"))
        opened.close()

    def _name_everybody(self, first: str) -> None:
        for user, (_, name) in PEOPLE.items():
            self.workspace.unlock(user, PASSWORDS[user])
            self.workspace.do(people.set_printed_name, user=user, name=name)
        self.workspace.unlock(first, PASSWORDS[first])

    def sign_in(self, user: str) -> None:
        self.workspace.switch_active(user, Secret("password", PASSWORDS[user]))

    def do(self, action: Any, **kwargs: Any) -> Any:
        return self.workspace.do(action, **kwargs)

    def case(self, subject: str = "03-0147", **fields: Any) -> str:
        """A case of the reduced arm with a raised tumour of 4.2 cm; fields override."""
        said: dict[str, Any] = {
            "sex": "f", "age": 61, "initials": "WXM", "room": "3", "planned_on": "2026-11-23",
            "arm": "reduced", "rand_no": "R-147", "rand_no_again": "R-147", "tumour_length_mm": 42,
            "tumour_appearance": "raised",
        }  # fmt: skip
        said |= fields
        if said["arm"] == "to_follow":
            said["rand_no"] = said["rand_no_again"] = ""
        return str(self.do(cases.register_case, subject=subject, **said).rec)

    def view(self, case: str) -> Any:
        return self.do(cases.case_view, case=case)


class Frame(QStackedWidget):
    """Holds pages as the main window does, remembers where a page went, and keeps errors it was shown."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.went: list[tuple[str, dict[str, Any]]] = []
        self.errors: list[ResetOrError] = []
        self.toasts: list[str] = []
        shell.attach(self)

    def show_page(self, page: Page, **params: Any) -> None:
        self.addWidget(page)
        self.setCurrentWidget(page)
        page.enter(**params)

    def go(self, page: str, params: dict[str, Any]) -> None:
        here = self.currentWidget()
        if isinstance(here, Page):
            here.leave()
        self.went.append((page, params))

    def back(self) -> None:
        self.went.append(("back", {}))

    def show_error(self, error: ResetOrError) -> None:
        self.errors.append(error)

    def show_sheet(self, sheet: QWidget) -> None:
        sheet.deleteLater()

    def toast(self, text: str, undo: Any) -> None:
        self.toasts.append(text)

    def lock(self) -> None:
        self.went.append(("lock", {}))

    def signed_in(self) -> None:
        self.went.append(("signed_in", {}))


def shell_over(clinic: Clinic, language: Language = "en") -> Shell:
    """A shell whose pages hear of every save."""
    shell = Shell(clinic.workspace, language=language)
    clinic.workspace.on_changes(shell.broadcast)
    return shell


def signed_scheme_view(view: Any) -> Any:
    """The same case as if the principal investigator had signed the scheme."""
    return replace(view, scheme_signed=True)
