"""Posts and videos as VK's API shows them (schema of API 5.199)."""

from time import time
from typing import Any

from tests.vk_standin import growth, truth
from tests.vk_standin.truth import Fate

DATE = 1_760_000_000
CARD = {"duration": 0, "date": 0, "views": 0}  # what is not told of a video that is closed or deleted
CARDS = {
    Fate.CARD_CLOSED: CARD | {"content_restricted": 1, "content_restricted_message": "Видео доступно только друзьям"},
    Fate.CARD_DELETED: CARD | {"content_restricted": 1, "content_restricted_message": "Видео удалено"},
    Fate.CARD_NOT_TO_PLAY: CARD | {"restriction": {"title": "18+", "can_play": 0}},
}


def item_of(kind: str, owner: int, item: int) -> dict[str, Any]:
    """Return the post as it stands in an answer."""
    shown = _wall(*truth.first_author(kind, owner, item)) if kind == "wall" else _video(owner, item)
    which = truth.fate(item)
    if which == Fate.NO_VIEWS:
        del shown["views"]
    elif which == Fate.NULL_VIEWS or (which == Fate.NO_COUNT and kind == "video"):
        shown["views"] = None
    elif which == Fate.NO_COUNT:
        shown["views"] = {}
    elif which in truth.NO_COUNTS:
        shown["views"] = {"count": truth.NO_COUNTS[which]} if kind == "wall" else truth.NO_COUNTS[which]
    elif which == Fate.JOINT and kind == "wall":
        shown["coowners"] = _coowners(owner, item, shown["owner_id"])
    elif which == Fate.DELETED:
        shown["is_deleted"] = True
    elif which in CARDS and kind == "video":
        shown |= CARDS[which]
    return shown


def _coowners(owner: int, item: int, first: int) -> dict[str, Any]:
    """Name the number that was asked: found on live answers of 2026-09."""
    alias = {"owner_id": owner, "post_id": item}
    authors = [{"owner_id": first}, {"owner_id": owner}]
    return {"is_owner": False, "is_coowner": False, "coowner_post_id": alias, "list": authors}


def _wall(owner: int, item: int) -> dict[str, Any]:
    counts = truth.companions("wall", owner, item)
    shown = {
        "inner_type": "wall_wallpost",
        "id": item,
        "owner_id": owner,
        "from_id": owner,
        "date": DATE,
        "post_type": "post",
        "text": 'Скидка 50%! "Только сегодня" ]} </script>',
        "attachments": [],
        "comments": {"count": counts["comments"], "can_post": 1, "groups_can_post": True},
        "likes": {"can_like": 1, "count": counts["likes"], "user_likes": 0, "can_publish": 1},
        "reposts": {"count": counts["reposts"], "user_reposted": 0},
        "views": {"count": truth.views("wall", owner, item)},
        "copy_history": [
            {
                "inner_type": "wall_wallpost",
                "id": item + 1,
                "owner_id": owner,
                "from_id": owner,
                "date": DATE,
                "text": "",
                "post_type": "post",
                "views": {"count": 1},
            }
        ],
    }
    post = growth.of(owner, item)
    return shown | _lived(post, time()) if post else shown


def _lived(post: growth.Post, moment: float) -> dict[str, Any]:
    """Return what is said of a post that changes with time."""
    edited_at = growth.edited_at(post, moment)
    said = {"date": post.published_at, "text": growth.text(post, moment)}
    return said | ({"edited": edited_at} if edited_at else {})


def _video(owner: int, item: int) -> dict[str, Any]:
    counts = truth.companions("video", owner, item)
    return {
        "id": item,
        "owner_id": owner,
        "title": "Ролик",
        "description": "",
        "duration": 15,
        "date": DATE,
        "type": "video",
        "comments": counts["comments"],
        "likes": {"count": counts["likes"], "user_likes": 0},
        "reposts": {"count": counts["reposts"], "user_reposted": 0},
        "local_views": 3,
        "views": truth.views("video", owner, item),
    }
