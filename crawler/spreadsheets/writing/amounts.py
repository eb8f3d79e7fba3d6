"""Reads an amount of money from a cell of a cost column: `12 000,50 ₽`."""

import re

GROUPS = r"[ \u00a0\u2009\u202f']"  # what parts thousands, and never decimals
PLAIN = rf"\d{{1,3}}(?:{GROUPS}?\d{{3}})*(?:[.,]\d{{1,6}})?"
ENGLISH = r"\d{1,3}(?:,\d{3})+\.\d{1,6}|\d{1,3}(?:,\d{3}){2,}"
GERMAN = r"\d{1,3}(?:\.\d{3})+,\d{1,6}|\d{1,3}(?:\.\d{3}){2,}"
CURRENCY = r"(?:₽|руб\w*\.?|р\.?|rub|RUB|\$|€)?"
AMOUNT = re.compile(rf"{CURRENCY}\s*(-?)(?:({ENGLISH})|({GERMAN})|({PLAIN}))\s*{CURRENCY}", re.ASCII)
TWO_WAYS = re.compile(r"[1-9]\d{0,2},\d{3}")  # a thousand, or three decimals
LONGEST = 40


def amount(text: str) -> float | None:
    """Return the amount. None if the text is not a number or could be read in two ways."""
    found = AMOUNT.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None:
        return None
    sign, english, german, plain = found.groups()
    if english or german:
        return float(sign + (english.replace(",", "") if english else german.replace(".", "").replace(",", ".")))
    return None if TWO_WAYS.fullmatch(plain) else float(sign + re.sub(GROUPS, "", plain).replace(",", "."))
