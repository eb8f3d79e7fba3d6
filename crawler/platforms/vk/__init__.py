"""VK: wall posts, videos and clips, by its API with tokens and by its pages without.

A token travels in the body of a POST only: never in a URL, a log or the database.
"""

from collections.abc import Sequence

from crawler.platforms.contract import Answer, Call, Credential, Reply, Want
from crawler.platforms.vk import api, page
from crawler.platforms.vk.access import SETTINGS, Access, access
from crawler.platforms.vk.links import ADVICE, NAME, canonical, identify, target

__all__ = ["ADVICE", "NAME", "SETTINGS", "access", "calls", "canonical", "identify", "read", "target", "useful"]


def calls(wants: Sequence[Want], access: Access, usable: Sequence[Credential]) -> list[Call]:
    """Plan requests: by token, or by page where there is no token, or none of a kind that may read videos."""
    if not access.credentials:
        return page.calls(wants, access)
    only_service = len(usable) == len(access.credentials) and {token.kind for token in usable} == {api.SERVICE}
    by_page = [want for want in wants if want.target.kind == "video"] if only_service else []
    by_token = [want for want in wants if want.target.kind == "wall"] if only_service else wants
    return api.calls(by_token, access, usable) + page.calls(by_page, access)


def useful(kind: str) -> bool:
    """Whether a token of this kind reads posts at all."""
    return kind != api.COMMUNITY


def read(call: Call, reply: Reply) -> Answer:
    return page.read(call, reply) if call.form is None else api.read(call, reply)
