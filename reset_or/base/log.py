"""Logging of event codes and ids only. No f-string of a record ever comes here.

`event("sync_done", entries=12)` is the only way to log. Values are numbers, hex ids or codes; anything
else is refused, so that a clinical value cannot slip in.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

_log = logging.getLogger("reset_or")
_HARMLESS = re.compile(r"[a-z0-9_.:/-]{0,96}")


def event(code: str, /, **values: int | str | bool | None) -> None:
    """Writes one line `code key=value ...`; a value that is not a number, id or code becomes `?`."""
    parts = [f"{key}={_harmless(value)}" for key, value in values.items()]
    _log.info("%s", " ".join([code, *parts]))


def _harmless(value: int | str | bool | None) -> str:
    if value is None or isinstance(value, int):
        return str(value)
    return value if _HARMLESS.fullmatch(value) else "?"


def to_file(path: Path) -> None:
    """Sends events to a rotating file of at most 2 x 1 MiB."""
    import logging.handlers

    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=1 << 20, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
