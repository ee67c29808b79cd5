"""The one signal by which pages hear that something was written or pulled. Owns no data."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from reset_or.base.changes import Changes


class ChangeBell(QObject):
    """`changed(Changes)` rings on the screen's thread after every save and every applied batch."""

    changed = Signal(object)

    def ring(self, changes: Changes) -> None:
        """An empty `Changes` rings nothing."""
        if changes:
            self.changed.emit(changes)
