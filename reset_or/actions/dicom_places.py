"""Where images may go, as a person fills it in and as settings remember it: never with a password."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from reset_or.images.dicom_send import Peer, Tls
    from reset_or.images.dicom_web import WebPeer

P = TypeVar("P")


@dataclass(frozen=True)
class DicomPlace:
    """`kind`: folder | pacs | web. `ca`: path of a PEM file that vouches for the other side, or ""."""

    kind: str = "folder"
    host: str = ""
    port: int = 104
    called: str = ""
    calling: str = "RESET-OR"
    tls: bool = False
    ca: str = ""
    url: str = ""
    user: str = ""

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
            }
            return tuple(name for name, bad in found.items() if bad)
        return ("url",) if self.kind == "web" and not _is_web(self.url) else ()


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

    return Tls(Path(place.ca) if place.ca else None) if wanted else None


def is_title(text: str) -> bool:
    """An application entity title (PS3.5 AE): at most 16 characters of ASCII, no backslash."""
    return 0 < len(text.strip()) <= 16 and text.isascii() and text.isprintable() and "\\" not in text


def _is_web(url: str) -> bool:
    """https, or plain http of this computer; no password inside, where it would be remembered."""
    try:
        said = urlsplit(url)
        local = said.hostname in ("127.0.0.1", "localhost")
    except ValueError:
        return False
    safe = said.scheme == "https" or (said.scheme == "http" and local)
    return safe and bool(said.hostname) and "@" not in said.netloc
