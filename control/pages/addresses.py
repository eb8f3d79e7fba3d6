"""Addresses of a table with something changed in what the present one asks for."""

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from flask import request


def of_table(path: str, names: Iterable[str]) -> Callable[..., str]:
    """Return the function that makes them. They lead to the first page, unless what is changed is the cursor."""
    now = {name: request.args.get(name, "") for name in names}

    def there(**changed: object) -> str:
        found = urlencode({name: value for name, value in (now | changed).items() if value})
        return f"{path}?{found}#table" if found else f"{path}#table"

    return there
