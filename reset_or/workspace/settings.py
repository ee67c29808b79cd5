"""What an installation remembers outside the encrypted store: nothing clinical, nothing secret.

Language, theme, and who has a slot here, so that the unlock page can be painted
before anything heavy is loaded. In the demo, whose study is synthetic, also the passwords.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from reset_or.base.files import write_atomic
from reset_or.base.paths import Home


@dataclass(frozen=True)
class Tile:
    """One person as the unlock page shows them."""

    user: str
    role: str
    name: str


@dataclass(frozen=True)
class Settings:
    """`theme`: "or" | "light" | "" (by device); `cover_minutes`: idle time until values are hidden.

    `photo_kbit_s`: how fast photos may go, in thousands of bits a second; 0 is as fast as the line.
    `dicom`: where images went last (actions.dicom_places), never a password.
    `tower`: whether and where stills of the tower are listened for (actions.tower).
    `photo_folder`: where new photographs are looked for, such as a camera card.
    `camera`: "" the first one, `device:N`, or `folder:PATH` (images/sources). `shutter_key`: a pedal's key.
    """

    language: str = "en"
    theme: str = ""
    study: str = ""
    site: str = ""
    demo: bool = False
    practice: bool = False
    scheme: str = "reset-1"
    cover_minutes: int = 10
    photo_kbit_s: int = 0
    photo_folder: str = ""
    camera: str = ""
    shutter_key: str = ""
    people: tuple[Tile, ...] = ()
    demo_passwords: dict[str, str] = field(default_factory=dict)
    dicom: dict[str, Any] = field(default_factory=dict)
    tower: dict[str, Any] = field(default_factory=dict)


def load_settings(home: Home) -> Settings:
    """The settings, or the defaults where the file is missing or unreadable (they are no record)."""
    try:
        raw: Any = json.loads(home.settings.read_text(encoding="utf-8"))
        people = tuple(Tile(**tile) for tile in raw.pop("people", ()))
        known = {f.name for f in fields(Settings)}
        return Settings(people=people, **{key: value for key, value in raw.items() if key in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return Settings()


def save_settings(home: Home, settings: Settings) -> None:
    text = json.dumps(asdict(settings), ensure_ascii=False, indent=1, sort_keys=True)
    write_atomic(home.settings, text.encode("utf-8") + b"\n")
