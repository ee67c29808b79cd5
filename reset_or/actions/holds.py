"""Which devices of this site the server holds; at the centre's computer, of every site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reset_or.actions.context import Context
from reset_or.wire.client import Client
from reset_or.wire.holds import Hold, sentence, short

if TYPE_CHECKING:
    from reset_or.wire.transport import Transport

__all__ = ["Hold", "sentence", "short", "site_holds"]


def site_holds(ctx: Context, *, transport: Transport) -> tuple[Hold, ...]:
    """Asks the server; touches no store. Raises as a sync does, and what the server refuses this device with:
    one that is on hold itself learns nothing more."""
    transport.nonce = transport.nonce or ctx.sync.nonce
    return Client(transport, ctx.device.sign).holds()
