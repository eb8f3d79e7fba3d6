"""Names of files."""

LONGEST = 80  # characters of what a user has called something


def plain(given: str) -> str:
    """Return as much of a name as every system accepts; empty if that is nothing."""
    named = "".join(letter if letter.isalnum() or letter in " ._-" else " " for letter in given[:LONGEST])
    return " ".join(named.split()).strip(".")
