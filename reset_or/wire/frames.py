"""Binary frames: how signed bytes travel, so that no body is ever base64 inside JSON.

One frame is `u32 length | hdr | 64 bytes of signature | u32 length | body`, lengths big-endian, frames back
to back with nothing between. What `hdr` is depends on its place in the message (see `messages`):

    envelope   hdr = signed header      sig = device's signature     body = age file, or empty
    statement  hdr = statement bytes    sig = issuer's signature     body empty
    receipt    hdr = receipt bytes      sig = server's signature     body empty (also an entry `rcpt`)
    site head  hdr = head bytes         sig = server's signature     body empty
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reset_or.base.errors import OurBug, TrustBroken
from reset_or.revisions.envelope import Envelope, read_envelope
from reset_or.revisions.receipts import Signed
from reset_or.revisions.statements import Statement, read_statement

SIG_BYTES: Final = 64
MAX_HDR: Final = 64 * 1024
MAX_BODY: Final = 256 * 1024
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Frame:
    """Signed bytes as they travel; `body` is b"" for what has none."""

    hdr: bytes
    sig: bytes
    body: bytes = b""

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + len(self.hdr) + len(self.sig) + len(self.body)


def encode_frames(frames: Iterable[Frame]) -> bytes:
    parts: list[bytes] = []
    for frame in frames:
        if len(frame.sig) != SIG_BYTES:
            raise OurBug("frame_signature_length", length=len(frame.sig))
        parts += (
            _LENGTH.pack(len(frame.hdr)), frame.hdr, frame.sig, _LENGTH.pack(len(frame.body)), frame.body,
        )  # fmt: skip
    return b"".join(parts)


def decode_frames(untrusted: bytes, *, most: int) -> list[Frame]:
    """Every frame in `untrusted`; raises TrustBroken("bad_frames") for more than `most` or a torn one."""
    view, at, found = memoryview(untrusted), 0, list[Frame]()
    while at < len(view):
        if len(found) == most:
            raise TrustBroken("bad_frames", reason="too_many")
        hdr, at = _part(view, at, MAX_HDR)
        if at + SIG_BYTES > len(view):
            raise TrustBroken("bad_frames", reason="torn")
        sig, at = bytes(view[at : at + SIG_BYTES]), at + SIG_BYTES
        body, at = _part(view, at, MAX_BODY)
        found.append(Frame(hdr, sig, body))
    return found


def split_head(untrusted: bytes, *, most: int) -> tuple[bytes, bytes]:
    """(head, frames) of a message `u32 length | head | frames`; TrustBroken("bad_frames") otherwise."""
    head, at = _part(memoryview(untrusted), 0, most)
    return head, untrusted[at:]


def with_head(head: bytes, frames: Iterable[Frame]) -> bytes:
    return _LENGTH.pack(len(head)) + head + encode_frames(frames)


def envelope_frame(envelope: Envelope) -> Frame:
    return Frame(envelope.hdr, envelope.dsig, envelope.body or b"")


def read_envelope_frame(untrusted: Frame) -> Envelope:
    """The envelope in a frame, its body held against its header; an empty body reads as None.

    Raises what `read_envelope` raises; the device's signature is not yet verified.
    """
    return read_envelope(untrusted.hdr, untrusted.sig, untrusted.body or None)


def statement_frame(statement: Statement) -> Frame:
    return Frame(statement.data, statement.sig)


def read_statement_frame(untrusted: Frame) -> Statement:
    """The statement in a frame; the signature and the issuer's right are checked by `Directory.add`."""
    return read_statement(untrusted.hdr, untrusted.sig)


def signed_frame(signed: Signed) -> Frame:
    return Frame(signed.data, signed.sig)


def frame_signed(untrusted: Frame) -> Signed:
    return Signed(untrusted.hdr, untrusted.sig)


def _part(view: memoryview, at: int, most: int) -> tuple[bytes, int]:
    if at + 4 > len(view):
        raise TrustBroken("bad_frames", reason="torn")
    (length,) = _LENGTH.unpack_from(view, at)
    start, end = at + 4, at + 4 + length
    if length > most:
        raise TrustBroken("bad_frames", reason="too_long")
    if end > len(view):
        raise TrustBroken("bad_frames", reason="torn")
    return bytes(view[start:end]), end
