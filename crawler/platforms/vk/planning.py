"""The fewest requests to VK's API for what is wanted (https://dev.vk.com/ru/api/api-requests)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from crawler.platforms.contract import Call, Credential, Target, Want
from crawler.platforms.vk.access import Access

VERSION = "5.199"  # the last public one
INNER_CALLS = 25  # of one execute
METHODS = {  # by kind of post: the method, its parameter, and how many ids one call takes
    "wall": ("wall.getById", "posts", 100),
    "video": ("video.get", "videos", 200),
}
WITH_OWNERS: dict[str, str | int] = {"extended": 1, "fields": "members_count"}  # their names come in the same answer
SERVICE, COMMUNITY, USER = "service", "community", "user"
VIDEO_METHOD = METHODS["video"][0]

Group = tuple[Want, ...]


def calls(wants: Sequence[Want], access: Access, usable: Sequence[Credential]) -> list[Call]:
    """Spread the wants over the credentials. Only a user's token reads videos and carries many calls in one `execute`.

    A credential of unknown kind gets only one call, whose answer will tell its kind.
    """
    planned: list[Call] = []
    free = [credential for credential in usable if credential.kind != COMMUNITY]
    for company in _companies(wants):
        calls = _spread(company, free, access)
        turn = len(calls) % len(free) if free else 0
        asked = {call.budget for call in calls}
        free = [each for each in free[turn:] + free[:turn] if each.kind or each.budget not in asked]
        planned += calls
    return planned


def _companies(wants: Sequence[Want]) -> Iterator[list[Want]]:
    """Yield the wants that may share a call: first all that never failed together, then the smaller companies."""
    careful: dict[tuple[Any, ...], list[Want]] = defaultdict(list)
    free = []
    for want in wants:
        if want.company or want.avoids:
            careful[want.target.kind, want.company, want.failed, want.avoids].append(want)
        else:
            free.append(want)
    if free:
        yield free
    for same in careful.values():
        size = same[0].company or len(same)
        yield from (same[start : start + size] for start in range(0, len(same), size))


def _spread(company: list[Want], usable: Sequence[Credential], access: Access) -> list[Call]:
    """Plan calls with the credentials that the company does not avoid, in turn. If none of these can, use all."""
    others = [credential for credential in usable if credential.budget not in company[0].avoids]
    return _in_turn(company, others, access) or (_in_turn(company, usable, access) if company[0].avoids else [])


def _in_turn(company: list[Want], usable: Sequence[Credential], access: Access) -> list[Call]:
    walls, videos = _groups(company, "wall"), _groups(company, "video")
    planned: list[Call] = []
    open_, plain = list(usable), _is_plain(company[0])
    while open_ and (walls or videos):
        for credential in list(open_):
            taken = _take(credential, walls, videos, plain)
            if taken:
                planned.append(_call(credential, taken, access, plain))
            if not taken or not credential.kind:
                open_.remove(credential)
    return planned


def _is_plain(want: Want) -> bool:
    """Whether to ask without `execute`, which fails for some posts where plain calls work (python273/vk_api#397)."""
    return want.failed > 1 and 0 < want.company <= METHODS[want.target.kind][2]


def may_read_videos(credential: Credential) -> bool:
    """Whether to try. A credential of unknown kind is tried, and its first answer tells."""
    return credential.kind != SERVICE and VIDEO_METHOD not in credential.lacks


def _groups(wants: Sequence[Want], kind: str) -> list[Group]:
    """Cut the wants of a kind into inner calls. A post with two access keys needs two of them, because an item in an
    answer does not tell which key it is for.
    """
    largest = METHODS[kind][2]
    sorted_: dict[tuple[int, int, bool], list[Want]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for want in wants:
        if want.target.kind == kind:
            seen[want.target.key] += 1
            size = min(want.together or largest, largest)
            sorted_[seen[want.target.key], size, want.failed > 0].append(want)
    return [
        tuple(same[start : start + size])
        for (_, size, _), same in sorted_.items()
        for start in range(0, len(same), size)
    ]


def _take(credential: Credential, walls: list[Group], videos: list[Group], plain: bool) -> list[Group]:
    """Take the groups of one call off the lists."""
    if credential.kind == SERVICE or (plain and walls):
        return _within(credential.most, walls, 1)
    if plain:
        return _within(credential.most, videos, 1) if may_read_videos(credential) else []
    taken = _within(credential.most, walls, INNER_CALLS)
    if not may_read_videos(credential):
        return taken
    room = credential.most and max(0, credential.most - sum(map(len, taken)))
    if len(taken) < INNER_CALLS and not (credential.most and not room):
        taken += _within(room, videos, INNER_CALLS - len(taken))
    return taken


def _within(most: int, groups: list[Group], count: int) -> list[Group]:
    """Take up to `count` groups that together hold up to `most` wants; the last group is cut to fit."""
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


def _call(credential: Credential, groups: list[Group], access: Access, plain: bool) -> Call:
    form = {"access_token": credential.secret, "v": VERSION}
    if credential.kind == SERVICE or plain:
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
    if method == "wall.getById":
        parameters |= WITH_OWNERS
    if method == "video.get":
        parameters["count"] = len(group)  # VK's default is 100
    return method, parameters


def _script(group: Group) -> str:
    method, parameters = _inner(group)
    return f"API.{method}({json.dumps(parameters, separators=(',', ':'))})"


def _name(target: Target) -> str:
    key = f"_{target.access_key}" if target.access_key else ""
    return f"{target.owner}_{target.item}{key}"
