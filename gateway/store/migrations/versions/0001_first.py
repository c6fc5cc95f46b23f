"""The first schema: items, deliveries, mails, parts, bodies, keys, audit, processes, meta."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "items",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("owner", sa.String(80)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(12)),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("helo", sa.String(255), nullable=False),
        sa.Column("tls", sa.Boolean(), nullable=False),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("original_key", sa.String(80)),
        sa.Column("original_sha256", sa.String(64), nullable=False),
    )
    op.create_index("items_due", "items", ["state", "next_at"])
    op.create_table(
        "mails",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("item_id", sa.String(20), sa.ForeignKey("items.id"), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(12), nullable=False),
        sa.Column("blob_key", sa.String(80)),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("envelope_from", sa.Text(), nullable=False),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
    )
    op.create_index("mails_item", "mails", ["item_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("item_id", sa.String(20), sa.ForeignKey("items.id"), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text()),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("owner", sa.String(80)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("dot_at", sa.BigInteger()),
        sa.Column("last_reply", sa.Text(), nullable=False),
        sa.Column("mail_id", _ROW_ID, sa.ForeignKey("mails.id")),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
    )
    op.create_index("deliveries_due", "deliveries", ["state", "next_at"])
    op.create_index("deliveries_item", "deliveries", ["item_id"])
    op.create_table(
        "parts",
        sa.Column("item_id", sa.String(20), sa.ForeignKey("items.id"), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(127), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.String(64)),
        sa.Column("clean_key", sa.String(80)),
        sa.UniqueConstraint("item_id", "profile", "n", name="parts_key"),
    )
    op.create_table(
        "bodies",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("space", sa.String(8), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("original_key", sa.String(80), primary_key=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("chain", sa.String(20), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.String(20)),
        sa.Column("actor", sa.String(12), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("audit_item", "audit", ["item_id"])
    op.create_table(
        "processes",
        sa.Column("instance", sa.String(80), primary_key=True),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("node", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Going back would lose accepted items: refused."""
    raise NotImplementedError("restore a backup instead")
