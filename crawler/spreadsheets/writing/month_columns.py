"""The columns of a placement in a month."""

from collections.abc import Callable

from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.column import Column, Kind, words
from crawler.spreadsheets.writing.post_columns import BASES
from crawler.spreadsheets.writing.rows import Row

Value = int | None
FLAGS: dict[Lang, dict[str, str]] = {
    "ru": {
        "fell": "счётчик упал",
        "made_up": "навёрстано прошлое падение",
        "baseline": "от указанного вами числа",
        "no_beginning": "нет начала: старше месяца",
        "no_end": "не прочитан после месяца",
        "gap": "за месяц не прочитан",
        "no_reading": "не прочитан",
        "unfinished": "месяц ещё идёт",
        "not_published": "вышел после месяца",
    },
    "en": {
        "fell": "the counter fell",
        "made_up": "an earlier fall is made up",
        "baseline": "from the number you gave",
        "no_beginning": "no beginning: older than the month",
        "no_end": "not read after the month",
        "gap": "not read in the month",
        "no_reading": "not read",
        "unfinished": "the month goes on",
        "not_published": "published after the month",
    },
}


def _flags(row: Row, lang: Lang) -> str | None:
    return ", ".join(FLAGS[lang].get(flag, flag) for flag in row.month.flags) if row.month else None


def _of(name: str) -> Callable[[Row, str], Value]:
    return lambda row, _: getattr(row.month, name) if row.month else None


MONTH_COLUMNS: tuple[Column, ...] = (
    Column(
        words("Просмотры за месяц", "Views in the month"),
        words(
            "Счётчик на конец месяца минус счётчик на его начало. Пусто: числа нет, почему, стоит в «Особенностях».",
            "The counter at the month's end less the counter at its beginning. Empty: there is no number; the remarks "
            "say why.",
        ),
        _of("views"),
        Kind.COUNT,
        width=14,
    ),
    Column(
        words("Не меньше", "At least"),
        words("Столько наверняка: по измерениям вокруг границ.", "So many for sure, by the readings around both ends."),
        _of("low"),
        Kind.COUNT,
    ),
    Column(
        words("Не больше", "At most"),
        words("Больше быть не могло. Пусто: этой границы нет.", "There cannot be more. Empty: there is no such bound."),
        _of("high"),
        Kind.COUNT,
    ),
    Column(
        words("Основание", "Basis"),
        words(
            "Точно; измерено: измерения не дальше 15 минут с обеих сторон границ; оценка: между измерениями; не "
            "меньше, не больше: измерение есть только с одной стороны.",
            "Exact; measured: readings within 15 minutes on both sides of its ends; estimate: between readings; at "
            "least, at most: there is a reading on one side only.",
        ),
        lambda row, lang: BASES[lang][row.month.basis] if row.month else None,
        width=14,
    ),
    Column(
        words("На начало месяца", "At its beginning"),
        words("Что показывал счётчик в 00:00 первого дня.", "What the counter showed at 00:00 of the first day."),
        _of("begin"),
        Kind.COUNT,
        width=14,
    ),
    Column(
        words("На конец месяца", "At its end"),
        words("Что показывал счётчик в 24:00 последнего дня.", "What the counter showed at 24:00 of the last day."),
        _of("end"),
        Kind.COUNT,
        width=14,
    ),
    Column(
        words("Особенности месяца", "Remarks of the month"),
        words("Что надо знать тому, кто сдаёт это число.", "What somebody has to know who reports the number."),
        _flags,
        width=30,
    ),
)
