"""Asks where images of a case shall go, from any page that shows one. The sheet is `dialogs.dicom_export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reset_or.actions.views import CaseView
    from ui.shell import Shell


def ask(shell: Shell, case: str, view: CaseView | None) -> None:
    """A case, or a specimen without one, that has photographs; nothing for others."""
    from ui.dialogs.dicom_export import ExportSheet

    if view is not None and view.photos:
        shell.show_sheet(ExportSheet(shell, case, view.subject or view.label))
