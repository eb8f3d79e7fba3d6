"""VK: wall posts, videos and clips. With a token they are read by VK's API, without one from VK's pages.

A token travels in the body of a POST only: never in a URL, a log or the database.
"""

from collections.abc import Sequence

from crawler.platforms.contract import Answer, Call, Credential, Reply, Want
from crawler.platforms.vk import api, page, planning
from crawler.platforms.vk.access import SETTINGS, Access, access
from crawler.platforms.vk.advice import ADVICE, ADVICE_RU
from crawler.platforms.vk.links import NAME, canonical, identify, target, wall

__all__ = [
    "ADVICE",
    "ADVICE_RU",
    "NAME",
    "SETTINGS",
    "access",
    "calls",
    "canonical",
    "identify",
    "read",
    "target",
    "useful",
    "wall",
]


def calls(wants: Sequence[Want], access: Access, usable: Sequence[Credential]) -> list[Call]:
    """Plan requests. Pages are read where there is no token; a video's page also where no token may read videos."""
    if not access.credentials:
        return page.calls(wants, access)
    no_videos = len(usable) == len(access.credentials) and not any(map(planning.may_read_videos, usable))
    by_page = [want for want in wants if want.target.kind == "video"] if no_videos else []
    by_token = [want for want in wants if want.target.kind == "wall"] if no_videos else wants
    return planning.calls(by_token, access, usable) + page.calls(by_page, access)


def useful(kind: str) -> bool:
    """Whether a token of this kind reads posts at all."""
    return kind != planning.COMMUNITY


def read(call: Call, reply: Reply) -> Answer:
    return page.read(call, reply) if call.form is None else api.read(call, reply)
