"""The pages' style sheet, scripts and icons. An address contains the file's hash, so a browser may keep it for good."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Flask, Response, request

from control.errors import NotFound
from control.times import YEAR_SECONDS
from control.web.rate_limits import by_address

FOLDER = Path(__file__).parents[1] / "static"
TYPES = {"app.css": "text/css", "app.js": "text/javascript", "icons.svg": "image/svg+xml"}
FOR_GOOD = f"public, max-age={YEAR_SECONDS}, immutable"

assets = Blueprint("assets", __name__)
assets.before_request(by_address)


@dataclass(frozen=True, slots=True)
class Asset:
    tag: str
    plain: bytes
    packed: bytes


def install(app: Flask) -> None:
    for name in TYPES:
        _packed(name)  # so that no request waits for it
    app.register_blueprint(assets)


def address(name: str) -> str:
    return f"/assets/{_packed(name).tag}/{name}"


@assets.get("/assets/<tag>/<name>")
def serve(tag: str, name: str) -> Response:
    found = _packed(name) if name in TYPES else None
    if found is None or found.tag != tag:
        raise NotFound("There is no such file, or it has changed.")
    packs = request.accept_encodings["gzip"] > 0
    response = Response(found.packed if packs else found.plain, content_type=f"{TYPES[name]}; charset=utf-8")
    response.headers["Cache-Control"] = FOR_GOOD
    response.headers["Vary"] = "Accept-Encoding"
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{tag}-{'gzip' if packs else 'plain'}")
    response.make_conditional(request)
    return response


@cache
def _packed(name: str) -> Asset:
    plain = (FOLDER / name).read_bytes()
    return Asset(sha256(plain).hexdigest()[:12], plain, gzip.compress(plain, 9, mtime=0))
