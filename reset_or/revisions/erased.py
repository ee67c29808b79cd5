"""What stays of a revision whose content an order of erasure took: its place, never what it said.

    canon({"v":1, "rev_id", "env_id", "barred": 0 | 1, "revision": {...}})

Kept on devices only, never signed and never sent: who wrote when in which record, after which revisions and
which fields; every value, reason and note is gone, and of a signature the page that was read. A case keeps
its number, which its record's id names in any case. `barred`: it gave no value before either.
"""

from __future__ import annotations

from dataclasses import replace

from reset_or.base import ids
from reset_or.revisions import shape
from reset_or.revisions.canonical import canon, parse
from reset_or.revisions.revision import (
    Erased,
    FieldChange,
    SignedRevision,
    revision_of_object,
    revision_to_object,
)

_WHAT = "skeleton"
_KEPT = frozenset({("case", "subject")})


def erase_revision(signed: SignedRevision, env_id: str, *, barred: bool) -> tuple[SignedRevision, bytes]:
    """The erased revision, and the bytes that are kept of it."""
    revision = signed.revision
    empty = replace(
        revision,
        chg={
            name: FieldChange(None, change.new if (revision.form, name) in _KEPT else None)
            for name, change in revision.chg.items()
        },
        blobs=(),
        anchor=None,
        sig=None if revision.sig is None else replace(revision.sig, view=()),
    )
    mark = Erased(signed.rev_id, env_id, barred)
    data = canon({
        "v": 1, "rev_id": mark.rev_id, "env_id": env_id, "barred": int(barred),
        "revision": revision_to_object(empty) | {"pad": ""},
    })  # fmt: skip
    return SignedRevision(b"", signed.signature, signed.key_id, empty, mark), data


def read_skeleton(data: bytes, signature: bytes, key_id: str) -> SignedRevision:
    """Raises TrustBroken for another shape."""
    value = parse(data)
    shape.version(_WHAT, value)
    shape.keys(_WHAT, value, ("v", "rev_id", "env_id", "barred", "revision"))
    mark = Erased(
        shape.text(_WHAT, value, "rev_id", ids.HASH_HEX),
        shape.text(_WHAT, value, "env_id", ids.HASH_HEX),
        bool(shape.number(_WHAT, value, "barred", 0, 1)),
    )
    revision = revision_of_object(shape.mapping(_WHAT, value, "revision"))
    return SignedRevision(b"", signature, key_id, revision, mark)
