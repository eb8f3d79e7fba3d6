"""What all tables share. Times are seconds since 1970 on the database's own clock (`database.now`)."""

from enum import StrEnum
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    Index,
    Integer,
    MetaData,
    Text,
    UnaryExpression,
    text,
)
from sqlalchemy.orm import DeclarativeBase

Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY counts up by itself on SQLite


def random_id() -> str:
    """Return 122 random bits as text. Others may see such an id but cannot guess one."""
    return uuid4().hex


def may_be_id(text: str) -> bool:
    """Whether the text can be compared with an id: PostgreSQL refuses a text that has certain characters."""
    return text.isascii() and text.isalnum()


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def partial_index(name: str, *columns: str | UnaryExpression[str], where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )
    type_annotation_map = {float: Double, str: Text}  # noqa: RUF012 - the name and form SQLAlchemy documents
