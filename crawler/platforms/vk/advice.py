"""Why a link is refused, as one word, and what to send in its place.

The first word of a detail never changes, because clients compare it. More exact words may follow it.
"""

import re

from crawler.reasons import Reason

LONGEST = 2048  # characters of a link

ADVICE = {
    "empty": "Send the address of a post, such as https://vk.com/wall-1_2.",
    "too_long": f"The link is longer than {LONGEST} characters: send the post's own address.",
    "bad_chars": "There is a space, a backslash or an invisible character inside: send one plain address.",
    "bad_chars_two_links": "There are two links in one: send each by itself.",
    "bad_scheme": "The link must begin with http:// or https://.",
    "bad_host": "The link does not lead to VK: vk.com, vk.ru, vkontakte.ru and vkvideo.ru are known.",
    "bad_host_cut_off": "The link is cut off before its end: copy the whole address, not its shortened form.",
    "too_many_fields": "The part of the link after its question mark is far too long: send the post's own address.",
    "ambiguous": "The link names more than one post: send the address of the one that you mean.",
    "bad_id": "The number of the owner or of the post is not one that VK gives.",
    "bad_id_two_links": "There are two links in one: send each by itself.",
    "unsupported": "Only wall posts, videos and clips have view counts that can be read.",
    "unsupported_two_links": "There are two links in one: send each by itself.",
    "unsupported_playlist": "This is a playlist, which has no view count of its own: send its videos' addresses.",
    "unsupported_wall": "This is a whole wall, or the link is cut off: the post's number is missing, as in wall-1_2.",
    "unsupported_cut_off": "The link is cut off before its end: copy the whole address, such as https://vk.com/wall-1_2.",
    "short_link": "Open the short link in a browser and send the address it leads to.",
}
ADVICE_RU = {
    "empty": "Пришлите адрес поста, например https://vk.com/wall-1_2.",
    "too_long": f"Ссылка длиннее {LONGEST} символов: пришлите адрес самого поста.",
    "bad_chars": "Внутри есть пробел, обратная косая черта или невидимый символ: пришлите один простой адрес.",
    "bad_chars_two_links": "В одной строке две ссылки: пришлите каждую отдельно.",
    "bad_scheme": "Ссылка должна начинаться с http:// или https://.",
    "bad_host": "Ссылка ведёт не во ВКонтакте: известны vk.com, vk.ru, vkontakte.ru и vkvideo.ru.",
    "bad_host_cut_off": "Конец ссылки обрезан: скопируйте адрес целиком, а не его сокращённый вид.",
    "too_many_fields": "Часть ссылки после вопросительного знака слишком длинна: пришлите адрес самого поста.",
    "ambiguous": "Ссылка называет больше одного поста: пришлите адрес того, который нужен.",
    "bad_id": "Таких номеров владельца или поста ВКонтакте не даёт.",
    "bad_id_two_links": "В одной строке две ссылки: пришлите каждую отдельно.",
    "unsupported": "Счётчик просмотров можно прочесть только у постов на стене, видео и клипов.",
    "unsupported_two_links": "В одной строке две ссылки: пришлите каждую отдельно.",
    "unsupported_playlist": "Это плейлист, у него нет своего счётчика: пришлите адреса его видео.",
    "unsupported_wall": "Это вся стена, или ссылка обрезана: не хватает номера поста, как в wall-1_2.",
    "unsupported_cut_off": "Конец ссылки обрезан: скопируйте адрес целиком, например https://vk.com/wall-1_2.",
    "short_link": "Откройте короткую ссылку в браузере и пришлите адрес, на который она ведёт.",
}
REASONS = {detail: Reason.UNSUPPORTED for detail in ADVICE if detail.startswith("unsupported")}
REASONS["short_link"] = Reason.SHORT_LINK

LINK = re.compile(r"(?<![=/?&#:%])https?://", re.IGNORECASE)  # a link inside another link does not count
ITEM = re.compile(r"(?:wall|video|clip)-?[0-9]+_[0-9]+", re.IGNORECASE)
BETWEEN = re.compile(r"[\s,;|]+")
SHORTENED = "…", ".."  # one full stop more was taken for a sentence's
PLAYLIST = re.compile(r"playlist(?![a-z])", re.IGNORECASE)
WALL = re.compile(r"wall-?[0-9]+", re.IGNORECASE)
CUT_OFF = re.compile(r"(?:wall|video|clip)(?:-|-?[0-9]+_?)?", re.IGNORECASE)


def of_link(detail: str, text: str) -> str:
    """Return the detail, with a second word where the text shows more exactly what is wrong."""
    if _are_two(text):
        exact = f"{detail}_two_links"
    elif text.endswith(SHORTENED):
        exact = f"{detail}_cut_off"
    else:
        return detail
    return exact if exact in ADVICE else detail


def _are_two(text: str) -> bool:
    if len(LINK.findall(text)) > 1:
        return True
    return sum(bool(ITEM.search(piece)) for piece in BETWEEN.split(text)) > 1


def of_name(name: str) -> str:
    """Say more exactly why this names nothing that can be counted."""
    if PLAYLIST.search(name):
        return "unsupported_playlist"
    if WALL.fullmatch(name):
        return "unsupported_wall"
    return "unsupported_cut_off" if CUT_OFF.fullmatch(name) else "unsupported"
