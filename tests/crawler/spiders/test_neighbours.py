"""What one user's links meet delays no link of another."""

from itertools import pairwise

import pytest
from sqlalchemy import select

from crawler.store.models.batches import Link
from crawler.store.models.runs import Budget
from tests.bench import posts, spider
from tests.seed import seed

pytestmark = pytest.mark.process

RATE = 5
CALLS = 8  # of the other user, with 2,500 posts each


@pytest.mark.parametrize("token", ["standin-scopeless", "vk2.a.standin-vkid"])
def test_a_video_that_the_token_has_no_right_to_delays_nobody(engine, database_url, vk, token):
    vk.reset()
    theirs = seed(engine, posts.keys(1, 2500 * CALLS))
    with spider.begin(database_url, vk, theirs, token, RATE) as walls:
        video = seed(engine, ["video-1_936"])
        with spider.begin(database_url, vk, video, token, RATE) as videos:
            assert videos.wait(60) == walls.wait(60) == 0
    with engine.connect() as connection:
        assert {*connection.execute(select(Link.status)).scalars()} == {"done"}
        paused = connection.execute(select(Budget.paused_until, Budget.lacks).where(Budget.key.like("token:%"))).all()
    assert paused == [(0, "video.get")]
    asked = [entry for entry in vk.journal() if entry["token"]]
    assert len(asked) == CALLS + 1, "the video took one slot, and no call was made twice"
    gaps = [later["time"] - earlier["time"] for earlier, later in pairwise(asked)]
    assert max(gaps) < 20 / RATE, "no request waited for more than some slots"
