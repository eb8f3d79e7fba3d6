"""The headers that tell browsers what they may do with an answer."""

from flask import Flask, Response, request

from control.times import YEAR_SECONDS

ERROR_PAGE = "views-stats.error_page"  # the key in the WSGI environment that marks an error as a page
PAGES = "pages"  # the blueprint that contains all pages
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
OF_DOCS = STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self'", "img-src 'self' data:"
)
OF_PAGES = f"{STRICT}; require-trusted-types-for 'script'; trusted-types 'none'"  # scripts write text, never HTML
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
FOR_FORMS = {"Referrer-Policy": "same-origin"}  # under `no-referrer` browsers send forms with `Origin: null`
NEVER_KEPT = {"Cache-Control": "no-store"}
UNDER_TLS = {"Strict-Transport-Security": f"max-age={YEAR_SECONDS}"}


def install(app: Flask) -> None:
    app.after_request(secure)


def secure(response: Response) -> Response:
    """Allow a browser only to show the answer. Swagger UI alone may also use inline styles and images of its own."""
    page = is_page()
    response.headers.update(ALWAYS | (FOR_FORMS if page else {}))
    response.headers["Content-Security-Policy"] = OF_DOCS if request.endpoint == "docs.page" else STRICT
    if page:
        response.headers["Content-Security-Policy"] = OF_PAGES
    if "Cache-Control" not in response.headers and not (request.endpoint or "").endswith("static"):
        response.headers.update(NEVER_KEPT)
    if request.is_secure:
        response.headers.update(UNDER_TLS)
    return response


def is_page() -> bool:
    """Whether the answer is a page, or an error in the form of a page."""
    return PAGES in request.blueprints or ERROR_PAGE in request.environ
