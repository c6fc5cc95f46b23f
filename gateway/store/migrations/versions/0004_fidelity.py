"""What was measured of a part's cleaned file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the score to the parts."""
    op.add_column("parts", sa.Column("fidelity", sa.Text()))


def downgrade() -> None:
    """Going back would lose accepted items: refused."""
    raise NotImplementedError("restore a backup instead")
