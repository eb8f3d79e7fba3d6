"""One batch with every kind of link and answer that people met: posts under another name, keys, tokens without a right,
a poison post, refusals, cards, and what is no link to a post.
"""

import pytest

from tests.crawler.platforms.cases import LINKS
from tests.end_to_end.test_every_answer import time_flies
from tests.end_to_end.test_main_job import right
from tests.system import free_port, system
from tests.vk_standin import truth
from tests.vk_standin.truth import Fate

pytestmark = pytest.mark.process

OWNER = -41
TOKENS = ("scopeless:no-videos", "vkid:of-vk-id", "vkidless:of-no-use", "user:whole")
KINDS = [
    ("wall", Fate.JOINT),
    ("wall", Fate.MISSING),
    ("wall", Fate.REPLACED),
    ("wall", Fate.NO_VIEWS),
    ("wall", Fate.PAGE_LAYOUT_2025),
    ("wall", Fate.PAGE_DELETED),
    ("wall", Fate.PAGE_CLOSED),
    ("wall", Fate.PAGE_MOBILE),
    ("video", Fate.PAGE_DELETED),
    ("video", Fate.PAGE_CLOSED),
    ("video", Fate.PAGE_SENTENCE),
    ("video", Fate.PAGE_PROCESSING),
    ("video", Fate.CARD_CLOSED),
    ("video", Fate.CARD_DELETED),
    ("video", Fate.CARD_NOT_TO_PLAY),
    ("video", Fate.LINK_ONLY),
]
JOINT, FIRST = Fate.JOINT.value, truth.first_author("wall", OWNER, Fate.JOINT.value)
KEYED = Fate.LINK_ONLY.value
KEY, HASH = truth.key(OWNER, KEYED), truth.embed_hash(OWNER, KEYED)
OPENED = truth.views("video", OWNER, KEYED)
POISON = 5  # fails every call that it is in
SITE = "https://vk.com"


def expected(mode):
    """What each link ends with."""
    posts = {
        f"{SITE}/{kind}{OWNER}_{fate.value}": truth.expected(kind, OWNER, fate.value, mode) for kind, fate in KINDS
    }
    posts |= {f"{SITE}/{kind}{OWNER}_{n}": truth.views(kind, OWNER, n) for kind in ("wall", "video") for n in (1, 2)}
    return posts | {
        f"{SITE}/wall{OWNER}_{POISON}": truth.views("wall", OWNER, POISON) if mode == "page" else "vk_error",
        f"{SITE}/wall{FIRST[0]}_{FIRST[1]}": truth.views("wall", *FIRST),
        f"<{SITE}/videos{OWNER}?z=video{OWNER}_{KEYED}%2F{KEY}>,": OPENED,
        f"//vkvideo.ru/video{OWNER}_{KEYED}?list=ln-another": truth.expected("video", OWNER, KEYED, mode),
        f"{SITE}/video_ext.php?oid={OWNER}&amp;id={KEYED}&amp;hash={HASH}": OPENED if mode == "page" else "not_found",
        f"{SITE}/wall{OWNER}_1 {SITE}/wall{OWNER}_2": "invalid_link",
        f"{SITE}/wall{OWNER}_": "unsupported",
        f"{SITE}/playlist/{OWNER}_3": "unsupported",
    }


@pytest.mark.parametrize("mode", ["api", "page"])
def test_a_batch_that_holds_all_kinds_at_once(mode, tmp_path):
    options = [word for token in TOKENS for word in ("--token", token)]
    tokens = ",".join(token.partition(":")[2] for token in TOKENS) if mode == "api" else ""
    posts = expected(mode)
    port = free_port()
    mobile = f"http://localhost:{port}"  # the stand-in by another name, which is one of VK's own: a setting says so
    options = [*options, "--port", str(port)]
    with system(tmp_path / "views", *options, VK_TOKENS=tokens, VK_VIDEO_URL=mobile) as (running, vk):
        vk.set(mobile=mobile)
        if mode == "api":
            vk.fault(method="execute", status=502, body="<html>")
            for place in ({"method": "wall.getById"}, {"inner": "wall.getById"}):
                vk.fault(**place, code=10, post=f"{OWNER}_{POISON}", times=0)
            vk.fault(method="execute", code=4242)
        with time_flies(running.folder):
            batch = running.submit([*posts, *(case.url for case in LINKS)])
            rows = running.finished(batch, 240)
        check(rows[: len(posts)], posts)
        asked = {entry["host"] for entry in vk.journal() if entry["method"] == "page" and "/wall" in entry["path"]}
        assert asked == (set() if mode == "api" else {f"127.0.0.1:{port}", f"localhost:{port}"})
        if mode == "api":
            wrong = [row["link"] for row, case in zip(rows[len(posts) :], LINKS, strict=True) if not in_api(row, case)]
            assert wrong == []


def check(rows, posts):
    assert {row["link"]: row["reason"] or row["views"] for row in rows} == posts
    by_link = {row["link"]: row for row in rows}
    alias, first = by_link[f"{SITE}/wall{OWNER}_{JOINT}"], by_link[f"{SITE}/wall{FIRST[0]}_{FIRST[1]}"]
    assert (alias["joint_post"], first["joint_post"]) == (first["post"], None)
    assert by_link[f"{SITE}/playlist/{OWNER}_3"]["detail"] == "unsupported_playlist"
    assert len({row["advice"] for row in rows[-3:]}) == 3


def in_api(row, case):
    """A user's token reads videos too."""
    if case.expect == "accept":
        expected = truth.expected(case.kind, case.owner, case.item, "api")
        return (row["reason"] or row["views"]) == expected
    return right(row, case)
