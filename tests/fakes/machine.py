"""Where and when something was measured: the head of every page of results."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def this_run() -> list[str]:
    """Lines of Markdown: time, commit, machine, Python."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if os.name == "posix" else 0
    machine = f"{platform.platform()}, {os.cpu_count()} cores, {memory_gb:.0f} GB"
    return [f"- made: {now}", f"- commit: {_commit()}", f"- machine: {machine}",
            f"- Python {platform.python_version()}"]  # fmt: skip


def _commit() -> str:
    """The commit, and whether anything was changed since; "not known" without Git."""
    try:
        changed = _git("status", "--porcelain", "--untracked-files=no")
        return _git("rev-parse", "HEAD") + (" (changed since)" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "not known"


def _git(*words: str) -> str:
    root = Path(__file__).parents[2]
    return subprocess.run(
        ["git", *words], cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()
