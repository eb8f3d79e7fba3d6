"""The lock of a user's row, under which limits are counted: two requests at once cannot both take the last place."""

from sqlalchemy import Connection, select

from crawler.store.models.accounts import User


def lock(connection: Connection, user_id: str) -> None:
    """Lock the user's row until the transaction ends. SQLite has only one writer anyway.

    Whoever stores a row that only names the user does not wait for it: two transactions that have stored such a row
    would otherwise wait for each other.
    """
    connection.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
