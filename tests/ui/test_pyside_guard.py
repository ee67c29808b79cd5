"""The pin of PySide6 (decision 0005): calls that return nothing must not lose a reference to None.

PySide6 6.12.0 on Python 3.11 loses one at each such call, and the interpreter aborts when they run out.
"""

from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
CALLS = 5_000


def test_void_calls_keep_none(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        widget.setEnabled(True)
        widget.update()
    lost = before - sys.getrefcount(None)
    assert abs(lost) < CALLS // 10, f"{lost} references to None were lost in {2 * CALLS} calls"
