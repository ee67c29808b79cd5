"""The tables, as SQLAlchemy Core sees them. How they came to be is in migrations/; a test compares both.

`rev`, `env`, `entry`, `receipt` and `stmt` only grow; `record` is a projection that may be made anew. The
outbox is `env` without receipt and the audit trail is `rev`: neither has a table of its own.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

METADATA: Final = MetaData()


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _int(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, Integer, primary_key=key, nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


rev: Final = Table(
    "rev", METADATA,
    Column("pos", Integer, primary_key=True),
    _text("rev_id"), _text("rec"), _text("form"), _text("case_rec"), _text("site"), _text("act"),
    _text("user"), _int("at"), _text("key_id"), _text("standing"), _text("env_id"),
    _bytes("inner"), _bytes("sig"), _bytes("skeleton", nullable=True),
    UniqueConstraint("rev_id"),
    Index("rev_rec", "rec"), Index("rev_case", "case_rec"),
    Index("rev_standing", "standing", sqlite_where=text("standing <> 'certified'")),
)  # fmt: skip

env: Final = Table(
    "env", METADATA,
    _text("env_id", key=True), _text("site"), _text("dev"), _int("n"), _text("prev"), _text("kind"),
    _bytes("hdr"), _bytes("dsig"), _bytes("body", nullable=True), _text("rev_id"),
    Column("own", Integer, nullable=True),  # 1, 2, 3... over all envelopes of this installation, else NULL
    _text("receipt"), _int("kept_at"),
    Column("proof", Text, nullable=False, server_default=text("''")),
    Column("proven_ms", Integer, nullable=True),
    # NULL: `receipt` is the centre's own, if any; "": it is a relay's, and the centre's has not come.
    Column("centre", Text, nullable=True),
    UniqueConstraint("site", "dev", "n"), UniqueConstraint("own"),
    Index("env_unsent", "site", "own", "dev", "n", "rev_id", "centre", sqlite_where=text("receipt = ''")),
    Index("env_relayed", "rev_id", sqlite_where=text("centre = ''")),
)  # fmt: skip

entry: Final = Table(
    "entry", METADATA,
    _text("site", key=True), _int("seq", key=True), _text("kind"), _text("id"), _int("received_ms"),
    _text("feed_hash"), _text("receipt"),
    Index("entry_id", "id"),
)  # fmt: skip

receipt: Final = Table(
    "receipt", METADATA,
    _text("id", key=True), _text("site"), _int("first_seq"), _int("last_seq"), _bytes("data"), _bytes("sig"),
)  # fmt: skip

cursor: Final = Table(
    "cursor", METADATA,
    _text("site", key=True), _text("feed"), _int("seq"), _text("feed_hash"), _int("head_at"),
    Column("relay", Integer, nullable=False, server_default=text("0")),
)  # fmt: skip

# The feed of the other server where this device moved between the centre and a relay.
left_cursor: Final = Table(
    "left_cursor", METADATA,
    _text("site", key=True), _int("relay", key=True), _text("feed"), _int("seq"), _text("feed_hash"),
    _int("head_at"),
)  # fmt: skip

left_entry: Final = Table(
    "left_entry", METADATA,
    _text("site", key=True), _int("relay", key=True), _int("seq", key=True), _text("kind"), _text("id"),
    _int("received_ms"), _text("feed_hash"), _text("receipt"),
    Index("left_entry_id", "id"),
)  # fmt: skip

stmt: Final = Table(
    "stmt", METADATA,
    Column("pos", Integer, primary_key=True),
    _text("stmt_id"), _bytes("data"), _bytes("sig"), _int("seq"),
    UniqueConstraint("stmt_id"),
)  # fmt: skip

blob: Final = Table(
    "blob", METADATA,
    _text("id", key=True), _text("site"), _text("case_rec"), _text("rec"), _int("length"), _text("state"),
    _int("sent"), _int("at"), _bytes("receipt_data", nullable=True), _bytes("receipt_sig", nullable=True),
    _bytes("centre_data", nullable=True), _bytes("centre_sig", nullable=True),  # as `centre` of an envelope
    Index("blob_case", "case_rec"),
    Index("blob_outbox", "at", sqlite_where=text("state = 'local' AND receipt_data IS NULL")),
    Index("blob_wanted", "at", sqlite_where=text("state = 'wanted'")),
    Index("blob_relayed", "at", sqlite_where=text("centre_data = x''")),
)  # fmt: skip

quarantine: Final = Table(
    "quarantine", METADATA,
    _text("id", key=True), _text("site"), _int("seq"), _text("code"), _int("at"), _bytes("hdr"),
    _bytes("sig"), _bytes("body"), _int("tries"),
    Column("proof", Text, nullable=False, server_default=text("''")),
    Column("proven_ms", Integer, nullable=True),
)  # fmt: skip

draft: Final = Table(
    "draft", METADATA,
    _text("page", key=True), _text("case_rec", key=True), _text("user", key=True), _bytes("data"), _int("at"),
)  # fmt: skip

record: Final = Table(
    "record", METADATA,
    _text("rec", key=True), _text("form"), _text("case_rec"), _text("site"), _text("subject"),
    _text("status"), _bytes("fields"), _bytes("summary"), _text("heads"), _int("conflicts"),
    _int("uncertified"), _int("unauthorised"), _text("to_sign"), _text("search"), _int("created_at"),
    _int("changed_at"),
    Index("record_case", "case_rec"), Index("record_form", "form", "changed_at"),
    Index("record_to_sign", "to_sign", sqlite_where=text("to_sign <> ''")),
)  # fmt: skip

secret: Final = Table("secret", METADATA, _text("name", key=True), _bytes("value"))
meta: Final = Table("meta", METADATA, _text("key", key=True), _text("value"))
