"""Names that users give to themselves and to their things."""


def printable(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise ValueError("Use printable characters only, with no space at the beginning or end.")
    return name
