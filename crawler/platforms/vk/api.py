"""VK's API: the fewest requests for what is wanted, and what its answers say (https://dev.vk.com/ru/api/api-requests)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from crawler.platforms.contract import (
    Again,
    Answer,
    Call,
    Credential,
    Gone,
    Outcome,
    Pause,
    Refused,
    Reply,
    Target,
    Want,
)
from crawler.platforms.vk.access import Access
from crawler.platforms.vk.errors import Action, VkError, read_error
from crawler.platforms.vk.items import items_of, outcomes
from crawler.reasons import Reason

VERSION = "5.199"  # the last public one
INNER_CALLS = 25  # of one execute
METHODS = {  # kind of post: method, parameter, ids a call
    "wall": ("wall.getById", "posts", 100),
    "video": ("video.get", "videos", 200),
}
PAUSES = {9: 60.0, 14: 600.0, 3300: 600.0, 29: 1800.0, 103: 1800.0, 601: 1800.0}  # seconds, by error
CONFIG_PAUSE = 300.0
SERVICE, COMMUNITY, USER = "service", "community", "user"
NOT_FOR_COMMUNITIES = 27  # negezor/vk-io#177
NOT_FOR_SERVICES = 28  # negezor/vk-io#18
TOO_MANY, TIMEOUT = 6, 36

Group = tuple[Want, ...]


def calls(wants: Sequence[Want], access: Access, usable: Sequence[Credential]) -> list[Call]:
    """Spread the wants over the credentials. A user's token carries 25 calls in one `execute`, and alone reads videos.

    Of a credential whose kind is not known yet only one call is made: its answer tells.
    """
    walls, videos = _groups(wants, "wall"), _groups(wants, "video")
    planned: list[Call] = []
    open_ = [credential for credential in usable if credential.kind != COMMUNITY]
    while open_ and (walls or videos):
        for credential in list(open_):
            taken = _take(credential, walls, videos)
            if taken:
                planned.append(_call(credential, taken, access))
            if not taken or not credential.kind:
                open_.remove(credential)
    return planned


def _groups(wants: Sequence[Want], kind: str) -> list[Group]:
    """Cut the wants of a kind into inner calls. One post with two access keys is asked in two of them: an answer's
    item does not tell which key it was for.
    """
    largest = METHODS[kind][2]
    sorted_: dict[tuple[int, int], list[Want]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for want in wants:
        if want.target.kind == kind:
            seen[want.target.key] += 1
            sorted_[seen[want.target.key], min(want.together or largest, largest)].append(want)
    return [
        tuple(same[start : start + size]) for (_, size), same in sorted_.items() for start in range(0, len(same), size)
    ]


def _take(credential: Credential, walls: list[Group], videos: list[Group]) -> list[Group]:
    """Take the groups of one call off the lists."""
    if credential.kind == SERVICE:
        return _within(credential.most, walls, 1)
    taken = _within(credential.most, walls, INNER_CALLS)
    room = credential.most and max(0, credential.most - sum(map(len, taken)))
    if len(taken) < INNER_CALLS and not (credential.most and not room):
        taken += _within(room, videos, INNER_CALLS - len(taken))
    return taken


def _within(most: int, groups: list[Group], count: int) -> list[Group]:
    """Take up to `count` groups that hold up to `most` wants together; the last is cut to fit."""
    taken: list[Group] = []
    room = most
    while groups and len(taken) < count and not (most and not room):
        group = groups.pop(0)
        if most and len(group) > room:
            groups.insert(0, group[room:])
            group = group[:room]
        taken.append(group)
        room -= len(group)
    return taken


def _call(credential: Credential, groups: list[Group], access: Access) -> Call:
    form = {"access_token": credential.secret, "v": VERSION}
    if credential.kind == SERVICE:
        method, parameters = _inner(groups[0])
        form |= {name: str(value) for name, value in parameters.items()}
    else:
        method = "execute"
        form["code"] = f"return [{','.join(_script(group) for group in groups)}];"
    url = f"{access.api_url}/method/{method}"
    return Call(tuple(groups), url, credential.budget, form, probe=not credential.kind)


def _inner(group: Group) -> tuple[str, dict[str, str | int]]:
    method, parameter, _ = METHODS[group[0].target.kind]
    parameters: dict[str, str | int] = {parameter: ",".join(_name(want.target) for want in group)}
    if method == "video.get":
        parameters["count"] = len(group)  # 100 unless sent
    return method, parameters


def _script(group: Group) -> str:
    method, parameters = _inner(group)
    return f"API.{method}({json.dumps(parameters, separators=(',', ':'))})"


def _name(target: Target) -> str:
    key = f"_{target.access_key}" if target.access_key else ""
    return f"{target.owner}_{target.item}{key}"


def read(call: Call, reply: Reply) -> Answer:
    """Read the answer to one of our calls. Total: VK's answers are not trusted."""
    answer = _parse(reply)
    if answer is None:
        trouble = Pause(1.0, "HTTP 429") if reply.status == 429 else None
        detail = f"HTTP {reply.status} without an answer of the API"
        code = "unreadable" if reply.status == 200 else ""
        return Answer(_again(call.wants, Reason.VK_ERROR, detail, charged=True), trouble=trouble, code=code)
    if "error" in answer:
        error = read_error(answer["error"])
        return replace(_refused(call, error), code=_code(error))
    if call.url.endswith("/execute"):
        return _read_execute(call, answer)
    return Answer(_read_group(call.groups[0], answer["response"]))


def _parse(reply: Reply) -> dict[str, Any] | None:
    """Return the answer if it is one: a JSON object with either `response` or `error`."""
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
    if call.probe and error.code == NOT_FOR_SERVICES:
        return Answer(_again(call.wants, Reason.CREDENTIAL, str(error)), kind=SERVICE)
    if (error.too_big or error.code == TIMEOUT) and len(call.wants) > 1:
        again = _again(call.wants, Reason.VK_ERROR, str(error), charged=error.code == TIMEOUT)
        return Answer(again, most=len(call.wants) // 2)
    about_the_posts = not call.url.endswith("/execute")
    return Answer(_failed_group(call.groups, error, about_the_posts), trouble=_trouble(error, about_the_posts))


def _read_execute(call: Call, answer: dict[str, Any]) -> Answer:
    """Pair parts and errors with the inner calls, by order: a failed one has `false` in its place."""
    parts, given = answer["response"], answer.get("execute_errors")
    if not isinstance(parts, list) or len(parts) != len(call.groups):
        return Answer(
            _again(call.wants, Reason.BAD_RESPONSE, "execute answered something else", charged=True), code="unreadable"
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
    """Add a failed inner call to an answer, which goes by the name of its first error."""
    answer.outcomes.update(_failed_group((group,), error, about_the_posts=True))
    code = answer.code or _code(error)
    if error.code == NOT_FOR_COMMUNITIES:
        why = f"{error}: it is a community's token, which reads no posts"
        return replace(answer, kind=COMMUNITY, trouble=Refused(why), code=code)
    return replace(answer, trouble=answer.trouble or _trouble(error, about_the_posts=True), code=code)


def _failed_group(groups: Sequence[Group], error: VkError, about_the_posts: bool) -> dict[Target, Outcome]:
    action, reason = error.meaning.action, error.meaning.reason
    wants = [want for group in groups for want in group]
    if action == Action.RETRY and error.code != TOO_MANY:
        return _again(wants, reason, str(error), charged=True)
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
        return Pause(PAUSES[error.code], str(error))
    if action == Action.STOP_TOKEN:
        return Refused(f"{error}: replace the token")
    if action == Action.CONFIG or (action == Action.FINAL_ITEM and not about_the_posts):
        return Pause(CONFIG_PAUSE, f"{error}: our requests or the token's application are set up wrong")
    return None


def _read_group(group: Group, response: object) -> dict[Target, Outcome]:
    items = items_of(response)
    if items is None:
        return _again(group, Reason.BAD_RESPONSE, "the answer holds no list", charged=True)
    return outcomes(group, items, f"{METHODS[group[0].target.kind][0]} {VERSION}")


def _again(wants: Sequence[Want], reason: Reason, detail: str, *, charged: bool = False) -> dict[Target, Outcome]:
    return {want.target: Again(want, reason, detail, charged) for want in wants}
