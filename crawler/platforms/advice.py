"""Why a link failed, as a sentence that says what to do."""

from typing import Literal

from crawler.platforms import known
from crawler.reasons import RUSSIAN, Reason

Lang = Literal["ru", "en"]

SENTENCES: dict[Lang, dict[str, str]] = {
    "en": {str(reason): reason.sentence for reason in Reason},
    "ru": {str(reason): text for reason, text in RUSSIAN.items()},
}
AGAIN: dict[Lang, str] = {"en": "It can be tried again.", "ru": "Можно проверить ещё раз."}


def advice(platform: str, reason: str, detail: str | None, lang: Lang = "en") -> str:
    """Say why a link failed and what to do: the platform's sentence for the detail, or else the reason's sentence."""
    return own_sentence(platform, detail, lang) or sentence(reason, lang)


def own_sentence(platform: str, detail: str | None, lang: Lang) -> str:
    """Return the platform's sentence for one of its details; empty where it would only repeat the reason's."""
    found = known().get(platform)
    sentences: dict[str, str] = {} if found is None else found.ADVICE_RU if lang == "ru" else found.ADVICE
    return sentences.get(detail or "", "")


def sentence(reason: str, lang: Lang) -> str:
    return SENTENCES[lang].get(reason, reason)
