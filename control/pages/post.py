"""`/checks/<id>/<position>`: a post of a check: its curve, its views at ages, and every reading with its evidence."""

from typing import Any

from flask.wrappers import Response

from control.batches import link_rows, progress
from control.batches.progress import own
from control.pages import check_words, frame, post_history
from control.pages.blueprint import page as make_page
from control.reports import history, link_flags
from control.reports.flags import ReadingFlag
from control.times import DAY_SECONDS
from control.web import page_sessions
from control.web.engine import db
from crawler.platforms import address
from crawler.platforms.advice import advice
from crawler.store.database import snapshot

AGES = (3600, DAY_SECONDS, 7 * DAY_SECONDS, 30 * DAY_SECONDS)

page = make_page("post", page_sessions.person)


@page.get("/checks/<id>/<int(max=1000000):position>")
def show_post(id: str, position: int) -> Response:  # noqa: A002 - the route's word
    user_id, given = page_sessions.user().user_id, {**post_history.nothing(), "gone": False}
    with snapshot(db.engine) as connection:
        batch_id = own(connection, user_id, id)
        batch, link = progress.read(connection, batch_id), link_rows.one(connection, batch_id, position)
        if link.key:
            given = post_history.read(connection, history.of_link(connection, user_id, batch_id, position), AGES)
            given["gone"] = ReadingFlag.GONE in link_flags.read(connection, user_id, [link.link_id]).get(
                link.link_id, ()
            )
    language: Any = frame.language()
    return frame.show(
        "post.html",
        batch=batch,
        name=check_words.name_of(batch),
        link=link,
        post_address=address(link.platform, link.key),
        advice=lambda: advice(link.platform, link.reason, link.detail, language),
        **given,
    )
