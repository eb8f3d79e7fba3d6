"""API tokens for scripts: named, shown once, revocable."""

from typing import Annotated

from pydantic import Field

from control.accounts import api_tokens
from control.accounts.api_tokens import Name, Token
from control.times import LIMITS, Span, moment
from control.web.auth import authenticate_person, caller
from control.web.engine import db
from control.web.openapi import ACCOUNTS, Shape, resource
from crawler.store.models.accounts import Scope

api = resource("tokens", ACCOUNTS, authenticate_person)


class NewToken(Shape):
    name: Annotated[Name, Field(description="For you to know it by.", examples=["monthly report"])]
    scope: Scope = Field(Scope.READ, description="`write`: hand links in, cancel, retry and delete batches too.")
    expires_in: Span | None = Field(
        None, description=f"{LIMITS}. Without it: good until it is deleted.", examples=["90d"]
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
def create_token(body: NewToken) -> tuple[TokenMade, int]:
    """Make a token. Only this answer contains its text, which cannot be read again."""
    made, text = api_tokens.create(db.engine, caller(), body.name, body.scope, body.expires_in)
    return TokenMade(**dict(_shown(made)), token=text), 201


@api.get("/tokens", responses={200: Tokens})
def list_tokens() -> Tokens:
    """Your tokens, without their texts."""
    return Tokens(tokens=[_shown(token) for token in api_tokens.of_user(db.engine, caller())])


@api.delete("/tokens/<id>", responses={204: None})
def delete_token(path: TokenPath) -> tuple[str, int]:
    """Delete a token. After the answer it is no longer accepted."""
    api_tokens.revoke(db.engine, caller(), path.id)
    return "", 204


def _shown(token: Token) -> TokenShown:
    return TokenShown(
        id=token.id,
        name=token.name,
        scope=Scope(token.scope),
        created_at=moment(token.created_at),
        expires_at=moment(token.expires_at),
        last_used_at=moment(token.last_used_at),
    )
