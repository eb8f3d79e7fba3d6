"""Columns of what is known of a post beside its numbers, and of its views at ages."""

from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.column import Column, Kind, Value, words
from crawler.spreadsheets.writing.rows import Row

AGES = "ages"  # among the fields: two columns for each age that is asked for
YES: dict[Lang, dict[bool, str]] = {"ru": {True: "да", False: "нет"}, "en": {True: "yes", False: "no"}}
BASES: dict[Lang, dict[str, str]] = {
    "ru": {
        "exact": "точно",
        "measured": "измерено",
        "estimated": "оценка",
        "at_least": "не меньше",
        "at_most": "не больше",
        "none": "нет данных",
    },
    "en": {
        "exact": "exact",
        "measured": "measured",
        "estimated": "estimate",
        "at_least": "at least",
        "at_most": "at most",
        "none": "no data",
    },
}
FLAGS: dict[Lang, dict[str, str]] = {
    "ru": {
        "fell": "счётчик упал",
        "likes_zero": "лайки на миг показаны нулём",
        "jump": "скачок просмотров",
        "edited": "пост изменён",
        "erid_lost": "erid пропал",
        "gone": "поста больше нет",
    },
    "en": {
        "fell": "the counter fell",
        "likes_zero": "likes were shown as 0 for a moment",
        "jump": "a jump of views",
        "edited": "the post was edited",
        "erid_lost": "an erid is gone",
        "gone": "the post is gone",
    },
}
UNITS: dict[str, dict[Lang, str]] = {
    "s": words("с", "s"),
    "m": words("мин", "min"),
    "h": words("ч", "h"),
    "d": words("дн", "d"),
}


def _flags(row: Row, lang: Lang) -> str:
    return ", ".join(FLAGS[lang].get(flag, flag) for flag in row.flags)


POST_COLUMNS: dict[str, Column] = {
    "published_at": Column(
        words("Опубликован", "Post published"),
        words("Когда опубликован пост, по словам площадки.", "When the post was published, as the platform says."),
        lambda row, _: row.published_at,
        Kind.MOMENT,
        width=20,
    ),
    "edited_at": Column(
        words("Изменён", "Post edited"),
        words("Когда пост изменён последний раз.", "When the post was edited last."),
        lambda row, _: row.edited_at,
        Kind.MOMENT,
        width=20,
    ),
    "marked_as_ads": Column(
        words("Пометка рекламы", "Marked as ads"),
        words("Пометил ли автор пост как рекламу.", "Whether the author has marked the post as an advertisement."),
        lambda row, lang: None if row.marked_as_ads is None else YES[lang][row.marked_as_ads],
        width=17,
    ),
    "erids": Column(
        words("erid в посте", "Erids of the post"),
        words("Токены рекламы в самом посте, сейчас.", "Tokens of advertising that stand at the post now."),
        lambda row, _: ", ".join(row.erids),
        width=22,
    ),
    "owner": Column(
        words("Чья стена", "Wall of"),
        words("Как называется стена, на которой стоит пост.", "What the wall that shows the post is called."),
        lambda row, _: row.owner,
        width=26,
    ),
    "members": Column(
        words("Участников у стены", "Members of the wall"),
        words(
            "Подписчики сообщества, на стене которого пост: последнее известное число.",
            "Members of the community whose wall shows the post: the last known number.",
        ),
        lambda row, _: row.members,
        Kind.COUNT,
        width=18,
    ),
    "flags": Column(
        words("Особенности", "Remarks"),
        words(
            "Что необычно в сравнении с прошлым измерением. Сами числа не меняются.",
            "What is odd beside the reading before. No number is changed for it.",
        ),
        _flags,
        width=30,
    ),
}


def of_age(place: int, age: str) -> tuple[Column, Column]:
    """Make the columns of an age such as `24h`: the views then, and what they rest on."""
    ru, en = (f"{age[:-1]} {UNITS[age[-1]][lang]}" for lang in ("ru", "en"))

    def views(row: Row, _: Lang) -> Value:
        return row.at[place].value if row.at else None

    def basis(row: Row, lang: Lang) -> Value:
        return BASES[lang][row.at[place].basis] if row.at else None

    return (
        Column(
            words(f"Просмотры через {ru}", f"Views at {en}"),
            words(
                "Сколько показывал счётчик в этом возрасте поста; что это за число, стоит рядом.",
                "What the counter showed at this age of the post; the next column says what the number is.",
            ),
            views,
            Kind.COUNT,
            width=20,
        ),
        Column(
            words(f"Число через {ru}", f"Number at {en}"),
            words(
                "Точно; измерено: по измерению в пределах 15 минут с обеих сторон; оценка: между двумя измерениями; не "
                "меньше, не больше: измерение есть только до или только после.",
                "Exact; measured: by readings within 15 minutes on both sides; estimate: between two readings; at "
                "least, at most: there is a reading only before, or only after.",
            ),
            basis,
            width=14,
        ),
    )
