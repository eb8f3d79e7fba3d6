"""What a web page may make a browser do at scrapyd's port, and what the browser is told about every answer.

A browser that knows the console's password sends it with every request, whichever page causes the request. Headers that
no page can set name that page: https://www.w3.org/TR/fetch-metadata/ and https://fetch.spec.whatwg.org/#origin-header.
"""

from base64 import b64encode
from hashlib import sha256
from urllib.parse import urlsplit

from twisted.web.http_headers import Headers

CONFIRM = "return confirm('Are you sure?');"  # the console's only script, of its Cancel button
POLICY = (
    f"default-src 'none'; script-src 'unsafe-hashes' 'sha256-{b64encode(sha256(CONFIRM.encode()).digest()).decode()}'; "
    "style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OUR_OWN = {"same-origin", "none"}  # none: the address bar or a bookmark
NO_ORIGIN = "null"  # sent by a page in a sandbox, and by one whose policy forbids a referrer


def set_headers(answer: Headers) -> None:
    """Set headers with which a browser shows the answer to its user and lets no other site use it."""
    for sent, _ in list(answer.getAllRawHeaders()):
        if sent.lower().startswith(b"access-control-"):
            answer.removeHeader(sent)
    answer.removeHeader("Server")
    for name, value in HEADERS.items():
        answer.setRawHeaders(name, [value])


def is_allowed(method: str, asked: Headers) -> bool:
    """Whether the request may pass: it comes from one of our own pages, from no page, or is a link on another site."""
    if not (_is_foreign_site(asked) or _is_foreign_origin(asked)):
        return True
    followed = (_all(asked, "Sec-Fetch-Mode"), _all(asked, "Sec-Fetch-Dest")) == ({"navigate"}, {"document"})
    return followed and method in {"GET", "HEAD"} and not _all(asked, "Origin")


def _is_foreign_site(asked: Headers) -> bool:
    return not _all(asked, "Sec-Fetch-Site") <= OUR_OWN


def _is_foreign_origin(asked: Headers) -> bool:
    """Whether the request's origin is another site's. The origin `null` counts as ours only if the browser also sends
    Sec-Fetch-Site, which then decides.
    """
    ours = {NO_ORIGIN} if _all(asked, "Sec-Fetch-Site") else set()
    origins = {origin if origin == NO_ORIGIN else _place(origin) for origin in _all(asked, "Origin")}
    return not origins <= ours | _all(asked, "Host")


def _place(origin: str) -> str:
    """Return an origin's host and port, as in a Host header. The scheme may differ: a proxy may add TLS."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _all(asked: Headers, name: str) -> set[str]:
    return {value.strip().lower() for value in asked.getRawHeaders(name, [])}
