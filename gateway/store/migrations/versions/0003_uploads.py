"""Uploads: files in segments, what was fetched, whose an item is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables and columns of uploads; older deliveries learn whose they are."""
    op.add_column("items", sa.Column("uploader", sa.String(80)))
    op.add_column("items", sa.Column("profile", sa.String(40)))
    op.add_column("items", sa.Column("hold", sa.String(20)))
    op.create_index("items_uploader", "items", ["uploader", "id"])
    op.add_column("deliveries", sa.Column("identity", sa.String(320)))
    op.create_index("deliveries_identity", "deliveries", ["identity", "item_id"])
    deliveries = sa.table(
        "deliveries",
        sa.column("identity", sa.String),
        sa.column("recipient", sa.Text),
        sa.column("profile", sa.Text),
    )
    op.execute(
        deliveries.update()
        .where(sa.func.coalesce(deliveries.c.profile, "") != "#operator")
        .values(identity=sa.func.lower(deliveries.c.recipient))
    )
    op.create_table(
        "files",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("item_id", sa.String(20), sa.ForeignKey("items.id")),
        sa.Column("n", sa.Integer()),
        sa.Column("uploader", sa.String(80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("claimed_type", sa.String(127), nullable=False),
        sa.Column("length", sa.BigInteger()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
    )
    op.create_index("files_item", "files", ["item_id"])
    op.create_index("files_due", "files", ["next_at"])
    op.create_index("files_uploader", "files", ["uploader"])
    op.create_table(
        "segments",
        sa.Column("original_key", sa.String(80), primary_key=True),
        sa.Column("file_id", sa.String(20), sa.ForeignKey("files.id"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.UniqueConstraint("file_id", "n", name="segments_place"),
    )
    op.create_table(
        "fetches",
        sa.Column("delivery_id", _ROW_ID, sa.ForeignKey("deliveries.id"), primary_key=True),
        sa.Column("n", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """Going back would lose accepted items: refused."""
    raise NotImplementedError("restore a backup instead")
