"""AGENT probes, TRAFFICSIM of agents, speed tests, external ids"""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
