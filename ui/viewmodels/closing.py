"""What is said when RESET-OR is closed: counts of what is not finished or not at the centre, what is safe."""

from __future__ import annotations

from typing import Literal

from reset_or.actions.views import SyncView
from reset_or.base.words import Language, say

Tone = Literal["text2", "accent", "ok", "short"]


def closing_lines(view: SyncView, language: Language) -> tuple[tuple[str, Tone, str], ...]:
    """(icon, tone, words), the unfinished first; the last line always says whether one may switch off."""
    lines: list[tuple[str, Tone, str]] = []
    if view.unfinished:
        lines.append(("pen-line", "short", say("ui_shell.close_unfinished", language, n=view.unfinished)))
    if view.only_here:
        text = say("ui_shell.close_only_here", language, n=view.only_here)
        if view.photos_only_here:
            joint = " " if language == "en" else ""
            text += joint + say("ui_shell.close_photos", language, n=view.photos_only_here)
        lines.append(("cloud-upload", "accent", text))
    if view.at_relay:
        text = say("ui_shell.close_at_relay", language, n=view.at_relay)
        lines.append(("server", "accent", text))
    if view.answer == "writing":
        lines.append(("clock", "short", say("ui_shell.close_writing", language)))
    elif view.only_here or view.unfinished:
        lines.append(("shield-check", "ok", say("ui_shell.close_safe", language)))
    elif view.at_relay:
        lines.append(("shield-check", "ok", say("ui_shell.close_relay_safe", language)))
    else:
        lines.append(("shield-check", "ok", say("ui_shell.close_all_uploaded", language)))
    return tuple(lines)
