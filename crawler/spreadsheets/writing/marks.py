"""Cells of text files that a spreadsheet would run as a formula. A leading apostrophe makes them text.

OWASP ASVS 5.0, 1.2.10; https://owasp.org/www-community/attacks/CSV_Injection. Wide forms of the signs count too,
because some programs fold them.
"""

import re

FORMULA = re.compile(r"""[\s"'`,;|]*[=+\-@\t\r\0＝＋－＠]""")
NUMBER = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]?\d{3})*(?:[.,]\d+)?[ \u00a0]?%?", re.ASCII)
MARK = "'"


def mark(text: str) -> str:
    """Return the text so that a spreadsheet takes it for text. A number stays a number, even a negative one."""
    return MARK + text if _is_run(text) else text


def unmark(text: str) -> str:
    """Return the text that `mark` was given. A user's own apostrophe stays."""
    return text[1:] if text.startswith(MARK) and _is_run(text[1:]) else text


def _is_run(text: str) -> bool:
    """Whether a spreadsheet would run the text. An apostrophe before it changes nothing, or `unmark` could not tell."""
    return bool(FORMULA.match(text)) and not NUMBER.fullmatch(text)
