"""Why a link failed. This closed list is the same in the database, the API, the exports and docs/using.md."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A stable code. `sentence` is for the user, and `retryable` says whether asking again later can help."""

    sentence: str
    retryable: bool

    def __new__(cls, code: str, sentence: str, retryable: bool) -> Self:
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.sentence = sentence
        reason.retryable = retryable
        return reason

    INVALID_LINK = "invalid_link", "This is not a link to a post of a platform we know.", False
    UNSUPPORTED = "unsupported", "This kind of page has no view count that can be read.", False
    SHORT_LINK = "short_link", "A shortened link hides its post: send the address it leads to.", False
    NOT_FOUND = "not_found", "The post is deleted, hidden or was never there: the platform does not say which.", False
    DELETED = "deleted", "The post is deleted.", False
    PRIVATE = "private", "The post is there, but not for us to read.", False
    VIEWS_HIDDEN = "views_hidden", "The post is there, but shows no exact view count.", True
    BLOCKED = "blocked", "The platform refused to show its pages to us.", True
    LAYOUT_CHANGED = "layout_changed", "The page came, but in a form we cannot read yet.", True
    BAD_RESPONSE = "bad_response", "The platform's answer for this post made no sense.", True
    NETWORK = "network", "The platform could not be reached.", True
    VK_ERROR = "vk_error", "VK answered with an error again and again.", True
    CREDENTIAL = "credential", "No usable access token was there before the deadline.", True
    DEADLINE = "deadline", "The batch's deadline passed before the link was measured.", True
    LOST = "lost", "Our own worker died again and again while it worked on this link.", True
    CANCELLED = "cancelled", "The run was cancelled.", True


RUSSIAN = {  # what each `sentence` says, in Russian
    Reason.INVALID_LINK: "Это не ссылка на пост.",
    Reason.UNSUPPORTED: "У такой страницы нет счётчика просмотров: пришлите пост, видео или клип.",
    Reason.SHORT_LINK: "Короткая ссылка прячет пост: пришлите адрес, на который она ведёт.",
    Reason.NOT_FOUND: "Пост удалён, скрыт или его не было: ВКонтакте не говорит, что именно.",
    Reason.DELETED: "Пост удалён.",
    Reason.PRIVATE: "Пост есть, но нам его не показывают.",
    Reason.VIEWS_HIDDEN: "Пост есть, но точного числа просмотров не видно.",
    Reason.BLOCKED: "ВКонтакте не отдала нам страницу.",
    Reason.LAYOUT_CHANGED: "Страница пришла в виде, который мы пока не умеем читать.",
    Reason.BAD_RESPONSE: "Ответ ВКонтакте не имел смысла.",
    Reason.NETWORK: "ВКонтакте была недоступна.",
    Reason.VK_ERROR: "ВКонтакте раз за разом отвечала ошибкой.",
    Reason.CREDENTIAL: "До срока не нашлось рабочего ключа ВКонтакте.",
    Reason.DEADLINE: "Срок вышел раньше, чем дошла очередь.",
    Reason.LOST: "Наш обработчик раз за разом обрывался на этой ссылке.",
    Reason.CANCELLED: "Проверку остановили.",
}
