"""The state table and its companions (SQLAlchemy Core). Times: microseconds since the epoch.

`next_at` is the only clock of the system: when a row must be looked at again (due, lease
end, retry, expiry); NULL in final states. No sleeping task stands for a row.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()
#: Row numbers: 64 bits everywhere; SQLite counts by itself only in INTEGER columns.
_RowId: Final = BigInteger().with_variant(Integer, "sqlite")

items: Final = Table(
    "items",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("kind", String(8), nullable=False),  # mail, upload
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("next_at", BigInteger),
    Column("owner", String(80)),  # process instance that holds the lease
    Column("attempts", Integer, nullable=False),
    Column("outcome", String(12)),
    Column("received_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("sender", Text, nullable=False),  # envelope; "" = null sender
    Column("client", String(64), nullable=False),
    Column("helo", String(255), nullable=False),
    Column("tls", Boolean, nullable=False),
    Column("smtputf8", Boolean, nullable=False),
    Column("subject", Text, nullable=False),  # decoded and checked; "" until cleaned
    Column("note", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("original_key", String(80)),  # NULL once the original is destroyed
    Column("original_sha256", String(64), nullable=False),
    Index("items_due", "state", "next_at"),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("item_id", String(20), ForeignKey("items.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("profile", Text),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("next_at", BigInteger),
    Column("owner", String(80)),
    Column("attempts", Integer, nullable=False),
    Column("dot_at", BigInteger),  # the fence before the final dot was passed
    Column("last_reply", Text, nullable=False),
    Column("mail_id", _RowId, ForeignKey("mails.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Index("deliveries_due", "state", "next_at"),
    Index("deliveries_item", "item_id"),
)

mails: Final = Table(
    "mails",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("item_id", String(20), ForeignKey("items.id"), nullable=False),
    Column("profile", Text, nullable=False),
    Column("purpose", String(12), nullable=False),  # cleaned, notice, bounce
    Column("blob_key", String(80)),  # NULL once it was purged
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("envelope_from", Text, nullable=False),
    Column("smtputf8", Boolean, nullable=False),
    Index("mails_item", "item_id"),
)

parts: Final = Table(
    "parts",
    metadata,
    Column("item_id", String(20), ForeignKey("items.id"), nullable=False),
    Column("profile", Text, nullable=False),
    Column("n", Integer, nullable=False),  # pre-order from 0
    Column("parent", Integer),
    Column("name", Text, nullable=False),
    Column("media_type", String(127), nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("method", String(16), nullable=False),
    Column("findings", Text, nullable=False),  # JSON
    Column("reason", String(32)),
    Column("size", BigInteger),
    Column("sha256", String(64)),
    Column("clean_key", String(80)),
    UniqueConstraint("item_id", "profile", "n", name="parts_key"),
)

bodies: Final = Table(
    "bodies",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("space", String(8), nullable=False),  # original, clean
    Column("data", LargeBinary, nullable=False),
)

keys: Final = Table(
    "keys",
    metadata,
    Column("original_key", String(80), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),  # deleted = original destroyed
)

audit: Final = Table(
    "audit",
    metadata,
    Column("chain", String(20), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("item_id", String(20)),
    Column("actor", String(12), nullable=False),
    Column("event", String(40), nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_item", "item_id"),
)

processes: Final = Table(
    "processes",
    metadata,
    Column("instance", String(80), primary_key=True),
    Column("role", String(12), nullable=False),
    Column("node", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
)

meta: Final = Table(
    "meta",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
