"""The system's dialogs for files: which one is meant, and where a document goes, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from reset_or.base import files

if TYPE_CHECKING:
    from ui.shell import Shell
    from ui.widgets.fields import Field


def ask_place(parent: QWidget, shell: Shell, name: str, kind: str = "pdf") -> Path | None:
    """Where the person wants the file; None where they changed their mind."""
    title = shell.say("report_page.choose_place")
    chosen, _ = QFileDialog.getSaveFileName(parent, title, name, f"{kind.upper()} (*.{kind})")
    return Path(chosen) if chosen else None


def ask_file(parent: QWidget, title: str, kind: str) -> Path | None:
    """Which file the person means; None where they changed their mind."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, "", f"{kind.upper()} (*.{kind})")
    return Path(chosen) if chosen else None


def ask_pem(field: Field, line: QLineEdit) -> None:
    """The file of a certificate or key that the person means, into its line."""
    chosen, _ = QFileDialog.getOpenFileName(field, field.name.text(), "", "PEM (*.pem *.crt *.cer *.key)")
    if chosen:
        line.setText(chosen)


def save_to(shell: Shell, place: Path, data: bytes, saved: Callable[[], None] | None = None) -> None:
    """Writes on the net lane, says so, then calls `saved`."""

    def done(_none: None) -> None:
        shell.toast(shell.say("report_page.saved", name=place.name))
        if saved is not None:
            saved()

    shell.do("net", lambda: files.write_atomic(place, data), done)
