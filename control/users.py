"""Accounts."""

from pydantic import BaseModel, Field, field_validator
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from control import openapi
from control.auth import Credentials, hasher
from control.db import db
from control.errors import Problem, UsernameTaken
from crawler.database import writing
from crawler.models import User, random_id

blueprint = openapi.resource("users")


class NewUser(Credentials):
    @field_validator("username")
    @classmethod
    def _readable(cls, name: str) -> str:
        if not name.isprintable() or name != name.strip():
            raise ValueError("must have no control characters, and no space at its ends")
        return name


class Account(BaseModel):
    id: str
    username: str = Field(examples=["analyst"])


@blueprint.post("/users", summary="Create a user", responses={201: Account, 409: Problem})
def create(body: NewUser) -> tuple[dict[str, str], int]:
    row = {"id": random_id(), "username": body.username, "password_hash": hasher.hash(body.password)}
    try:
        with writing(db.engine) as connection:
            connection.execute(insert(User).values(row))
    except IntegrityError:
        raise UsernameTaken(f"There is a user {body.username!r} already: choose another name, or log in.") from None
    return {"id": row["id"], "username": body.username}, 201
