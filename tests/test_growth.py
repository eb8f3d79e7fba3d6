"""The stand-in's posts that live: each shape by a table, and what holds for all of them."""

from itertools import pairwise

import pytest

from tests.vk_standin import growth
from tests.vk_standin.growth import DAY, HOUR, MONTH, Shape

OWNER = -growth.WALLS[0]
POSTS = [growth.of(OWNER, item) for item in range(1, 701)]
MOMENTS = [MONTH - 3 * DAY + hour * HOUR for hour in range(0, 40 * 24, 7)]


def of_shape(shape):
    return [post for post in POSTS if post.shape == shape]


@pytest.mark.parametrize("shape", Shape)
def test_a_counter_begins_with_nothing_and_falls_only_where_it_has_to(shape):
    for post in of_shape(shape):
        counts = [growth.views(post, moment) for moment in MOMENTS]
        assert growth.views(post, post.published_at) == 0
        assert counts[-1] > 0
        falls = [late for early, late in pairwise(MOMENTS) if growth.views(post, late) < growth.views(post, early)]
        assert not falls or (shape == Shape.FALL and len(falls) == 1)
        assert all(0 <= count <= post.total for count in counts)


def test_steps_stand_still_for_hours_and_nights_are_slow():
    post = growth.Post(Shape.STEPS, MONTH, MONTH, 1000, float(DAY), 0.7, "")
    assert len({growth.views(post, MONTH + 5 * DAY + minute * 60) for minute in range(120)}) <= 2
    night, day = post._replace(shape=Shape.NIGHTS, published_at=MONTH - 2 * DAY), MONTH + DAY

    def gained(post, begin, hours):
        return growth.views(post, begin + hours * HOUR) - growth.views(post, begin)

    assert gained(night._replace(total=10**6), day + HOUR, 7) < 0.5 * gained(
        night._replace(total=10**6), day + 9 * HOUR, 7
    )


@pytest.mark.parametrize(
    ("shape", "age", "there"),
    [
        (Shape.SATURATING, -1, False),
        (Shape.SATURATING, 0, True),
        (Shape.DELETED, 5 * HOUR - 1, True),
        (Shape.DELETED, 5 * HOUR, False),
        (Shape.DELETED, 99 * DAY, False),
        (Shape.RESTORED, 5 * HOUR, False),
        (Shape.RESTORED, 5 * HOUR + 2 * DAY, True),
        (Shape.FALL, 5 * HOUR, True),
    ],
)
def test_when_it_is_shown(shape, age, there):
    post = growth.Post(shape, MONTH, MONTH + 5 * HOUR, 1000, float(DAY), 0.7, "")
    assert growth.is_there(post, MONTH + age) == there


def test_a_fall_takes_a_fifth_off_at_its_turn_and_both_sides_are_known():
    post = growth.Post(Shape.FALL, MONTH, MONTH + DAY, 100_000, float(DAY), 0.7, "")
    before, after = growth.views(post, post.turn - 0.001), growth.views(post, post.turn)
    assert after == before - before // 5
    assert growth.falls_within(post, post.turn - 1, post.turn)
    assert list(growth.within(post, post.turn - HOUR, post.turn + HOUR)) == [
        (growth.views(post, post.turn - HOUR), before),
        (after, growth.views(post, post.turn + HOUR)),
    ]
    assert len(list(growth.within(post, post.turn, post.turn + HOUR))) == 1


def test_an_edit_is_said_and_takes_the_erid_off():
    post = growth.Post(Shape.EDITED, MONTH, MONTH + DAY, 1000, float(DAY), 0.7, "2SDnje000001")
    assert growth.edited_at(post, post.turn - 1) is None
    assert "2SDnje000001" in growth.text(post, post.turn - 1)
    assert growth.edited_at(post, post.turn) == post.turn
    assert "2SDnje" not in growth.text(post, post.turn)


def test_every_shape_and_many_ages_are_there_and_other_walls_stay_as_they_were():
    assert {post.shape for post in POSTS} == set(Shape)
    assert min(post.published_at for post in POSTS) < MONTH < max(post.published_at for post in POSTS)
    assert growth.of(-1, 1) is None
    assert growth.of(growth.WALLS[0], 1) is None
