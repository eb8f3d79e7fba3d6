"""What to ask VK to find out what it says to us: which methods a token may call, whether pages can be read. Pure."""

import json
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from crawler.platforms.contract import Answer, Call, Credential, Reply, Target, Want
from crawler.platforms.vk import api, page, planning
from crawler.platforms.vk.access import Access
from crawler.platforms.vk.errors import NOT_FOR_COMMUNITIES, NOT_FOR_SERVICES, VkError, read_error
from crawler.platforms.vk.links import target

EVERYBODYS = "wall-1_340364"  # a post of VK's own community: every token that can read anything can read it
A_VIDEO = "video-1_456239017"  # of the same community; it need not exist, because an empty list is a yes too
EXECUTE = "execute"
WALL_METHOD, VIDEO_METHOD = (planning.METHODS[kind][0] for kind in ("wall", "video"))
METHODS = (WALL_METHOD, VIDEO_METHOD, EXECUTE)


class Source(NamedTuple):
    """A page that may show a post's number."""

    name: str
    call: Call


def of_method(method: str, credential: Credential, access: Access) -> Call:
    """Return a call of one method, whose answer tells whether the token may call it."""
    wanted = target(A_VIDEO if method == VIDEO_METHOD else EVERYBODYS, "")
    form = {"access_token": credential.secret, "v": planning.VERSION} | _parameters(method)
    return Call(((Want(wanted),),), f"{access.api_url}/method/{method}", credential.budget, form)


def _parameters(method: str) -> dict[str, str]:
    if method == VIDEO_METHOD:
        return {"videos": A_VIDEO.removeprefix("video"), "count": "1"}
    posts = {"posts": EVERYBODYS.removeprefix("wall")}
    return posts if method == WALL_METHOD else {"code": f"return [API.{WALL_METHOD}({json.dumps(posts)})];"}


def refusal(reply: Reply) -> VkError | str | None:
    """Say why a probe failed: VK's error, or the text that came in place of an answer. None if it was answered."""
    answer = api.parse(reply)
    if answer is None:
        return f"HTTP {reply.status} without an answer of the API"
    return read_error(answer["error"]) if "error" in answer else None


def kind(refusals: dict[str, VkError | str | None]) -> str:
    """Tell the kind of a token from the answers to its probes."""
    codes = {method: refused.code for method, refused in refusals.items() if isinstance(refused, VkError)}
    if codes.get(WALL_METHOD) == NOT_FOR_COMMUNITIES:
        return planning.COMMUNITY
    if codes.get(EXECUTE) == NOT_FOR_SERVICES:
        return planning.SERVICE
    return planning.USER if refusals.get(EXECUTE) is None else ""


def pages(wanted: Target, access: Access) -> list[Source]:
    """The pages on which a post may stand with its number; a run reads the first of them."""
    names = ("player",) if wanted.kind == "video" else ("desktop page", "mobile page")
    sites = (access,) if wanted.kind == "video" else (access, _mobile(access))
    return [Source(name, page.calls([Want(wanted)], site)[0]) for name, site in zip(names, sites, strict=True) if site]


def _mobile(access: Access) -> Access | None:
    """Return access to the mobile site beside this one; None if we know of none."""
    scheme, host = urlsplit(access.site_url)[:2]
    return replace(access, site_url=f"{scheme}://m.{host}") if f"m.{host}" in access.site else None


def site(access: Access) -> dict[str, Call]:
    """Return, by host, a page of each of VK's hosts that a run may read."""
    wall, video = (target(key, "") for key in (EVERYBODYS, A_VIDEO))
    found = [source.call for wanted in (wall, video) for source in pages(wanted, access)]
    return {urlsplit(call.url).netloc + ("" if call.wants[0].target == wall else " (player)"): call for call in found}


def by_token(wanted: Target, credential: Credential, access: Access) -> Call | None:
    """Return the call that measures this post with this token; None if the token cannot read such posts."""
    planned = planning.calls([Want(wanted)], access, [credential])
    return planned[0] if planned else None


def read(call: Call, reply: Reply) -> Answer:
    return page.read(call, reply) if call.form is None else api.read(call, reply)
