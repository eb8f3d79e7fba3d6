"""One spelling is one account. Users whose names were told apart by case or by look-alikes all stay, and are named."""

import sqlalchemy as sa
from alembic import op

from control.accounts.namesakes import clash
from control.accounts.usernames import look, spelling

revision = "0008"
down_revision = "0007"

USERS = sa.table("users", *map(sa.column, ("id", "username", "created_at", "spelling", "look", "namesake")))


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("spelling", sa.Text(), nullable=True))
        users.add_column(sa.Column("look", sa.Text(), nullable=True))
        users.add_column(sa.Column("namesake", sa.Integer(), server_default="0", nullable=False))
    _fill()
    with op.batch_alter_table("users") as users:
        users.create_unique_constraint("uq_users_spelling", ["spelling", "namesake"])
        users.create_unique_constraint("uq_users_look", ["look", "namesake"])


def _fill() -> None:
    """Give the oldest of each spelling and look the first place. The rules are today's own: they have to agree."""
    last: dict[str, tuple[int, str]] = {}  # place and name of the last user, by spelling and by look
    oldest = sa.select(USERS.c.id, USERS.c.username).order_by(USERS.c.created_at, USERS.c.id)
    for user_id, name in op.get_bind().execute(oldest).all():
        keys = {"spelling": spelling(name), "look": look(name)}
        earlier = [last[f"{kind} {key}"] for kind, key in keys.items() if f"{kind} {key}" in last]
        namesake, older = max(earlier, default=(-1, ""))
        last |= {f"{kind} {key}": (namesake + 1, name) for kind, key in keys.items()}
        op.execute(sa.update(USERS).where(USERS.c.id == user_id).values(**keys, namesake=namesake + 1))
        if earlier:
            print(clash(name, older))  # noqa: T201 - whoever migrates has to read it


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.drop_constraint("uq_users_look", type_="unique")
        users.drop_constraint("uq_users_spelling", type_="unique")
        for column in ("namesake", "look", "spelling"):
            users.drop_column(column)
