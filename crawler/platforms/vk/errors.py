"""VK's error codes: what each one means for us (https://dev.vk.com/ru/reference/errors)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from crawler.reasons import Reason


class Action(StrEnum):
    """What follows from an error."""

    RETRY = "retry"  # the same call later
    PAUSE_TOKEN = "pause-token"  # no call with this token for a while
    STOP_TOKEN = "stop-token"  # the token is dead until somebody replaces it
    FINAL_ITEM = "final-item"  # the post will never be readable
    CONFIG = "config"  # our set-up is wrong; somebody must mend it


@dataclass(frozen=True, slots=True)
class Meaning:
    """`reason` is what a link ends with if this error is the last word, `seconds` how long the token rests.

    VK does not document how long its quotas last; RSS-Bridge waits half an hour after 29 (bridges/Vk2Bridge.php).
    """

    name: str
    action: Action
    reason: Reason
    seconds: float = 300.0


ERRORS = {
    1: Meaning("unknown", Action.RETRY, Reason.VK_ERROR),
    2: Meaning("disabled", Action.CONFIG, Reason.CREDENTIAL),
    3: Meaning("method", Action.CONFIG, Reason.CREDENTIAL),
    4: Meaning("signature", Action.CONFIG, Reason.CREDENTIAL),
    5: Meaning("auth", Action.STOP_TOKEN, Reason.CREDENTIAL),
    6: Meaning("too_many", Action.RETRY, Reason.VK_ERROR),
    7: Meaning("permission", Action.CONFIG, Reason.CREDENTIAL),
    8: Meaning("request", Action.CONFIG, Reason.CREDENTIAL),
    9: Meaning("flood", Action.PAUSE_TOKEN, Reason.CREDENTIAL, 60.0),
    10: Meaning("server", Action.RETRY, Reason.VK_ERROR),
    12: Meaning("compile", Action.CONFIG, Reason.CREDENTIAL),
    13: Meaning("runtime", Action.CONFIG, Reason.CREDENTIAL),
    14: Meaning("captcha", Action.PAUSE_TOKEN, Reason.CREDENTIAL, 600.0),
    15: Meaning("access", Action.FINAL_ITEM, Reason.PRIVATE),
    17: Meaning("auth_validation", Action.STOP_TOKEN, Reason.CREDENTIAL),
    18: Meaning("user_deleted", Action.FINAL_ITEM, Reason.NOT_FOUND),
    19: Meaning("blocked", Action.FINAL_ITEM, Reason.PRIVATE),
    20: Meaning("method_permission", Action.CONFIG, Reason.CREDENTIAL),
    23: Meaning("method_disabled", Action.CONFIG, Reason.CREDENTIAL),
    24: Meaning("need_confirmation", Action.CONFIG, Reason.CREDENTIAL),
    25: Meaning("need_token_confirmation", Action.STOP_TOKEN, Reason.CREDENTIAL),
    27: Meaning("group_auth", Action.CONFIG, Reason.CREDENTIAL),
    28: Meaning("app_auth", Action.CONFIG, Reason.CREDENTIAL),
    29: Meaning("rate_limit", Action.PAUSE_TOKEN, Reason.CREDENTIAL, 1800.0),
    30: Meaning("private_profile", Action.FINAL_ITEM, Reason.PRIVATE),
    36: Meaning("timeout", Action.RETRY, Reason.VK_ERROR),
    37: Meaning("user_banned", Action.FINAL_ITEM, Reason.NOT_FOUND),
    38: Meaning("unknown_application", Action.CONFIG, Reason.CREDENTIAL),
    39: Meaning("unknown_user", Action.FINAL_ITEM, Reason.NOT_FOUND),
    40: Meaning("unknown_group", Action.FINAL_ITEM, Reason.NOT_FOUND),
    42: Meaning("ip_is_not_allowed", Action.CONFIG, Reason.CREDENTIAL),
    43: Meaning("section_disabled", Action.RETRY, Reason.VK_ERROR),
    100: Meaning("param", Action.FINAL_ITEM, Reason.INVALID_LINK),
    103: Meaning("limits", Action.PAUSE_TOKEN, Reason.CREDENTIAL, 1800.0),
    104: Meaning("not_found", Action.FINAL_ITEM, Reason.NOT_FOUND),
    113: Meaning("param_user_id", Action.FINAL_ITEM, Reason.INVALID_LINK),
    125: Meaning("param_group_id", Action.FINAL_ITEM, Reason.INVALID_LINK),
    200: Meaning("access_album", Action.FINAL_ITEM, Reason.PRIVATE),
    203: Meaning("access_group", Action.FINAL_ITEM, Reason.PRIVATE),
    204: Meaning("access_video", Action.FINAL_ITEM, Reason.PRIVATE),
    210: Meaning("wall_access_post", Action.FINAL_ITEM, Reason.PRIVATE),
    212: Meaning("wall_access_replies", Action.FINAL_ITEM, Reason.PRIVATE),
    601: Meaning("weighted_flood", Action.PAUSE_TOKEN, Reason.CREDENTIAL, 1800.0),
    1051: Meaning("profile_type", Action.STOP_TOKEN, Reason.CREDENTIAL),  # of VK ID's tokens; gitroomhq/postiz-app#1408
    1114: Meaning("auth_anonymous_token_has_expired", Action.STOP_TOKEN, Reason.CREDENTIAL),
    1116: Meaning("auth_anonymous_token_is_invalid", Action.STOP_TOKEN, Reason.CREDENTIAL),
    1117: Meaning("auth_access_token_has_expired", Action.STOP_TOKEN, Reason.CREDENTIAL),
    1118: Meaning("auth_anonymous_token_ip_mismatch", Action.STOP_TOKEN, Reason.CREDENTIAL),
    1260: Meaning("invalid_address", Action.FINAL_ITEM, Reason.INVALID_LINK),
    1600: Meaning("story_expired", Action.FINAL_ITEM, Reason.NOT_FOUND),
    3300: Meaning("recaptcha", Action.PAUSE_TOKEN, Reason.CREDENTIAL, 600.0),
    3609: Meaning("token_extension_required", Action.STOP_TOKEN, Reason.CREDENTIAL),
    3610: Meaning("user_deactivated", Action.STOP_TOKEN, Reason.CREDENTIAL),
}
UNKNOWN = Meaning("unknown_code", Action.RETRY, Reason.VK_ERROR)
APPLICATION = Meaning("application", Action.CONFIG, Reason.CREDENTIAL)
NO_RIGHT = Meaning("no_right", Action.STOP_TOKEN, Reason.CREDENTIAL)
PERMISSION, ACCESS_DENIED, NOT_FOR_COMMUNITIES, NOT_FOR_SERVICES, PROFILE_TYPE = 7, 15, 27, 28, 1051
NO_SCOPE, ABOUT_THE_APPLICATION = 1133, 1134  # subcodes of 15; Duff89/parser_avito#267
TOO_BIG = "response size is too big"
# An error 15 without a subcode tells by its words that it is about the method: "no access to call this method", "cannot
# be called with current scopes" (PipedreamHQ/pipedream#4451).
OF_THE_METHOD = re.compile(r"\b(method|scopes?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VkError:
    """An error that VK answered with. Its message and `request_params` are dropped, because they repeat the token."""

    code: int
    subcode: int = 0
    too_big: bool = False  # VK caps the answer of `execute` at 5 MB (negezor/vk-io#447)
    of_the_method: bool = False  # its words are about the method, not about a post

    @property
    def meaning(self) -> Meaning:
        if self.no_right:
            return NO_RIGHT
        if self.code == ACCESS_DENIED and self.subcode == ABOUT_THE_APPLICATION:
            return APPLICATION
        return ERRORS.get(self.code, UNKNOWN)

    @property
    def unknown(self) -> bool:
        return self.code not in ERRORS

    @property
    def no_right(self) -> bool:
        """Whether the token was issued without the right to call the method. This says nothing about the posts."""
        return self.code == ACCESS_DENIED and (
            self.subcode == NO_SCOPE or (self.subcode != ABOUT_THE_APPLICATION and self.of_the_method)
        )

    @property
    def closes_method(self) -> bool:
        """Whether it may concern the token and one method only, so that the token's other calls may go on."""
        return self.no_right or self.code in {PERMISSION, NOT_FOR_SERVICES, PROFILE_TYPE}

    def __str__(self) -> str:
        return f"VK error {self.code} ({self.meaning.name})"


def read_error(given: object) -> VkError:
    """Read an error object. One that makes no sense counts as error 10, VK's own internal error."""
    fields = given if isinstance(given, dict) else {}
    code, subcode = _number(fields.get("error_code"), 10), _number(fields.get("error_subcode"), 0)
    words = str(fields.get("error_msg", ""))
    return VkError(code, subcode, code == 13 and TOO_BIG in words, bool(OF_THE_METHOD.search(words)))


def _number(given: object, otherwise: int) -> int:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 1_000_000 else otherwise
