"""`/reports`: the months of all campaigns, and how far each is."""

from flask import request
from flask.wrappers import Response

from control.campaigns import campaigns, month_list
from control.pages import frame, month_words
from control.pages.blueprint import page as make_page
from control.web import page_sessions
from control.web.engine import db
from crawler.store.database import snapshot

ON_A_PAGE = 20  # campaigns

page = make_page("reports", page_sessions.person)


@page.get("/reports")
def show_reports() -> Response:
    user_id = page_sessions.user().user_id
    found, cursor = campaigns.page(db.engine, user_id, request.args.get("cursor"), ON_A_PAGE)
    with snapshot(db.engine) as connection:
        months = [(campaign, month_list.read(connection, campaign)[::-1]) for campaign in found]
    first, name_of = "cursor" not in request.args, month_words.name_of
    return frame.show("reports.html", months=months, cursor=cursor, first=first, name_of=name_of)
