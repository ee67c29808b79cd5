"""What an operator may set of the server's behaviour; the defaults serve a trial of eight sites."""

from __future__ import annotations

from dataclasses import dataclass

from reset_or.central.callers import LOOPBACK, Networks


@dataclass(frozen=True)
class Options:
    """Quotas count new envelopes and bytes, never what was sent before and never what is relayed.

    Times in milliseconds where the name says so, rates for one network address and minute. `monitor_from` may
    see how the server does; `trust_proxy` are proxies whose word for an address is taken. A body may be
    silent for `body_timeout_s`, and after as long must have come with `body_bytes_per_s` on average.
    """

    envelopes_per_device_day: int = 50_000
    bytes_per_site: int = 20 << 30
    nonce_life_ms: int = 24 * 3600 * 1000
    head_timeout_s: float = 30.0
    body_timeout_s: float = 60.0
    body_bytes_per_s: int = 100
    unsigned_requests_per_minute: int = 120
    live_invites: int = 1000
    stale_pieces_ms: int = 24 * 3600 * 1000
    monitor_from: Networks = LOOPBACK
    trust_proxy: Networks = ()
