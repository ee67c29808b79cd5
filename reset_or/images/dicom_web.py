"""STOW-RS (PS3.18 10.5): DICOM objects to an archive over HTTPS, one request an object."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from reset_or.base.errors import EnvironmentTrouble, UserFixable
from reset_or.base.hosts import is_this_computer
from reset_or.base.lanes import CancelToken
from reset_or.images.dicom_send import DicomObject, Progress, Sent, Tls, send_each

if TYPE_CHECKING:
    import httpx

_TIMEOUT_S: Final = 60.0
_BOUNDARY: Final = "reset-or-7a3f1d526a0e5b57"


@dataclass(frozen=True)
class WebPeer:
    """`url` is the root of DICOMweb (`https://pacs/dicom-web`); `/studies` is added."""

    url: str
    user: str = ""
    password: str = ""
    tls: Tls | None = None

    def __repr__(self) -> str:
        return f"WebPeer({self.url})"


def stow(
    objects: Iterable[DicomObject],
    peer: WebPeer,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Sent:
    """Stores every object; what the archive did not take is named with its reason.

    Raises UserFixable as `check_address` does, before anything is sent; and EnvironmentTrouble:
    dicom_peer_unreachable, dicom_tls_failed, dicom_peer_rejected (user or password), dicom_line_lost.
    """
    check_address(peer.url)
    with _client(peer) as client:
        return send_each(objects, lambda each: _post(client, each), progress, cancel)


def check_address(url: str) -> None:
    """https, or plain http within this computer; no user or password inside, where it would be remembered.

    Raises UserFixable: dicom_web_plain (the network would read password and pictures), dicom_web_address.
    """
    try:
        said = urlsplit(url)
        host, _port = said.hostname, said.port
    except ValueError:
        raise UserFixable("dicom_web_address") from None
    if said.scheme not in ("http", "https") or not host or "@" in said.netloc:
        raise UserFixable("dicom_web_address")
    if said.scheme == "http" and not is_this_computer(host):
        raise UserFixable("dicom_web_plain", host=host)


def _client(peer: WebPeer) -> AbstractContextManager[httpx.Client]:
    import httpx
    import truststore

    # The hospital's own roots count as everywhere else; a file names one more.
    verify: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if peer.tls is not None:
        verify = peer.tls.context()
    auth = (peer.user, peer.password) if peer.user else None
    return httpx.Client(base_url=peer.url.rstrip("/") + "/", verify=verify, auth=auth, timeout=_TIMEOUT_S)


def _post(client: httpx.Client, each: DicomObject) -> None:
    import httpx

    head = f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    body = head + each.data + f"\r\n--{_BOUNDARY}--\r\n".encode()
    kind = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'
    try:
        answer = client.post(
            "studies", content=body, headers={"Content-Type": kind, "Accept": "application/dicom+json"}
        )
    except httpx.ConnectError as error:
        code = "dicom_tls_failed" if _is_tls(error) else "dicom_peer_unreachable"
        raise EnvironmentTrouble(code, host=client.base_url.host, port=client.base_url.port or 443) from error
    except httpx.HTTPError as error:
        raise EnvironmentTrouble("dicom_line_lost") from error
    if answer.status_code in (401, 403):
        raise EnvironmentTrouble("dicom_peer_rejected", called=client.base_url.host)
    if answer.status_code != 200 or _failed(answer):
        raise EnvironmentTrouble("dicom_object_refused", status=_reason(answer))


def _is_tls(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return "CERTIFICATE" in str(error).upper()


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _failed(answer: httpx.Response) -> bool:
    """True where the answer lists a failure (0008,1198) or lists no success (0008,1199)."""
    said = _said(answer)
    return bool(said.get("00081198", {}).get("Value")) or not said.get("00081199", {}).get("Value")


def _reason(answer: httpx.Response) -> str:
    try:
        return f"{int(_said(answer)['00081198']['Value'][0]['00081197']['Value'][0]):04X}"
    except (KeyError, IndexError, TypeError, ValueError):
        return f"HTTP {answer.status_code}"
