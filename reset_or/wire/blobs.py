"""Sealed photos on the wire: `HEAD|PUT|GET /v1/blob/{id}`, id = sha256 hex of the sealed file.

HEAD  200 with `RO-Offset` (bytes already there) and, once complete, `RO-Receipt`. 404 `blob_not_named`.
PUT   `?offset=N&length=TOTAL`, N as HEAD said; the body is the file from N on, whole or cut anywhere. The
      server keeps whole pieces of 1 MiB and answers `PutAnswer` as JSON; a wrong N answers 409
      `blob_offset` with the right one; a file whose hash differs is dropped: 409 `blob_hash_differs`.
GET   the sealed file with `RO-Receipt`; a single `Range: bytes=a-b` is answered with 206.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from reset_or.base.errors import TrustBroken
from reset_or.revisions import signing
from reset_or.revisions.receipts import Signed

PIECE: Final = 1 << 20
MAX_BLOB: Final = 64 << 20


@dataclass(frozen=True)
class PutAnswer:
    """`offset`: bytes safely stored. `receipt`: the server's, once the file is complete and its hash fits."""

    offset: int
    receipt: Signed | None = None


def blob_path(blob_id: str) -> str:
    return f"/v1/blob/{blob_id}"


def put_query(offset: int, length: int) -> str:
    return f"offset={offset}&length={length}"


def encode_put_answer(answer: PutAnswer) -> bytes:
    value: dict[str, object] = {"offset": answer.offset, "complete": answer.receipt is not None}
    if answer.receipt is not None:
        value["receipt"] = receipt_text(answer.receipt)
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def decode_put_answer(untrusted: bytes) -> PutAnswer:
    """The receipt is not yet verified (`receipts.read_blob_receipt`). Raises TrustBroken("bad_shape")."""
    try:
        value = json.loads(untrusted)
        offset, text = value["offset"], value.get("receipt")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise TrustBroken("bad_shape", what="blob_answer", field="object") from error
    if not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
        raise TrustBroken("bad_shape", what="blob_answer", field="offset")
    return PutAnswer(offset, None if text is None else read_receipt_text(text))


def receipt_text(receipt: Signed) -> str:
    """As it stands in `RO-Receipt`: base64 of the bytes, ".", base64 of the signature."""
    return f"{signing.b64(receipt.data)}.{signing.b64(receipt.sig)}"


def read_receipt_text(untrusted: object) -> Signed:
    if not isinstance(untrusted, str) or untrusted.count(".") != 1:
        raise TrustBroken("bad_shape", what="blob_answer", field="receipt")
    data, sig = untrusted.split(".")
    return Signed(signing.unb64(data), signing.unb64(sig, length=64))
