"""File names of answers that a browser saves as a file, in any script."""

from urllib.parse import quote

SAFE = "!#$&+.^_`|~-"  # RFC 5987, 3.2.1: attr-char, beside letters and digits


def disposition(name: str) -> str:
    """Write the header Content-Disposition (RFC 6266): with the full name, and with one in ASCII for old programs."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    plain = "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in plain)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=SAFE)}"
