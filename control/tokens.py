"""API tokens for scripts: named, shown once, revocable."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from sqlalchemy import delete, select

from control import api_tokens
from control.auth import authenticate_person, caller
from control.db import db
from control.errors import NotFound
from control.names import printable
from control.openapi import Shape, resource
from control.span import Span
from control.wording import moment
from crawler.models import ApiToken, Scope

api = resource("tokens", "Tokens for scripts", authenticate_person)

Name = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]


class NewToken(Shape):
    name: Annotated[Name, Field(description="For you to know it by.", examples=["monthly report"])]
    scope: Scope = Field(Scope.READ, description="`write`: hand links in, cancel, retry and delete batches too.")
    expires_in: Span | None = Field(
        None, description="1s to 366d. Without it: good until it is deleted.", examples=["90d"]
    )


class TokenShown(Shape):
    id: str
    name: str
    scope: Scope
    created_at: str
    expires_at: str | None
    last_used_at: str | None = Field(description="To the minute.")


class TokenMade(TokenShown):
    token: str = Field(description="Shown now and never again.")


class Tokens(Shape):
    tokens: list[TokenShown]


class TokenPath(Shape):
    id: str


@api.post("/tokens", responses={201: TokenMade, 409: None})
def make(body: NewToken) -> tuple[dict[str, Any], int]:
    """Make a token. Its text is in the answer only: it cannot be read again."""
    token_id, token = api_tokens.create(db.engine, caller(), body.name, body.scope, body.expires_in)
    made = next(shown for shown in _mine() if shown.id == token_id)
    return TokenMade(**made.model_dump(), token=token).model_dump(), 201


@api.get("/tokens", responses={200: Tokens})
def tokens() -> dict[str, Any]:
    """Your tokens, without their texts."""
    return Tokens(tokens=_mine()).model_dump()


@api.delete("/tokens/<id>", responses={204: None})
def revoke(path: TokenPath) -> tuple[str, int]:
    """Delete a token: from the answer on it is good for nothing."""
    mine = delete(ApiToken).where(ApiToken.id == path.id, ApiToken.user_id == caller())
    plain = path.id.isascii() and path.id.isalnum()  # PostgreSQL refuses to compare with some others
    with db.engine.begin() as connection:
        if not (plain and connection.execute(mine).rowcount):
            raise NotFound("You have no token of this id.")
    return "", 204


def _mine() -> list[TokenShown]:
    with db.engine.connect() as connection:
        mine = select(ApiToken.__table__).where(ApiToken.user_id == caller()).order_by(ApiToken.created_at)
        rows = connection.execute(mine).all()
    return [
        TokenShown(
            id=row.id,
            name=row.name,
            scope=row.scope,
            created_at=str(moment(row.created_at)),
            expires_at=moment(row.expires_at),
            last_used_at=moment(row.last_used_at),
        )
        for row in rows
    ]
