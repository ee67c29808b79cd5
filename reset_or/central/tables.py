"""The tables of the server. No row ever changes: every state is its newest row. Only the access log leaves,
to a file.

The migrations make them; a test holds both against each other. Hashes and ids are lower-case hex text,
times UTC milliseconds, signed bytes kept as they came.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

metadata: Final = MetaData()
HASH: Final = String(64)
REC: Final = String(32)
SITE: Final = String(2)

# The newest row names the feed in use; `restored` adds one.
feed = Table(
    "feed", metadata,
    Column("ord", Integer, primary_key=True, autoincrement=False),
    Column("feed", REC, nullable=False),
    Column("at", BigInteger, nullable=False),
)  # fmt: skip
secret = Table(
    "secret", metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)  # fmt: skip
# One place of a site's feed. `first_seq` names the receipt that covers it.
entry = Table(
    "entry", metadata,
    Column("feed", REC, nullable=False),
    Column("site", SITE, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(4), nullable=False),
    Column("id", HASH, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("feed_hash", HASH, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("feed", "site", "seq"),
    UniqueConstraint("feed", "site", "id"),
)  # fmt: skip
# `sender` is the device that brought it, which may relay for `dev`, the one that signed it.
envelope = Table(
    "envelope", metadata,
    Column("env_id", HASH, primary_key=True),
    Column("site", SITE, nullable=False),
    Column("dev", HASH, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("hdr", LargeBinary, nullable=False),
    Column("dsig", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=True),
    Column("body_len", Integer, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("sender", HASH, nullable=False),
    UniqueConstraint("site", "dev", "n"),
)  # fmt: skip
receipt = Table(
    "receipt", metadata,
    Column("feed", REC, nullable=False),
    Column("site", SITE, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    PrimaryKeyConstraint("feed", "site", "first_seq"),
)  # fmt: skip
# Receipts of a lost feed that came with relayed envelopes: they keep their authority.
old_receipt = Table(
    "old_receipt", metadata,
    Column("id", HASH, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
)  # fmt: skip
proof = Table(
    "proof", metadata,
    Column("env_id", HASH, primary_key=True),
    Column("receipt_id", HASH, nullable=False),
)  # fmt: skip
statement = Table(
    "statement", metadata,
    Column("ord", Integer, primary_key=True, autoincrement=False),
    Column("stmt_id", HASH, nullable=False, unique=True),
    Column("type", String(16), nullable=False),
    Column("site", SITE, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("sender", HASH, nullable=False),
)  # fmt: skip
# One row a batch and site, for the quotas: `site_bytes` runs on, `envelopes` are the sender's own new ones.
usage = Table(
    "usage", metadata,
    Column("site", SITE, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("dev", HASH, nullable=False),
    Column("day", Integer, nullable=False),
    Column("envelopes", Integer, nullable=False),
    Column("site_bytes", BigInteger, nullable=False),
    PrimaryKeyConstraint("site", "seq"),
    Index("usage_of_a_day", "dev", "day"),
)  # fmt: skip
# The newest row of a site counts: whole photos, and bytes of bodies that orders of erasure took away.
site_total = Table(
    "site_total", metadata,
    Column("site", SITE, nullable=False),
    Column("ord", BigInteger, nullable=False),
    Column("photos", Integer, nullable=False),
    Column("photo_bytes", BigInteger, nullable=False),
    Column("erased_bytes", BigInteger, nullable=False),
    PrimaryKeyConstraint("site", "ord"),
)  # fmt: skip
# Written only when the sealed photo is complete and its hash fits.
blob = Table(
    "blob", metadata,
    Column("id", HASH, primary_key=True),
    Column("site", SITE, nullable=False),
    Column("len", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    Index("blob_of_a_site", "site"),
)  # fmt: skip
blob_ref = Table(
    "blob_ref", metadata,
    Column("blob", HASH, nullable=False),
    Column("site", SITE, nullable=False),
    Column("env_id", HASH, nullable=False),
    PrimaryKeyConstraint("blob", "site", "env_id"),
)  # fmt: skip
# A relay's own, empty at the coordinating centre. The newest row is the place reached in the centre's feed; a
# new era begins where that feed lost its end, and everything is held against it anew.
upstream = Table(
    "upstream", metadata,
    Column("ord", Integer, primary_key=True, autoincrement=False),
    Column("era", Integer, nullable=False),
    Column("feed", REC, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("feed_hash", HASH, nullable=False),
    Column("at", BigInteger, nullable=False),
)  # fmt: skip
# Envelopes and photos that the centre has, each with the centre's receipt for it.
forwarded = Table(
    "forwarded", metadata,
    Column("era", Integer, nullable=False),
    Column("id", HASH, nullable=False),
    Column("receipt_id", HASH, nullable=False),
    PrimaryKeyConstraint("era", "id"),
)  # fmt: skip
centre_receipt = Table(
    "centre_receipt", metadata,
    Column("id", HASH, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
)  # fmt: skip
device_event = Table(
    "device_event", metadata,
    Column("id", REC, primary_key=True),
    Column("dev", HASH, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("why", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("events_of_a_device", "dev", "at"),
)  # fmt: skip
invite = Table(
    "invite", metadata,
    Column("id", HASH, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("invites_by_end", "expires_at"),
)  # fmt: skip
invite_answer = Table(
    "invite_answer", metadata,
    Column("id", HASH, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
)  # fmt: skip
access_log = Table(
    "access_log", metadata,
    Column("id", REC, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
    Column("dev", HASH, nullable=False),
    Column("route", String(32), nullable=False),
    Column("method", String(8), nullable=False),
    Column("status", Integer, nullable=False),
    Column("problem", String(32), nullable=False),
    Column("took_ms", Integer, nullable=False),
    Index("access_by_time", "at"),
)  # fmt: skip
# Up to when the access log left for a file, and the file's hash: nothing newer can be deleted.
access_export = Table(
    "access_export", metadata,
    Column("ord", Integer, primary_key=True, autoincrement=False),
    Column("before_at", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("sha256", HASH, nullable=False),
    Column("at", BigInteger, nullable=False),
)  # fmt: skip
