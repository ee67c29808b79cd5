"""Which hosts are this computer itself: only there may anything go over a line without TLS."""

from __future__ import annotations

from ipaddress import ip_address


def is_this_computer(host: str) -> bool:
    """Whether a host name or address of a URL or an option is the loopback; "" is not."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
