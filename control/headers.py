"""What browsers are told about every answer."""

from flask import Flask, Response, request

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
OF_DOCS = STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self'", "img-src 'self' data:"
)
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
NEVER_KEPT = {"Cache-Control": "no-store"}
UNDER_TLS = {"Strict-Transport-Security": "max-age=31536000"}


def install(app: Flask) -> None:
    app.after_request(secure)


def secure(response: Response) -> Response:
    """Let a browser do nothing with an answer but show it; Swagger UI alone sets styles and images of its own."""
    response.headers.update(ALWAYS)
    response.headers["Content-Security-Policy"] = OF_DOCS if request.endpoint == "docs.page" else STRICT
    if not (request.endpoint or "").endswith("static"):
        response.headers.update(NEVER_KEPT)
    if request.is_secure:
        response.headers.update(UNDER_TLS)
    return response
