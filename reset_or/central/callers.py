"""Where a request comes from: its address, also behind a proxy, and whether it may see how the server does.

An address is only believed from the connection itself, or from a proxy that the operator named.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.requests import Request

from reset_or.base.errors import UsageError

Networks = tuple[IPv4Network | IPv6Network, ...]
FORWARDED: Final = "x-forwarded-for"
LOOPBACK: Final[Networks] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def read_networks(text: str) -> Networks:
    """Addresses and networks with commas between them; "" is none. Raises UsageError("address_list")."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise UsageError("address_list", text=text) from error


def address_of(request: Request, trusted: Networks) -> str:
    """The caller's network address; "" when a trusted proxy does not say a readable one.

    Only the last entry of X-Forwarded-For is the proxy's own word; what stands before it anybody may claim.
    """
    peer = request.client.host if request.client else ""
    said = request.headers.getlist(FORWARDED)
    if not said or not _in(_parsed(peer), trusted):
        return peer[:64]
    found = _parsed(said[-1].rpartition(",")[2].strip())
    return "" if found is None else str(found)


def is_monitor(request: Request, trusted: Networks, monitors: Networks) -> bool:
    """Whether the caller may see more than that the server is there.

    Who comes through a proxy that was not named is nobody we know: the proxy may stand on this machine.
    """
    peer = request.client.host if request.client else ""
    if FORWARDED in request.headers and not _in(_parsed(peer), trusted):
        return False
    return _in(_parsed(address_of(request, trusted)), monitors)


def _parsed(untrusted: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(untrusted)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _in(address: IPv4Address | IPv6Address | None, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return address is not None and any(address in network for network in networks)
