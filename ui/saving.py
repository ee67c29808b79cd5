"""Lets a document leave the program: the system's dialog, then the file whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from reset_or.base import files

if TYPE_CHECKING:
    from ui.shell import Shell


def ask_place(parent: QWidget, shell: Shell, name: str, kind: str = "pdf") -> Path | None:
    """Where the person wants the file; None where they changed their mind."""
    title = shell.say("report_page.choose_place")
    chosen, _ = QFileDialog.getSaveFileName(parent, title, name, f"{kind.upper()} (*.{kind})")
    return Path(chosen) if chosen else None


def ask_file(parent: QWidget, title: str, kind: str) -> Path | None:
    """Which file the person means; None where they changed their mind."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, "", f"{kind.upper()} (*.{kind})")
    return Path(chosen) if chosen else None


def save_to(shell: Shell, place: Path, data: bytes, saved: Callable[[], None] | None = None) -> None:
    """Writes on the net lane, says so, then calls `saved`."""

    def done(_none: None) -> None:
        shell.toast(shell.say("report_page.saved", name=place.name))
        if saved is not None:
            saved()

    shell.do("net", lambda: files.write_atomic(place, data), done)
