"""Users' names: which ones are allowed, when two count as the same, and when two look alike.

A name consists of words with single spaces between them, and each word is a username of RFC 8265 that keeps its case.
So it has no invisible sign, and none that only imitates another. https://www.rfc-editor.org/rfc/rfc8265#section-3.4
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import Annotated

from confusable_homoglyphs import categories
from precis_i18n import get_profile
from pydantic import AfterValidator, Field

from control.accounts.names import printable

LONGEST = 64
BOTH_DIRECTIONS = "\u200e"  # the lists of look-alikes put this mark around letters of right-to-left scripts
ANY_SCRIPT = {"COMMON", "INHERITED"}  # signs and marks that may stand beside letters of any script
TOGETHER = (  # scripts that people mix within one word: UTS 39, 5.2, without Latin
    {"HAN", "HIRAGANA", "KATAKANA"},
    {"HAN", "BOPOMOFO"},
    {"HAN", "HANGUL"},
)

word = get_profile("UsernameCasePreserved")


def usable(name: str) -> str:
    """Return the name in its normal form. Raises ValueError with a message for the user who has chosen it."""
    name = " ".join(_word(each) for each in printable(name).split(" "))
    if len(name) > LONGEST:
        raise ValueError(f"Use {LONGEST} characters at most.")
    for letters in _runs_of_letters(name):
        scripts = {categories.alias(letter) for letter in letters} - ANY_SCRIPT
        if len(scripts) > 1 and not any(scripts <= those for those in TOGETHER):
            listed = " and ".join(sorted(script.capitalize() for script in scripts))
            raise ValueError(f"Write each word in the letters of one alphabet: {letters!r} mixes {listed}.")
    return name


Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST,
        description="Letters, digits, signs of ASCII, single spaces; each word in the letters of one alphabet. Case is "
        "kept and does not count: `Anna` and `anna` are one user. What looks like another user's name is taken.",
    ),
    AfterValidator(usable),
]


def _word(text: str) -> str:
    try:
        return str(word.enforce(text))
    except UnicodeEncodeError as error:
        raise ValueError(_refusal(error)) from None


def _refusal(error: UnicodeEncodeError) -> str:
    refused = error.object[error.start : error.end]
    if not refused:
        return "Put one space between two words."
    if len(refused) > 1:
        return "Do not mix words written from the left with such from the right."
    known = unicodedata.name(refused, "a sign without a name")
    return f"Use letters, digits and the signs of ASCII only, not U+{ord(refused):04X} ({known})."


def _runs_of_letters(name: str) -> Iterator[str]:
    """Split the name at everything that is not a letter. A mark belongs to the letter before it."""
    for letters, run in groupby(name, lambda sign: unicodedata.category(sign)[0] in "LM"):
        if letters:
            yield "".join(run)


def spelling(name: str) -> str:
    """Return the form in which names are compared: without differences in case, width and composition of letters.

    It may be stored, because Unicode promises that it never changes for letters that exist today.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def look(name: str) -> str:
    """Return a form that is the same for all names that look alike on a screen, by UTS 39.

    Each version of Unicode adds look-alikes, so a stored look may be out of date.
    """
    same = _prototypes()
    for _ in range(2):  # the small letter of a capital may have look-alikes of its own
        name = "".join(same.get(sign, sign) for sign in unicodedata.normalize("NFD", name)).casefold()
    return unicodedata.normalize("NFD", name)


@cache
def _prototypes() -> Mapping[str, str]:
    """Map each sign to the one that represents all that look like it.

    The lists are large, so they are loaded only when they are needed: migrating an empty database does not need them.
    """
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415

    alike: defaultdict[str, set[str]] = defaultdict(set)
    for sign, others in confusables_data.items():
        alike[sign.strip(BOTH_DIRECTIONS)].update(other["c"].strip(BOTH_DIRECTIONS) for other in others)
    confusables_data.clear()  # they take much memory, and nobody else reads them
    found: dict[str, str] = {}
    for sign in alike:
        if sign not in found:
            group = _group(alike, sign)
            found |= dict.fromkeys(group, min(group, key=_rank))
    return {sign: prototype for sign, prototype in found.items() if len(sign) == 1}


def _group(alike: Mapping[str, set[str]], sign: str) -> set[str]:
    group, new = {sign}, {sign}
    while new:
        new = {other for each in new for other in alike.get(each, ())} - group
        group |= new
    return group


def _rank(sign: str) -> tuple[bool, bool, bool, bool, str]:
    """Rank the candidates for a representative: several signs first (`rn` for `m`), then small letters of ASCII."""
    return len(sign) == 1, not (sign.isascii() and sign.islower()), not sign.isascii(), not sign.isalpha(), sign
