"""`/followed/<id>/missed`: what was missed of a campaign, and why."""

from flask.wrappers import Response

from control.campaigns import campaigns, missed
from control.pages import addresses, frame, placement_words
from control.pages.blueprint import page as make_page
from control.web import open_submissions, page_sessions
from control.web.engine import db
from crawler.store.database import snapshot

ON_A_PAGE = 50  # placements

page = make_page("missed", page_sessions.person)


@page.get("/followed/<id>/missed")
def show_missed(id: str) -> Response:  # noqa: A002 - the route's word
    user_id, cursor = page_sessions.user().user_id, addresses.number("cursor")
    open_submissions.begin(user_id)  # it may look at all placements
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, user_id, id)
        found = missed.page(connection, campaign, cursor, ON_A_PAGE)
    about = placement_words.about(campaign)
    return frame.show("missed.html", campaign=campaign, found=found, cursor=cursor, **about)
