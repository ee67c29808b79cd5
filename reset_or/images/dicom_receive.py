"""Listens for stills: a DICOM storage node (C-STORE, C-ECHO), with or without TLS, in memory only.

Knows no case: each object is handed as bytes to a function that says what became of it, and the sender is
told the truth. The receiver has threads of its own (pynetdicom's); the function is called on one of them.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, WeakSet

from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from reset_or.images.dicom_send import keep_quiet
from reset_or.images.kinds import MAX_BYTES

if TYPE_CHECKING:
    from pynetdicom.events import Event

Take = Callable[[bytes], None]

_TIMEOUT_S: Final = 30.0
_MOST_TAKING_S: Final = 60.0
"""Decoding ends by itself after half of it."""
_GOODBYE_S: Final = 2.0
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


class _Context(ssl.SSLContext):
    """Shakes hands on the thread of the one connection: who connects and says nothing holds up nobody."""

    def wrap_socket(self, sock: socket.socket, *args: Any, **said: Any) -> ssl.SSLSocket:
        sock.settimeout(_TIMEOUT_S)
        return super().wrap_socket(sock, *args, **{**said, "do_handshake_on_connect": False})


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
        # Associations in the middle of an object; and those whose sender was not told yet what became of it.
        self._taking: set[Any] = set()
        self._answered: set[Any] = set()
        self._served: WeakSet[Any] = WeakSet()
        self._quiet = threading.Condition()
        self._stopping = False

    @property
    def port(self) -> int:
        """The port that is listened on; asked for as 0, the system's choice."""
        return int(self._server.server_address[1])

    @property
    def receiving(self) -> bool:
        """True while some sender is in the middle of an object."""
        return any(held > _A_GREETING for held in list(self._held.values()))

    def start(self) -> None:
        """Listens from now on. Raises EnvironmentTrouble: dicom_port_taken, dicom_port_forbidden,
        dicom_address_unknown, dicom_tls_missing, dicom_tls_differ, dicom_tls_files.
        """
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
            (evt.EVT_PDU_SENT, self._told), (evt.EVT_CONN_CLOSE, self._told),
        ]  # fmt: skip
        context, self._stopping = self._context(), False
        try:
            self._server = entity.start_server(
                self._place, block=False, ssl_context=context, evt_handlers=handlers
            )
        except OSError as error:
            raise _not_listening(error, *self._place) from error
        # pynetdicom collects Python's garbage on its own thread now and then: never beside widgets.
        self._server._gc = [0, -1]

    def stop(self) -> None:
        """Listens no more and ends every association; the object that is being taken is first taken to its
        end, and its sender told. No thread stays. For no thread on which `take` waits.
        """
        server, self._server = self._server, None
        if server is None:
            return
        self._stopping = True
        server.shutdown()
        for association in server.active_associations:
            if self._answered_to(association):
                association.join(_GOODBYE_S)  # a sender that was told mostly leaves by itself
            association.abort()
            association.dul.join(_TIMEOUT_S)
            # Where the line broke in its greeting (TLS), pynetdicom goes on waiting for one: as if in vain.
            association.dul.to_user_queue.put(None)
            association.join(_TIMEOUT_S)

    def _answered_to(self, association: Any) -> bool:
        """Waits until what this sender is sending was taken and it was told so; False if it sent nothing."""
        with self._quiet:
            self._quiet.wait_for(lambda: association not in self._taking, _MOST_TAKING_S)
            self._quiet.wait_for(lambda: association not in self._answered, _GOODBYE_S)
            return association in self._served

    def __enter__(self) -> Receiver:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _context(self) -> ssl.SSLContext | None:
        if self._tls is None:
            return None
        return server_context(self._tls)

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
        with self._quiet:
            if self._stopping:
                return _OUT_OF_RESOURCES
            self._taking.add(event.assoc)
        try:
            self._take(event.encoded_dataset())
        except UserFixable:
            return _CANNOT_UNDERSTAND
        except ResetOrError:
            return _OUT_OF_RESOURCES
        finally:
            with self._quiet:
                self._taking.discard(event.assoc)
                self._answered.add(event.assoc)
                self._served.add(event.assoc)
                self._quiet.notify_all()
        return _DONE

    def _told(self, event: Event) -> None:
        with self._quiet:
            if event.assoc in self._answered:
                self._answered.discard(event.assoc)
                self._quiet.notify_all()


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """What the other side is shown and how it is checked. Raises as `Receiver.start`."""
    for file in (tls.cert, tls.key, tls.ca):
        if file is not None and not file.is_file():
            raise EnvironmentTrouble("dicom_tls_missing", file=file.name)
    context = _Context(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A key under a passphrase would ask for it on the terminal; an empty one refuses it.
        context.load_cert_chain(tls.cert, tls.key, password="")
        if tls.ca is not None:
            context.load_verify_locations(tls.ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        code = "dicom_tls_differ" if "MISMATCH" in str(getattr(error, "reason", "")) else "dicom_tls_files"
        raise EnvironmentTrouble(code) from error
    return context


def _not_listening(error: OSError, host: str, port: int) -> EnvironmentTrouble:
    if isinstance(error, PermissionError):
        return EnvironmentTrouble("dicom_port_forbidden", port=port)
    if error.errno == errno.EADDRINUSE:
        return EnvironmentTrouble("dicom_port_taken", port=port)
    return EnvironmentTrouble("dicom_address_unknown", host=host, port=port)
