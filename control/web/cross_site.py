"""Only our own pages may send us forms: the browser says where a request comes from, and the form contains a token.

The token belongs to the login and lasts as long. Each page masks it anew: otherwise the length of a compressed page,
which also contains what somebody sent, would help to guess it (BREACH).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from secrets import token_bytes
from urllib.parse import urlsplit

from flask import request

from control.errors import ForeignForm
from control.web import page_sessions
from control.web.settings import settings

FIELD = "csrf"
SIZE = sha256().digest_size
LOOKING = {"GET", "HEAD", "OPTIONS"}


def check() -> None:
    """Guard all pages. Raises ForeignForm."""
    if request.method in LOOKING:
        return
    if not _from_here():
        raise ForeignForm("This form was not sent by a page of ours.")
    login = page_sessions.current()
    if login and not _is_token(request.form.get(FIELD, ""), login.id):
        raise ForeignForm("This form belongs to another login: open the page again.")


def _from_here() -> bool:
    """Whether the browser says that the form comes from our page. Over plain http it may send no Sec-Fetch-Site, but it
    always sends Origin.

    The scheme is not compared, because we may not know it behind a proxy that ends TLS.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    return bool(origin.netloc) and origin.netloc.lower() == request.host.lower()


def token() -> str:
    """Make a token for the forms of this page. Without a login there is none, and forms need none."""
    login = page_sessions.known()
    if login is None:
        return ""
    pad = token_bytes(SIZE)
    return urlsafe_b64encode(pad + _mask(_expected(login.id), pad)).decode()


def _is_token(given: str, login_id: str) -> bool:
    try:
        raw = urlsafe_b64decode(given.encode())
    except (Error, ValueError):
        return False
    return len(raw) == 2 * SIZE and hmac.compare_digest(_mask(raw[SIZE:], raw[:SIZE]), _expected(login_id))


def _expected(login_id: str) -> bytes:
    return hmac.digest(settings().secret_key.encode(), f"csrf {login_id}".encode(), sha256)


def _mask(text: bytes, pad: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(text, pad, strict=True))
