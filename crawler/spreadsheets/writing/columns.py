"""The columns that we write, with their texts in both languages. This is the only list of them."""

from collections.abc import Iterable, Sequence

from crawler.platforms.advice import AGAIN, Lang, own_sentence, sentence
from crawler.reasons import Reason
from crawler.spreadsheets.writing.column import Column, Kind, Value, words
from crawler.spreadsheets.writing.post_columns import AGES, POST_COLUMNS, of_age
from crawler.spreadsheets.writing.rows import Row, ratio

OWN = "own"  # the field that stands for all of the user's own columns

RETRYABLE = {str(reason) for reason in Reason if reason.retryable}
STATES: dict[Lang, dict[str, str]] = {
    "ru": {"created": "ждёт", "in progress": "проверяется", "done": "готово", "failed": "не получилось"},
    "en": {"created": "waiting", "in progress": "being read", "done": "done", "failed": "failed"},
}


def _advice(row: Row, lang: Lang) -> str | None:
    if row.reason is None:
        return None
    again = AGAIN[lang] if row.reason in RETRYABLE else None
    return own_sentence(row.platform, row.detail, lang) or again


COLUMNS: dict[str, Column] = {
    "position": Column(
        words("№", "#"),
        words("Место ссылки в списке, с 1.", "Place of the link in the list, from 1."),
        lambda row, _: row.position + 1,
        Kind.COUNT,
        width=7,
    ),
    "link": Column(
        words("Ссылка", "Link"),
        words("Ссылка, как её прислали.", "The link as it was sent."),
        lambda row, _: row.link,
        width=42,
    ),
    "views": Column(
        words("Просмотры", "Views"),
        words(
            "Счётчик просмотров поста. Пусто: числа нет; 0: прочитан ноль. Это не охват: один человек может смотреть "
            "несколько раз.",
            "The post's counter of views. Empty: there is no number; 0: a zero was read. It is no reach: a person may "
            "view several times.",
        ),
        lambda row, _: row.views,
        Kind.COUNT,
    ),
    "likes": Column(
        words("Лайки", "Likes"),
        words("Отметки «Нравится».", "Likes of the post."),
        lambda row, _: row.likes,
        Kind.COUNT,
    ),
    "comments": Column(
        words("Комментарии", "Comments"),
        words("Комментарии к посту.", "Comments on the post."),
        lambda row, _: row.comments,
        Kind.COUNT,
        width=14,
    ),
    "reposts": Column(
        words("Репосты", "Reposts"),
        words("Репосты поста.", "Reposts of the post."),
        lambda row, _: row.reposts,
        Kind.COUNT,
    ),
    "measured_at": Column(
        words("Измерено", "Measured"),
        words("Когда прочитаны эти числа.", "When these numbers were read."),
        lambda row, _: row.measured_at,
        Kind.MOMENT,
        width=20,
    ),
    "state": Column(
        words("Состояние", "State"),
        words("Готово, не получилось, ждёт или проверяется.", "Done, failed, waiting or being read."),
        lambda row, lang: STATES[lang][row.status],
        width=15,
    ),
    "why": Column(
        words("Причина", "Reason"),
        words("Почему числа нет.", "Why there is no number."),
        lambda row, lang: sentence(row.reason, lang) if row.reason else None,
        Kind.SENTENCE,
        width=36,
    ),
    "advice": Column(
        words("Что делать", "What to do"),
        words("Что прислать вместо этого, и поможет ли повтор.", "What to send instead; whether a retry can help."),
        _advice,
        Kind.SENTENCE,
        width=36,
    ),
    "post": Column(
        words("Адрес поста", "Post"),
        words("Адрес поста, на который ведёт ссылка.", "The address of the post that the link leads to."),
        lambda row, _: row.post,
        width=34,
    ),
    "er_views": Column(
        words("ER по просмотрам", "ER by views"),
        words("(Лайки + комментарии + репосты) / просмотры.", "(Likes + comments + reposts) / views."),
        lambda row, _: ratio(row.reactions, row.views),
        Kind.SHARE,
        width=18,
    ),
    "cpv": Column(
        words("CPV", "CPV"),
        words("Цена просмотра: стоимость / просмотры.", "Cost per view: cost / views."),
        lambda row, _: ratio(row.cost, row.views),
        Kind.PRICE,
    ),
    "cpm": Column(
        words("CPM", "CPM"),
        words("Цена тысячи просмотров: стоимость / просмотры × 1000.", "Cost per 1000 views: cost / views × 1000."),
        lambda row, _: ratio(None if row.cost is None else row.cost * 1000, row.views),
        Kind.MONEY,
    ),
    "status": Column(
        words("Статус", "Status"),
        words("Состояние, как его пишет API.", "The state as the API writes it."),
        lambda row, _: row.status,
    ),
    "reason": Column(
        words("Код причины", "Reason code"),
        words("Причина, как её пишет API.", "The reason as the API writes it."),
        lambda row, _: row.reason,
        width=15,
    ),
    "joint_post": Column(
        words("Совместный пост", "Joint post"),
        words(
            "Адрес, под которым этот пост показывает сама площадка, если он другой.",
            "The address by which the platform itself shows the post, where that is another.",
        ),
        lambda row, _: row.joint_post,
        width=34,
    ),
    "duplicate_of": Column(
        words("Повтор строки", "Duplicate of"),
        words("№ первой ссылки на тот же пост.", "# of the first link to the same post."),
        lambda row, _: None if row.duplicate_of is None else row.duplicate_of + 1,
        Kind.COUNT,
        width=15,
    ),
    "source": Column(
        words("Источник", "Source"),
        words("Откуда прочитаны числа.", "What the numbers were read from."),
        lambda row, _: row.source,
        width=22,
    ),
    **POST_COLUMNS,
}

OF_COST = ("cpv", "cpm")
NUMBERS = ("views", "likes", "comments", "reposts", "measured_at", AGES)
OF_POSTS = ("published_at", "owner", "erids", "flags")
USUAL = (OWN, "link", *NUMBERS, "state", "why", "advice", "post", "er_views", *OF_POSTS)
FOR_PROGRAMS = (
    "position",
    "link",
    OWN,
    *NUMBERS,
    "status",
    "reason",
    "why",
    "advice",
    "post",
    "er_views",
    *POST_COLUMNS,
)
FIELDS = (OWN, AGES, *COLUMNS)


def choose(fields: str | None, usual: Sequence[str], *, cost: bool) -> list[str]:
    """Read names that are separated by commas, or take the usual ones. Raises ValueError that names a wrong one."""
    if fields is None:
        return [*usual, *(OF_COST if cost else ())]
    names = [name.strip() for name in fields.split(",")]
    for name in names:
        if name not in FIELDS:
            raise ValueError(f"there is no field {name[:40]!r}: choose among {', '.join(FIELDS)}")
    return list(dict.fromkeys(names))


class Layout:
    """The columns of one table. `own` are the names of the user's own columns, `ages` those at which views stand."""

    def __init__(self, own: Sequence[str], fields: Iterable[str], lang: Lang, ages: Sequence[str] = ()) -> None:
        self.own, self.ages, self.lang = list(own), list(ages), lang
        self.fields = [field for field in fields if field != AGES or ages]
        self.of_ages = [column for place, age in enumerate(ages) for column in of_age(place, age)]

    @property
    def columns(self) -> list[Column | str]:
        """Return our columns, and the names of the user's own."""
        found: list[Column | str] = []
        for field in self.fields:
            found += self.own if field == OWN else self._ours(field)
        return found

    def _ours(self, field: str) -> list[Column]:
        return self.of_ages if field == AGES else [COLUMNS[field]]

    @property
    def headings(self) -> list[str]:
        return [each if isinstance(each, str) else each.words[self.lang] for each in self.columns]

    @property
    def kinds(self) -> list[Kind]:
        return [Kind.TEXT if isinstance(each, str) else each.kind for each in self.columns]

    def cells(self, row: Row) -> list[Value]:
        cells: list[Value] = []
        for field in self.fields:
            if field == OWN:
                cells += self.own_cells(row)
            else:
                cells += [column.value(row, self.lang) for column in self._ours(field)]
        return cells

    def own_cells(self, row: Row) -> list[str]:
        """Return a cell for each own column. It is empty if the link's row has none."""
        return [*row.own, *[""] * (len(self.own) - len(row.own))]
