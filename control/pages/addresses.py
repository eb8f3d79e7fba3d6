"""Addresses of a table with something changed in what the present one asks for, and numbers that it asks for."""

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from flask import request

LONGEST_NUMBER = 9  # digits


def of_table(path: str, names: Iterable[str]) -> Callable[..., str]:
    """Return the function that makes them. They lead to the first page, unless what is changed is the cursor."""
    now = {name: request.args.get(name, "") for name in names}

    def there(**changed: object) -> str:
        found = urlencode({name: value for name, value in (now | changed).items() if value})
        return f"{path}?{found}#table" if found else f"{path}#table"

    return there


def number(name: str) -> int | None:
    """Return a parameter that is a number; None: it is none, or is not there."""
    text = request.args.get(name, "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else None
