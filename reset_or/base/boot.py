"""Which start of the computer this is, behind a port so that tests can restart it. Stores nothing.

The text means nothing but itself: another text is another start. "" where the system does not say.
"""

from __future__ import annotations

import ctypes
import importlib
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

_LINUX: Final = Path("/proc/sys/kernel/random/boot_id")
_WINDOWS: Final = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
_ROUND_MS: Final = 600_000
_UPTIME: Final = "up:"


class Boot(Protocol):
    """Where the answer comes from."""

    def boot_id(self) -> str:
        """The same text until the computer is restarted; "" where nobody knows."""


class SystemBoot:
    """The computer itself: Linux's boot_id, macOS's boot session, Windows' count of starts."""

    def boot_id(self) -> str:
        try:
            system = platform.system()
            if system in _OTHERS:
                return _OTHERS[system]()
            return _LINUX.read_text(encoding="ascii").strip()
        except (OSError, AttributeError, ValueError):
            return ""


@dataclass
class ManualBoot:
    """A computer that restarts only when told, for tests."""

    name: str = "first"

    def boot_id(self) -> str:
        return self.name


def restarted(before: str, after: str) -> bool:
    """Whether the computer was started anew between the two. Not known is not restarted.

    Where only the time of the start is known, a clock that was set a little is no restart.
    """
    if not before or not after:
        return False
    if before.startswith(_UPTIME) and after.startswith(_UPTIME):
        return int(after[len(_UPTIME) :]) - int(before[len(_UPTIME) :]) > _ROUND_MS
    return before != after


def _windows() -> str:
    """The number of starts that Windows counts for itself; without it the time of this one."""
    registry: Any = importlib.import_module("winreg")
    try:
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, _WINDOWS) as key:
            return f"boot:{registry.QueryValueEx(key, 'BootId')[0]}"
    except OSError:
        windows: Any = ctypes
        ticks = windows.windll.kernel32.GetTickCount64
        ticks.restype = ctypes.c_ulonglong
        return f"{_UPTIME}{time.time_ns() // 1_000_000 - ticks()}"


def _macos() -> str:
    """The kernel's name for this start."""
    size, text = ctypes.c_size_t(64), ctypes.create_string_buffer(64)
    said = ctypes.CDLL(None).sysctlbyname(b"kern.bootsessionuuid", text, ctypes.byref(size), None, 0)
    return "" if said else text.value.decode("ascii")


_OTHERS: Final = {"Windows": _windows, "Darwin": _macos}
