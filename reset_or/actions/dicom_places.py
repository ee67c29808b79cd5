"""Where images may go, as a person fills it in and as settings remember it: never with a password."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reset_or.base.errors import UserFixable

if TYPE_CHECKING:
    from reset_or.images.dicom_send import Peer, Tls
    from reset_or.images.dicom_web import WebPeer

P = TypeVar("P")


@dataclass(frozen=True)
class DicomPlace:
    """`kind`: folder | pacs | web. Paths of PEM files, or "": `ca` vouches for the other side; `cert` and
    `key` are our own, where an archive wants them (`cert` may hold both)."""

    kind: str = "folder"
    host: str = ""
    port: int = 104
    called: str = ""
    calling: str = "RESET-OR"
    tls: bool = False
    ca: str = ""
    url: str = ""
    user: str = ""
    cert: str = ""
    key: str = ""

    def to_remember(self) -> dict[str, Any]:
        return asdict(self)

    def wrong(self) -> tuple[str, ...]:
        """Names of the fields that cannot be as they stand."""
        if self.kind == "pacs":
            found = {
                "host": not self.host,
                "port": not 0 < self.port < 65536,
                "called": not is_title(self.called),
                "calling": not is_title(self.calling),
                "cert": self.tls and bool(self.key) and not self.cert,
            }
            return tuple(name for name, bad in found.items() if bad)
        return ("url",) if self.kind == "web" and web_problem(self.url) else ()


def remembered(said: dict[str, Any]) -> DicomPlace:
    """What settings keep, as far as it can be read."""
    return read_place(DicomPlace, said)


def read_place(kind: type[P], said: dict[str, Any]) -> P:
    """A dataclass whose fields all have defaults, from what settings keep of it; what does not fit is left
    at its default."""
    known: dict[str, Any] = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
    kept: dict[str, Any] = {n: v for n, v in said.items() if n in known and type(v) is type(known[n])}
    return kind(**kept)


def target_of(place: DicomPlace, *, folder: Path | None = None, password: str = "") -> Path | Peer | WebPeer:
    """What `dicom_export.send` takes."""
    from reset_or.images.dicom_send import Peer
    from reset_or.images.dicom_web import WebPeer

    if place.kind == "pacs":
        return Peer(place.host, place.port, place.called, place.calling, _tls(place, wanted=place.tls))
    if place.kind == "web":
        return WebPeer(place.url, place.user, password, _tls(place, wanted=bool(place.ca)))
    assert folder is not None
    return folder


def _tls(place: DicomPlace, *, wanted: bool) -> Tls | None:
    from reset_or.images.dicom_send import Tls

    ours = (place.cert, place.key) if place.kind == "pacs" else ("", "")
    return Tls(*(Path(name) if name else None for name in (place.ca, *ours))) if wanted else None


def read_port(text: str) -> int:
    """A port as it was typed; 0 for what is none."""
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def is_title(text: str) -> bool:
    """An application entity title (PS3.5 AE): at most 16 characters of ASCII, no backslash."""
    return 0 < len(text.strip()) <= 16 and text.isascii() and text.isprintable() and "\\" not in text


def web_problem(url: str) -> str:
    """Why images may not go to this address: the code of the refusal, "" where they may."""
    from reset_or.images.dicom_web import check_address

    try:
        check_address(url)
    except UserFixable as refusal:
        return refusal.code
    return ""
