"""What the answers of VK's API say (https://dev.vk.com/ru/reference/errors)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from crawler.platforms.contract import (
    Again,
    Answer,
    Call,
    Gone,
    Outcome,
    Pause,
    Refused,
    Reply,
    Target,
    Want,
)
from crawler.platforms.vk.about import owners_of
from crawler.platforms.vk.errors import NOT_FOR_COMMUNITIES, NOT_FOR_SERVICES, Action, VkError, read_error
from crawler.platforms.vk.items import items_of, outcomes
from crawler.platforms.vk.planning import COMMUNITY, METHODS, SERVICE, USER, VERSION, VIDEO_METHOD, Group
from crawler.reasons import Reason

TOO_MANY, TIMEOUT, SECTION_DISABLED = 6, 36, 43
SMALL = 100  # targets in a call: if so few time out, their number is not the cause


def read(call: Call, reply: Reply) -> Answer:
    """Read the answer to one of our calls. It never raises, because VK's answers are not trusted."""
    answer = parse(reply)
    if answer is None:
        trouble = Pause(1.0, "HTTP 429") if reply.status == 429 else None
        detail = f"HTTP {reply.status} without an answer of the API"
        code = "unreadable" if reply.status == 200 else ""
        failed = _again if trouble else _shared
        return Answer(failed(call.wants, Reason.VK_ERROR, detail, charged=True), trouble=trouble, code=code)
    if "error" in answer:
        error = read_error(answer["error"])
        return replace(_refused(call, error), code=_code(error))
    if call.url.endswith("/execute"):
        return _read_execute(call, answer)
    return Answer(_read_group(call.groups[0], answer["response"]))


def parse(reply: Reply) -> dict[str, Any] | None:
    """Return the answer if it is a JSON object with either `response` or `error`, else None."""
    if reply.status != 200:
        return None
    try:
        answer = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    right = isinstance(answer, dict) and ("response" in answer) != ("error" in answer)
    return answer if right else None


def _refused(call: Call, error: VkError) -> Answer:
    """Read an error in place of the whole answer."""
    method = call.url.rpartition("/")[2]
    if method == VIDEO_METHOD and error.closes_method:
        return Answer(_again(call.wants, Reason.CREDENTIAL, str(error)), lacks=method)
    if call.probe and error.code == NOT_FOR_SERVICES:
        return Answer(_again(call.wants, Reason.CREDENTIAL, str(error)), kind=SERVICE)
    if error.too_big and call.size > 1:
        return Answer(_again(call.wants, Reason.VK_ERROR, str(error)), most=call.size // 2)
    if error.code == TIMEOUT and call.size > SMALL:
        return Answer(_failed_group(call.groups, error, False), most=max(SMALL, call.size // 2))
    about_the_posts = method != "execute"
    return Answer(_failed_group(call.groups, error, about_the_posts), trouble=_trouble(error, about_the_posts))


def _read_execute(call: Call, answer: dict[str, Any]) -> Answer:
    """Pair parts and errors with the inner calls, which have the same order. The part of a failed call is `false`."""
    parts, given = answer["response"], answer.get("execute_errors")
    if not isinstance(parts, list) or len(parts) != len(call.groups):
        return Answer(
            _shared(call.wants, Reason.BAD_RESPONSE, "execute answered something else", charged=True), code="unreadable"
        )
    errors: Iterator[object] = iter(given if isinstance(given, list) else [])
    result = Answer({}, kind=USER if call.probe else "")
    for group, part in zip(call.groups, parts, strict=True):
        if part is False:
            result = _with_error(result, group, read_error(next(errors, None)))
        else:
            result.outcomes.update(_read_group(group, part))
    return result


def _with_error(answer: Answer, group: Group, error: VkError) -> Answer:
    """Add a failed inner call to an answer. The answer is named after its first error, or after an unknown one."""
    code = _code(error) if error.unknown else answer.code or _code(error)
    method = METHODS[group[0].target.kind][0]
    if method == VIDEO_METHOD and error.closes_method:
        answer.outcomes.update(_again(group, Reason.CREDENTIAL, str(error)))
        return replace(answer, lacks=method, code=code)
    answer.outcomes.update(_failed_group((group,), error, about_the_posts=True))
    if error.code == NOT_FOR_COMMUNITIES:
        why = f"{error}: it is a community's token, which reads no posts"
        return replace(answer, kind=COMMUNITY, trouble=Refused(why), code=code)
    return replace(answer, trouble=answer.trouble or _trouble(error, about_the_posts=True), code=code)


def _failed_group(groups: Sequence[Group], error: VkError, about_the_posts: bool) -> dict[Target, Outcome]:
    action, reason = error.meaning.action, error.meaning.reason
    wants = [want for group in groups for want in group]
    if error.code == SECTION_DISABLED:
        return _again(wants, reason, str(error), charged=True)
    if action == Action.RETRY and error.code != TOO_MANY:
        return _shared(wants, reason, str(error), charged=True, elsewhere=error.unknown)
    if action != Action.FINAL_ITEM or not about_the_posts:
        return _again(wants, reason, str(error))
    if len(wants) == 1:
        return {wants[0].target: Gone(reason, str(error))}
    halves = [want._replace(together=max(1, len(wants) // 2)) for want in wants]
    return _again(halves, reason, str(error))


def _code(error: VkError) -> str:
    return f"vk {error.code}"


def _trouble(error: VkError, about_the_posts: bool) -> Pause | Refused | None:
    action = error.meaning.action
    if error.code == TOO_MANY:
        return Pause(1.0, str(error))
    if action == Action.PAUSE_TOKEN:
        return Pause(error.meaning.seconds, str(error))
    if action == Action.STOP_TOKEN:
        return Refused(f"{error}: replace the token")
    if action == Action.CONFIG or (action == Action.FINAL_ITEM and not about_the_posts):
        return Pause(error.meaning.seconds, f"{error}: our requests or the token's application are set up wrong")
    return None


def _read_group(group: Group, response: object) -> dict[Target, Outcome]:
    items = items_of(response)
    if items is None:
        return _shared(group, Reason.BAD_RESPONSE, "the answer holds no list", charged=True)
    return outcomes(group, items, f"{METHODS[group[0].target.kind][0]} {VERSION}", owners_of(response))


def _again(wants: Sequence[Want], reason: Reason, detail: str, *, charged: bool = False) -> dict[Target, Outcome]:
    return {want.target: Again(want, reason, detail, charged) for want in wants}


def _shared(
    wants: Sequence[Want], reason: Reason, detail: str, *, charged: bool, elsewhere: bool = False
) -> dict[Target, Outcome]:
    """Ask all of them again: they failed together, and one of them may be to blame."""
    together = len(wants)
    return {want.target: Again(want, reason, detail, charged, shared=together, elsewhere=elsewhere) for want in wants}
