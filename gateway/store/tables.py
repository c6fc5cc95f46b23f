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
    Column("original_sha256", String(64), nullable=False),  # "" for uploads: see segments
    Column("uploader", String(80)),  # account that handed an upload in; NULL for mail
    Column("profile", String(40)),  # wished for by the uploader; "" or NULL: by the rules
    Column("hold", String(20)),  # what a held item waits for
    Index("items_due", "state", "next_at"),
    Index("items_uploader", "uploader", "id"),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("item_id", String(20), ForeignKey("items.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("identity", String(320)),  # whose it is; NULL for our own reports
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
    Index("deliveries_identity", "identity", "item_id"),
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
    Column("fidelity", Text),  # JSON; NULL: not measured
    UniqueConstraint("item_id", "profile", "n", name="parts_key"),
)

files: Final = Table(
    "files",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("item_id", String(20), ForeignKey("items.id")),  # NULL until it was handed in
    Column("n", Integer),  # its place in the item, from 0
    Column("uploader", String(80), nullable=False),
    Column("name", Text, nullable=False),  # the sender's word, cut to a length
    Column("claimed_type", String(127), nullable=False),
    Column("length", BigInteger),  # as announced (tus); NULL: not yet known
    Column("size", BigInteger, nullable=False),  # durable bytes
    Column("segments", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("next_at", BigInteger),  # abandoned from then on; NULL once handed in
    Column("created_at", BigInteger, nullable=False),
    Column("intent", Text, nullable=False),  # JSON: what is to become of it when complete
    Index("files_item", "item_id"),
    Index("files_due", "next_at"),
    Index("files_uploader", "uploader"),
)

#: An original of an upload: the pieces of one file in order, each under a key of its own.
segments: Final = Table(
    "segments",
    metadata,
    Column("original_key", String(80), primary_key=True),
    Column("file_id", String(20), ForeignKey("files.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("file_id", "n", name="segments_place"),
)

#: Which parts a recipient has fetched; an upload is delivered when all were.
fetches: Final = Table(
    "fetches",
    metadata,
    Column("delivery_id", _RowId, ForeignKey("deliveries.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
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

users: Final = Table(
    "users",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("name", String(80), nullable=False),
    Column("folded", String(80), nullable=False, unique=True),  # name without regard to case
    Column("display_name", Text, nullable=False),
    Column("email", String(320), nullable=False),  # "" = known by name only
    Column("role", String(12), nullable=False),  # staff, approver, operator, auditor
    Column("unit", String(80), nullable=False),
    Column("source", String(12), nullable=False),  # local; a directory has its own word
    Column("subject", String(255)),  # the directory's own id of a person
    Column("password_hash", Text),  # argon2id; NULL: no password can sign in
    Column("password_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),  # sha256 of the token
    Column("user_id", _RowId, ForeignKey("users.id"), nullable=False),
    Column("segment", String(12), nullable=False),  # internet, lgwan, ops
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("used_at", BigInteger),  # within the hour
    Column("revoked_at", BigInteger),
    Index("tokens_user", "user_id"),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),  # sha256 of the cookie
    Column("user_id", _RowId, ForeignKey("users.id"), nullable=False),
    Column("segment", String(12), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # within the minute
    Column("expires_at", BigInteger, nullable=False),
    Index("sessions_user", "user_id"),
)

#: Wrong passwords by account and address (hashed together): they make the next try wait.
sign_in_failures: Final = Table(
    "sign_in_failures",
    metadata,
    Column("place", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("blocked_until", BigInteger, nullable=False),
)
