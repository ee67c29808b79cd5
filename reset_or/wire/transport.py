"""The only HTTP of whoever calls a server: one port, one implementation. Knows no message, signs nothing.

Every trouble of the network comes out as EnvironmentTrouble with one of six codes, so that a broken
network can never be taken for a broken signature. httpx is imported late.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from reset_or.base.errors import EnvironmentTrouble, UserFixable
from reset_or.base.files import disk_errors
from reset_or.base.hosts import is_this_computer

if TYPE_CHECKING:
    import httpx

MAX_REPLY: Final = 16 << 20
CHUNK: Final = 64 * 1024
_NOT_YET_VALID: Final = 9  # X509_V_ERR_CERT_NOT_YET_VALID
_EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_DATES: Final = frozenset({"not_yet_valid", "expired"})
_PROXY_ASKS: Final = 407
_GATEWAY: Final = frozenset({502, 503, 504})


@dataclass(frozen=True)
class FilePart:
    """The bytes of a file from `start` up to, not with, `end`, read in chunks whenever they are asked for."""

    path: Path
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def chunks(self) -> Iterator[bytes]:
        """Raises EnvironmentTrouble where the file has become shorter."""
        with disk_errors(), self.path.open("rb") as stream:
            stream.seek(self.start)
            left = len(self)
            while left:
                chunk = stream.read(min(CHUNK, left))
                if not chunk:
                    raise EnvironmentTrouble("file_vanished")
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True)
class HeldPart:
    """Bytes of a file from `start` on that are held already."""

    start: int
    data: bytes


@dataclass(frozen=True)
class Call:
    """One request. `path` as sent, `query` what stands after "?". `repeatable`: sending it twice is
    harmless, so a connection that broke is tried once more.

    `into`: asked with the head of the reply who takes its body as it comes; None keeps it in the reply.
    `pace`: told of every chunk, before one of `body` goes and after one for `into` came; it may wait, and
    may raise to end the connection. Only calls with small bodies do without both.
    """

    method: str
    path: str
    query: str = ""
    body: bytes | FilePart = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    most: int = MAX_REPLY
    into: Callable[[Reply], Callable[[bytes], None] | None] | None = None
    pace: Callable[[int], None] | None = None


@dataclass(frozen=True)
class Reply:
    """An answer as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    untrusted_body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()


class Transport(Protocol):
    """The way to one server. `nonce`: the next one to sign with, "" for none; it outlives a sync."""

    nonce: str

    def send(self, call: Call) -> Reply:
        """The reply, whatever its status.

        Raises EnvironmentTrouble: `server_unreachable`, `server_slow`, `server_certificate`, `clock_wrong`
        (its certificate is of another time than this computer's), `server_not_ours`, `proxy_needs_sign_in`.
        """

    def close(self) -> None:
        """Lets the connection go."""


class NoServer:
    """The way to nobody: for judging what is already here."""

    nonce = ""

    def send(self, call: Call) -> Reply:
        raise EnvironmentTrouble("server_unreachable")

    def close(self) -> None:
        """Nothing to let go."""


class HttpTransport:
    """httpx with the operating system's certificates; `ca_pem` adds those of an own authority.

    Plain http only to this computer: UserFixable("server_needs_tls") otherwise.
    """

    def __init__(self, server_url: str, *, ca_pem: str = "", timeout_s: float = 30.0) -> None:
        self.nonce = ""
        self._url = server_url.rstrip("/")
        self._ca_pem = ca_pem
        self._timeout_s = timeout_s
        self._client: httpx.Client | None = None
        try:
            self._host, parts = host_of(server_url), urlsplit(server_url)
        except ValueError:  # a port or an address that is none
            raise UserFixable("server_url_wrong") from None
        self._local = is_this_computer(parts.hostname or "")
        if not parts.hostname or parts.scheme not in ("http", "https"):
            raise UserFixable("server_url_wrong")
        if parts.scheme == "http" and not self._local:
            raise UserFixable("server_needs_tls")

    def send(self, call: Call) -> Reply:
        import httpx

        try:
            return self._once(call)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            if not call.repeatable:
                raise EnvironmentTrouble("server_unreachable", reason="cut") from error
        with named_troubles(self._host):
            return self._once(call)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _once(self, call: Call) -> Reply:
        import httpx

        url = f"{self._url}{call.path}" + (f"?{call.query}" if call.query else "")
        try:
            content, headers = _outgoing(call)
            with self._open().stream(call.method, url, content=content, headers=headers) as response:
                head = _head(response)
                body = _incoming(response, head, call)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            raise
        except httpx.HTTPError as error:
            raise _named(error, self._host) from error
        if head.status == _PROXY_ASKS:
            raise EnvironmentTrouble("proxy_needs_sign_in", host=self._host)
        return replace(head, untrusted_body=body)

    def _open(self) -> httpx.Client:
        import httpx

        if self._client is None:
            self._client = httpx.Client(
                verify=_certificates(self._ca_pem) if self._url.startswith("https") else False,
                timeout=httpx.Timeout(self._timeout_s, connect=min(10.0, self._timeout_s)),
                follow_redirects=False,
                trust_env=not self._local,
                headers={"accept-encoding": "identity", "user-agent": "reset-or"},
            )
        return self._client


@contextmanager
def named_troubles(host: str = "?") -> Iterator[None]:
    """Turns what httpx raises into the codes of this module. `host`: name and port, for the words."""
    import httpx

    try:
        yield
    except httpx.HTTPError as error:
        raise _named(error, host) from error


def host_of(server_url: str) -> str:
    """Name and port of a server as IT lets it through: `server.example:443`."""
    parts = urlsplit(server_url)
    return f"{parts.hostname or '?'}:{parts.port or (80 if parts.scheme == 'http' else 443)}"


def _named(error: Exception, host: str) -> EnvironmentTrouble:
    import httpx

    certificate = _certificate_reason(error)
    if certificate in _DATES:
        return EnvironmentTrouble("clock_wrong", reason=certificate)
    if certificate:
        return EnvironmentTrouble("server_certificate", reason=certificate)
    if isinstance(error, httpx.ProxyError) and str(_PROXY_ASKS) in str(error):
        return EnvironmentTrouble("proxy_needs_sign_in", host=host)
    if isinstance(error, httpx.TimeoutException):
        return EnvironmentTrouble("server_slow")
    if isinstance(error, httpx.DecodingError):
        return EnvironmentTrouble("server_not_ours")
    reason = "cut" if isinstance(error, (httpx.ReadError, httpx.RemoteProtocolError)) else "connect"
    return EnvironmentTrouble("server_unreachable", reason=reason)


def _certificate_reason(error: BaseException) -> str:
    """Why TLS refused, "" where it did not. A wrong date most often means a wrong clock here."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            code = getattr(seen, "verify_code", 0)
            return {_NOT_YET_VALID: "not_yet_valid", _EXPIRED: "expired"}.get(code, "other")
        # A line that broke in the middle of TLS says nothing about who is at its other end.
        if isinstance(seen, ssl.SSLError) and not isinstance(seen, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return "other"
        seen = seen.__cause__ or seen.__context__
    return "other" if "CERTIFICATE_VERIFY_FAILED" in str(error) else ""


def _certificates(ca_pem: str) -> ssl.SSLContext:
    import truststore

    context: Any = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_pem:
        try:
            context.load_verify_locations(cadata=ca_pem)
        except (ssl.SSLError, ValueError) as error:
            raise UserFixable("ca_file_wrong") from error
    found: ssl.SSLContext = context
    return found


def _outgoing(call: Call) -> tuple[bytes | Iterator[bytes] | None, dict[str, str]]:
    """The body as httpx takes it; the length of a file is said, for nothing else would tell it."""
    headers = dict(call.headers)
    if isinstance(call.body, bytes):
        return call.body or None, headers
    return _paced(call.body, call.pace), headers | {"content-length": str(len(call.body))}


def _paced(body: FilePart, pace: Callable[[int], None] | None) -> Iterator[bytes]:
    for chunk in body.chunks():
        if pace is not None:
            pace(len(chunk))
        yield chunk


def _head(response: httpx.Response) -> Reply:
    return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"")


def _incoming(response: httpx.Response, head: Reply, call: Call) -> bytes:
    """The body, unless somebody takes it; read no further than `most` bytes: a portal may send anything."""
    take = call.into(head) if call.into is not None else None
    parts, length = [], 0
    for part in response.iter_raw():
        if take is not None:
            take(part)
            if call.pace is not None:
                call.pace(len(part))
            continue
        length += len(part)
        if length > call.most:
            raise EnvironmentTrouble("server_not_ours")
        parts.append(part)
    return b"".join(parts)


def is_gateway_trouble(reply: Reply) -> bool:
    """A reverse proxy whose server behind it is away, as against a page of something else."""
    return reply.status in _GATEWAY
