"""Posts and videos as VK's API shows them (schema of API 5.199)."""

from typing import Any

from tests.vk_standin import truth
from tests.vk_standin.truth import Fate

DATE = 1_760_000_000


def item_of(kind: str, owner: int, item: int) -> dict[str, Any]:
    """Return the post as it stands in an answer."""
    shown = _wall(owner, item) if kind == "wall" else _video(owner, item)
    which = truth.fate(item)
    if which == Fate.NO_VIEWS:
        del shown["views"]
    elif which == Fate.NULL_VIEWS or (which == Fate.NO_COUNT and kind == "video"):
        shown["views"] = None
    elif which == Fate.NO_COUNT:
        shown["views"] = {}
    elif which in truth.NO_COUNTS:
        shown["views"] = {"count": truth.NO_COUNTS[which]} if kind == "wall" else truth.NO_COUNTS[which]
    elif which == Fate.DELETED:
        shown["is_deleted"] = True
    return shown


def _wall(owner: int, item: int) -> dict[str, Any]:
    counts = truth.companions("wall", owner, item)
    return {
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
