"""Names that users choose, of themselves and of what is theirs."""


def printable(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise ValueError("Use printable characters only, with no space at the beginning or end.")
    return name
