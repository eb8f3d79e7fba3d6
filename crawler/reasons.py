"""Why a link failed: the closed list, the same in the database, the API, the exports and the README."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A stable code. `sentence` is for the user, `retryable` says whether asking again later can help."""

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
