"""Which page stands behind which name; a page's module is imported when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ui.pages.page import Page
    from ui.shell import Shell


def _unlock(shell: Shell) -> Page:
    from ui.pages.unlock import UnlockPage

    return UnlockPage(shell)


def _cases(shell: Shell) -> Page:
    from ui.pages.cases import CasesPage

    return CasesPage(shell)


def _margins(shell: Shell) -> Page:
    from ui.pages.margins import MarginsPage

    return MarginsPage(shell)


def _confirm(shell: Shell) -> Page:
    from ui.pages.confirm import ConfirmPage

    return ConfirmPage(shell)


def _to_sign(shell: Shell) -> Page:
    from ui.pages.to_sign import ToSignPage

    return ToSignPage(shell)


def _photos(shell: Shell) -> Page:
    from ui.pages.photos import PhotosPage

    return PhotosPage(shell)


def _workbench(shell: Shell) -> Page:
    from ui.pages.workbench import WorkbenchPage

    return WorkbenchPage(shell)


def _inbox(shell: Shell) -> Page:
    from ui.pages.inbox import InboxPage

    return InboxPage(shell)


def _sync(shell: Shell) -> Page:
    from ui.pages.sync import SyncPage

    return SyncPage(shell)


def _receipt(shell: Shell) -> Page:
    from ui.pages.receipt import ReceiptPage

    return ReceiptPage(shell)


def _report(shell: Shell) -> Page:
    from ui.pages.report import ReportPage

    return ReportPage(shell)


def _settings(shell: Shell) -> Page:
    from ui.pages.settings import SettingsPage

    return SettingsPage(shell)


PAGES: Final[dict[str, Callable[[Shell], Page]]] = {
    "unlock": _unlock,
    "cases": _cases,
    "margins": _margins,
    "confirm": _confirm,
    "to_sign": _to_sign,
    "photos": _photos,
    "workbench": _workbench,
    "inbox": _inbox,
    "sync": _sync,
    "receipt": _receipt,
    "report": _report,
    "settings": _settings,
}
