"""Stills from the tower: where this computer listens, as a person says it and settings remember it.

Knows no case. What becomes of a still is stills.py; the state on the screen is ui/tower.py.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reset_or.actions.dicom_places import is_title, read_place

if TYPE_CHECKING:
    from reset_or.images.dicom_receive import Receiver, ServerTls

_NOBODY: Final = "192.0.2.1"
"""An address for documentation (RFC 5737): nothing is sent there, it only asks which way would be taken."""


@dataclass(frozen=True)
class TowerPlace:
    """`called`: our AE title. `calling`: who may send, AE titles with commas between, "" for everybody.

    `host`: the address to listen at, "" for every one of this computer. `cert`, `key`: PEM files for TLS,
    both or none; with `ca` only senders come in whose certificate it vouches for.
    """

    on: bool = False
    host: str = ""
    port: int = 11112
    called: str = "RESETOR"
    calling: str = ""
    cert: str = ""
    key: str = ""
    ca: str = ""

    @property
    def callers(self) -> tuple[str, ...]:
        return tuple(title.strip() for title in self.calling.split(",") if title.strip())

    def to_remember(self) -> dict[str, Any]:
        return asdict(self)

    def wrong(self) -> tuple[str, ...]:
        """Names of the fields that cannot be as they stand."""
        found = {
            "port": not 0 < self.port < 65536,
            "called": not is_title(self.called),
            "calling": not all(map(is_title, self.callers)),
            "cert": not self.cert and bool(self.key or self.ca),
            "key": not self.key and bool(self.cert or self.ca),
        }
        return tuple(name for name, bad in found.items() if bad)


def remembered(said: dict[str, Any]) -> TowerPlace:
    """What settings keep, as far as it can be read."""
    return read_place(TowerPlace, said)


def receiver_of(place: TowerPlace, take: Callable[[bytes], None]) -> Receiver:
    """A receiver that does not listen yet. `take` runs on its threads: see `images.dicom_receive`."""
    from reset_or.images.dicom_receive import Receiver

    return Receiver(
        take, called=place.called.strip(), port=place.port, host=place.host, calling=place.callers,
        tls=_tls(place),
    )  # fmt: skip


def check(place: TowerPlace) -> None:
    """Listens for a moment. Raises as `Receiver.start`; a sender of this moment is told to come again."""
    with receiver_of(place, _not_now):
        pass


def address(place: TowerPlace) -> str:
    """host:port to enter at the tower, as far as this computer knows its own address. Not for a screen's
    thread: a resolver may take its time."""
    host = place.host or _own_address()
    return f"{host}:{place.port}"


class Listener:
    """One receiver at a time. Waits for threads: for the net lane. Wishes are numbered where they are made,
    so that of several under way the last one counts, whichever worker comes first."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._receiver: Receiver | None = None
        self._wish = 0

    def wish(self) -> int:
        """The number of a new wish; older ones count no more."""
        self._wish += 1
        return self._wish

    def latest(self, wish: int) -> bool:
        return wish == self._wish

    def listen(self, place: TowerPlace | None, wish: int) -> str:
        """Stops, and listens at `place` if there is one: its address; "" where a later wish came before.

        Raises as `Receiver.start`; nothing listens then.
        """
        with self._lock:
            if self._receiver is not None:
                self._receiver.stop()
                self._receiver = None
            if place is None or not self.latest(wish):
                return ""
            receiver = receiver_of(place, self._take)
            receiver.start()
            self._receiver = receiver
            return address(place)


def _tls(place: TowerPlace) -> ServerTls | None:
    from reset_or.images.dicom_receive import ServerTls

    if not place.cert:
        return None
    return ServerTls(Path(place.cert), Path(place.key), Path(place.ca) if place.ca else None)


def _not_now(_data: bytes) -> None:
    from reset_or.base.errors import EnvironmentTrouble

    raise EnvironmentTrouble("tower_closed")


def _own_address() -> str:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.connect((_NOBODY, 9))
            return str(asked.getsockname()[0])
    except OSError:
        return socket.gethostname()
