"""Listens for stills: a DICOM storage node (C-STORE, C-ECHO), with or without TLS, in memory only.

Knows no case: each object is handed as bytes to a function that says what became of it, and the sender is
told the truth. The receiver has threads of its own (pynetdicom's); the function is called on one of them.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from reset_or.images.dicom_send import keep_quiet
from reset_or.images.kinds import MAX_BYTES

if TYPE_CHECKING:
    from pynetdicom.events import Event

Take = Callable[[bytes], None]

_TIMEOUT_S: Final = 30.0
_MOST_SENDERS: Final = 4
_A_GREETING: Final = 20_000
"""Bytes: opening an association takes less."""

_CANNOT_UNDERSTAND, _OUT_OF_RESOURCES, _DONE = 0xC000, 0xA700, 0x0000

# As in dicom_child: colour stills. Anything else finds no presentation context and is refused by name.
CLASSES: Final = tuple(
    "1.2.840.10008.5.1.4.1.1." + end for end in ("77.1.1", "77.1.2", "77.1.3", "77.1.4", "7", "6.1")
)
_VERIFICATION: Final = "1.2.840.10008.1.1"
_SYNTAXES: Final = (
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
)  # fmt: skip


@dataclass(frozen=True)
class ServerTls:
    """Files in PEM. With `ca` only senders come in whose certificate it vouches for."""

    cert: Path
    key: Path
    ca: Path | None = None


class Receiver:
    """One listening node. `called` is its AE title; a caller must know it, and be in `calling` if given.

    `take` gets the whole file of one object; it returns when the object is safe, and raises a ResetOrError
    where it is not: the sender then hears a failure and keeps its picture.
    """

    def __init__(
        self,
        take: Take,
        *,
        called: str = "RESETOR",
        port: int = 11112,
        host: str = "",
        calling: Sequence[str] = (),
        tls: ServerTls | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._take, self._called, self._calling = take, called, tuple(calling)
        self._place, self._tls, self._max_bytes = (host, port), tls, max_bytes
        self._server: Any = None
        # Bytes that each association has sent since its last whole message; -1 once it was cut off.
        self._held: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    @property
    def port(self) -> int:
        """The port that is listened on; asked for as 0, the system's choice."""
        return int(self._server.server_address[1])

    @property
    def receiving(self) -> bool:
        """True while some sender is in the middle of an object."""
        return any(held > _A_GREETING for held in list(self._held.values()))

    def start(self) -> None:
        """Listens from now on. Raises EnvironmentTrouble: dicom_port_taken, dicom_tls_files."""
        from pynetdicom import AE, evt

        keep_quiet()
        entity = AE(ae_title=self._called)
        entity.require_called_aet = True
        entity.require_calling_aet = list(self._calling)
        entity.maximum_associations = _MOST_SENDERS
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _TIMEOUT_S
        entity.add_supported_context(_VERIFICATION)
        for sop_class in CLASSES:
            entity.add_supported_context(sop_class, list(_SYNTAXES))
        handlers: list[Any] = [
            (evt.EVT_C_STORE, self._store), (evt.EVT_DATA_RECV, self._count),
        ]  # fmt: skip
        try:
            self._server = entity.start_server(
                self._place, block=False, ssl_context=self._context(), evt_handlers=handlers
            )
        except OSError as error:
            raise EnvironmentTrouble("dicom_port_taken", port=self._place[1], errno=error.errno) from error

    def stop(self) -> None:
        """Ends every association and listens no more. What was not acknowledged was not taken."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Receiver:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _context(self) -> ssl.SSLContext | None:
        if self._tls is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self._tls.cert, self._tls.key)
            if self._tls.ca is not None:
                context.load_verify_locations(self._tls.ca)
                context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ssl.SSLError) as error:
            raise EnvironmentTrouble("dicom_tls_files") from error
        return context

    def _count(self, event: Event) -> None:
        """Ends an association whose message grows past the limit, before it fills the memory."""
        held = self._held.get(event.assoc, 0)
        if held < 0:
            return
        self._held[event.assoc] = held + len(event.data)
        if held + len(event.data) > self._max_bytes:
            self._held[event.assoc] = -1
            line: Any = event.assoc.dul.socket
            line.socket.shutdown(socket.SHUT_RDWR)  # pynetdicom sees a line that broke, and ends it in order

    def _store(self, event: Event) -> int:
        self._held.pop(event.assoc, None)
        try:
            self._take(event.encoded_dataset())
        except UserFixable:
            return _CANNOT_UNDERSTAND
        except ResetOrError:
            return _OUT_OF_RESOURCES
        return _DONE
