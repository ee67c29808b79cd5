"""Sends finished DICOM objects away: into a folder with a DICOMDIR, to an archive by C-STORE or by STOW-RS.

Knows no case. Every object ends as accepted or as refused with a code; nothing is sent twice in one call.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from reset_or.base.errors import EnvironmentTrouble, ResetOrError
from reset_or.base.files import disk_errors
from reset_or.base.lanes import CancelToken
from reset_or.images.dicom_facts import VL_ENDOSCOPIC, VL_PHOTOGRAPHIC
from reset_or.images.dicom_report import COMPREHENSIVE_SR

if TYPE_CHECKING:
    import ssl

    from pydicom.dataset import FileDataset

_TIMEOUT_S: Final = 30.0
_NETWORK_S: Final = 60.0
_LINE_LOST: Final = frozenset(
    {"dicom_peer_unreachable", "dicom_line_lost", "dicom_peer_rejected", "dicom_tls_failed"}
)
_EXPLICIT, _BASELINE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"
_OFFERED: Final = (
    (VL_PHOTOGRAPHIC, _BASELINE), (VL_PHOTOGRAPHIC, _EXPLICIT), (VL_ENDOSCOPIC, _BASELINE),
    (VL_ENDOSCOPIC, _EXPLICIT), (COMPREHENSIVE_SR, _EXPLICIT),
)  # fmt: skip
"""Every kind that is ever sent, each with a context of its own: an archive picks one syntax a context."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class DicomObject:
    """One finished DICOM file; `label` is what a person calls it (a photo's number, "report")."""

    label: str
    data: bytes


@dataclass(frozen=True)
class Tls:
    """Files in PEM. `ca`: who vouches for the other side; `cert`, `key`: our own, where it wants one."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Raises EnvironmentTrouble("dicom_tls_files") where a file cannot be used."""
        import ssl

        try:
            context = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise EnvironmentTrouble("dicom_tls_files") from error
        return context


@dataclass(frozen=True)
class Peer:
    """A DICOM node: where it listens, what it is called, what we are called there."""

    host: str
    port: int
    called: str
    calling: str = "RESET-OR"
    tls: Tls | None = None


@dataclass
class Sent:
    """What came of every object, by label. `refused`: (label, code, detail); codes of errors.toml.

    `cancelled`: the person stopped it; what is in neither list was not sent.
    """

    accepted: list[str] = field(default_factory=list)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    cancelled: bool = False

    @property
    def complete(self) -> bool:
        return not self.refused and not self.cancelled


def send_each(
    objects: Iterable[DicomObject],
    send: Callable[[DicomObject], None],
    progress: Progress | None,
    cancel: CancelToken | None,
) -> Sent:
    """One after the other; a refusal of one does not stop the others, a lost line does."""
    sent = Sent()
    for count, each in enumerate(objects, 1):
        if cancel is not None and cancel.cancelled:
            sent.cancelled = True
            break
        try:
            send(each)
            sent.accepted.append(each.label)
        except ResetOrError as error:
            if error.code in _LINE_LOST:
                raise
            sent.refused.append((each.label, error.code, str(error.details.get("status", ""))))
        if progress is not None:
            progress(count)
    return sent


def write_folder(
    objects: Iterable[DicomObject],
    folder: Path,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Sent:
    """A folder as on a DICOM disc (PS3.10): DICOMDIR and the files it names.

    The folder must be new or empty. Raises EnvironmentTrouble dicom_folder_not_empty, disk_full, ...
    """
    with disk_errors():
        if folder.exists() and any(folder.iterdir()):
            raise EnvironmentTrouble("dicom_folder_not_empty", path=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".part-", dir=folder.parent) as place:
            files = _file_set(Path(place))
            sent = send_each(objects, lambda each: _add(files, each), progress, cancel)
            try:
                if sent.accepted:
                    files.write(folder)
            finally:
                files._stage["t"].cleanup()  # made anew by `write`, and otherwise left to the collector
    return sent


def _file_set(place: Path) -> Any:
    """pydicom collects copies of what it is given; they shall lie beside the target, not in /tmp."""
    from pydicom.fileset import FileSet

    files = FileSet()
    files._stage["t"].cleanup()
    files._stage["path"] = place
    return files


def _add(files: Any, each: DicomObject) -> None:
    files.add(_read(each))


def _read(each: DicomObject) -> FileDataset:
    from pydicom import dcmread

    return dcmread(io.BytesIO(each.data))


def c_store(
    objects: Iterable[DicomObject],
    peer: Peer,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Sent:
    """Sends to a DICOM archive. A refused object is named, the others go on.

    Raises EnvironmentTrouble: dicom_peer_unreachable, dicom_peer_rejected (it does not know us, or the name
    it is called by), dicom_tls_failed, dicom_line_lost.
    """
    association = _associate(peer)
    try:
        return send_each(objects, lambda each: _store(association, _read(each)), progress, cancel)
    finally:
        if association.is_established:
            association.release()


def _associate(peer: Peer) -> Any:
    from pynetdicom import AE

    keep_quiet()
    entity = AE(ae_title=peer.calling)
    entity.acse_timeout = entity.dimse_timeout = entity.connection_timeout = _TIMEOUT_S
    entity.network_timeout = _NETWORK_S
    for sop_class, syntax in _OFFERED:
        entity.add_requested_context(sop_class, syntax)
    tls = None if peer.tls is None else (peer.tls.context(), peer.host)
    association = entity.associate(peer.host, peer.port, ae_title=peer.called, tls_args=tls)
    if association.is_established:
        return association
    if association.is_rejected:
        raise EnvironmentTrouble("dicom_peer_rejected", called=peer.called)
    code = "dicom_peer_unreachable" if peer.tls is None else "dicom_tls_failed"
    raise EnvironmentTrouble(code, host=peer.host, port=peer.port)


def keep_quiet() -> None:
    """pynetdicom logs what peers say and send; here errors are raised by name, and nothing else is told."""
    logger = logging.getLogger("pynetdicom")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False


def _store(association: Any, file: Any) -> None:
    if not association.is_established:
        raise EnvironmentTrouble("dicom_line_lost")
    try:
        status = association.send_c_store(file)
    except ValueError as error:  # no presentation context: the archive does not take this kind
        raise EnvironmentTrouble("dicom_kind_not_taken") from error
    if not status:
        raise EnvironmentTrouble("dicom_line_lost")
    if status.Status not in (0x0000, 0xB000, 0xB006, 0xB007):
        raise EnvironmentTrouble("dicom_object_refused", status=f"{status.Status:04X}")
