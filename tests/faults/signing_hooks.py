"""What schemathesis is told: to sign as a device whatever it sends, and to come from many addresses.

Loaded by its own process (SCHEMATHESIS_HOOKS); the device is in the file that RESET_OR_SIGNER names.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests
import schemathesis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from reset_or.base.ids import sha256_hex
from reset_or.wire import auth, messages
from reset_or.wire.messages import Cursor, Own, SyncRequest

_SAID = json.loads(Path(os.environ["RESET_OR_SIGNER"]).read_text(encoding="ascii"))
_KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(_SAID["key"]))
_NONCE = httpx.get(_SAID["url"] + auth.NONCE_PATH, trust_env=False).json()["nonce"]


class Signer(requests.auth.AuthBase):
    """Signs the request as it goes out."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        where = urlsplit(request.url or "")
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else bytes(body)
        request.headers[auth.HEADER] = auth.sign_request(
            _KEY, method=request.method or "", path=where.path, query=where.query, nonce=_NONCE,
            body_sha256=sha256_hex(content),
        )  # fmt: skip
        request.headers["X-Forwarded-For"] = f"10.{random.randrange(250)}.{random.randrange(250)}.7"
        return request


schemathesis.auth.set_from_requests(Signer())

_CURSORS = st.builds(Cursor, st.just(_SAID["site"]), st.just(0))
_OWN = st.builds(Own, st.just(_SAID["site"]), head=st.integers(0, 2**53 - 1))
_MESSAGES = st.builds(
    SyncRequest, cursors=st.lists(_CURSORS, max_size=1).map(tuple), own=st.lists(_OWN, max_size=1).map(tuple),
    limit=st.integers(1, messages.MAX_FRAMES), own_bodies=st.booleans(),
)  # fmt: skip
schemathesis.openapi.media_type(messages.CONTENT_TYPE, _MESSAGES.map(messages.encode_request))


@schemathesis.serializer(messages.CONTENT_TYPE)
def as_it_is(_context: Any, value: Any) -> bytes:
    """A message is bytes already; whatever else is made up goes as it is written."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Every other photograph is one that an envelope named."""
    if path_parameters and context.operation.path.startswith("/v1/blob/") and random.random() < 0.5:
        return path_parameters | {"id": _SAID["photo"]}
    return path_parameters
