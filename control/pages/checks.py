"""`/checks`: hand links in, and all one's checks (batches) with how far they are."""

from hashlib import sha256
from re import fullmatch
from urllib.parse import urlencode
from uuid import uuid4

from flask import redirect, request
from flask.wrappers import Response
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from control import times
from control.batches import pasted, progress, quota, submission
from control.batches.idempotency import Key
from control.batches.names import LONGEST, Name
from control.errors import ApiError, QuotaExceeded, StorageFull
from control.monitoring import platform_tokens
from control.pages import check_words, frame, upload
from control.pages.blueprint import page as make_page
from control.pages.forms import Form, sent
from control.web import open_submissions, page_sessions, problems, rate_limits
from control.web.engine import db
from control.web.settings import settings
from crawler.spreadsheets.reading.limits import MOST_OF_A_FILE
from crawler.store.database import reading

SPANS = ("1h", "24h", "7d")
USUAL_SPAN = "24h"
ON_A_PAGE = 20
EXAMPLE = (  # posts of VK's own and of well-known communities, so that there will be numbers
    "https://vk.com/wall-1_340364",
    "https://vk.com/wall-23538238_35",
    "https://vkvideo.ru/video-18403220_456239696",
)
NAME: TypeAdapter[str] = TypeAdapter(Name)

page = make_page("checks", page_sessions.person, takes_links=True, takes_files=True)


@page.before_request
def take_turn() -> None:
    """Let a user hand in one list after the other, and only so many."""
    if request.method == "POST":
        user_id = page_sessions.user().user_id
        rate_limits.take(rate_limits.SUBMISSIONS, user_id)
        rate_limits.take(rate_limits.LINKS, user_id, 0)
        open_submissions.begin(user_id)


@page.get("/checks")
def show_checks() -> Response:
    links = "\n".join(EXAMPLE) if "example" in request.args else ""
    return _shown(Form({"deadline": USUAL_SPAN, "links": links}))


@page.post("/checks")
def create_check() -> AnyResponse:
    form = sent("links", "name", "deadline", "max_age", "key", "first")
    file = request.files.get("file")
    if file and file.filename:
        return _take_file(form, file)
    links = pasted.links(form["links"])
    if form["first"].isdecimal():
        links = links[: int(form["first"][:9])]
    try:
        name = NAME.validate_python(form["name"].strip())
        submission.check_number(len(links))
        public_id = _submit(form, links, name)
    except ValidationError:
        return _shown(form.wrong("name", "checks.refused.name", most=LONGEST))
    except ApiError as error:
        return _refused(form, links, error)
    except OperationalError as error:
        trouble = problems.of_database(error)
        if not isinstance(trouble, StorageFull):
            raise
        return _refused(form, links, trouble)
    page_sessions.leave_message("checks.said.made", n=len(links))
    return redirect(f"/checks/{public_id}", 303)


def _take_file(form: Form, file: FileStorage) -> AnyResponse:
    """Keep a file that was sent, and go on to what is understood of it."""
    if form["links"].strip():
        return _shown(form.wrong("file", "checks.refused.both"))
    try:
        name = NAME.validate_python(form["name"].strip())
        public_id = upload.take(file, form["key"])
    except ValidationError:
        return _shown(form.wrong("name", "checks.refused.name", most=LONGEST))
    except ApiError as error:
        return _shown(upload.refused(form, error, "file"))
    query = urlencode({"name": name, "deadline": form["deadline"], "max_age": form["max_age"]})
    return redirect(f"/checks/files/{public_id}?{query}", 303)


def _submit(form: Form, links: list[str], name: str) -> str:
    """Store the links; the same form sent twice makes one check. Return its id."""
    user_id = page_sessions.user().user_id
    rate_limits.take_links(user_id, links)
    deadline, max_age = span(form["deadline"]), span(form["max_age"])
    batch = submission.new_batch(user_id, settings(), None, deadline=deadline, name=name)
    sent_once = key(form["key"], name, form["max_age"], *links)
    receipt, _ = submission.submit(db.engine, settings(), batch, links, sent_once, max_age=max_age)
    return receipt.batch_id


def span(text: str) -> float | None:
    """Read one of those to choose from; anything else is none."""
    return times.seconds(text) if text in SPANS else None


def key(text: str, *content: str) -> Key:
    """Name what a form asks for. Sent again after something was changed in it, it asks for something else."""
    digest = sha256("\0".join(content).encode(errors="backslashreplace")).hexdigest()
    return Key(f"page-{text if fullmatch('[0-9a-f]{32}', text) else uuid4().hex}-{digest[:32]}", digest)


def _refused(form: Form, links: list[str], error: ApiError) -> Response:
    if isinstance(error, QuotaExceeded):
        room = _room()
        left = frame.context()["span"](int(error.headers["Retry-After"]))
        form.wrong("links", "checks.refused.quota", 429, n=room, sent=len(links), left=left)
        return _shown(form, room=room)
    known = f"checks.refused.{error.code}"
    if frame.context()["has_words"](known):
        return _shown(form.wrong("links", known, int(error.status), sent=len(links), most=submission.MOST_LINKS))
    return _shown(form.refused(error))


def _room() -> int:
    """How many links the user may still hand in now."""
    with reading(db.engine) as connection:
        used = quota.used(connection, page_sessions.user().user_id)
    most = settings()
    return max(0, min(most.most_links_per_day - used.today, most.most_waiting_links - used.waiting))


def _shown(form: Form, room: int = 0) -> Response:
    text = request.args.get("q", "")[:LONGEST]
    found, cursor = progress.of_batches(
        db.engine, page_sessions.user().user_id, request.args.get("cursor"), ON_A_PAGE, text
    )
    return frame.show(
        "checks.html",
        form.status,
        form=form,
        room=room,
        key=uuid4().hex,
        spans={span: times.seconds(span) for span in SPANS},
        checks=found,
        cursor=cursor,
        first="cursor" not in request.args,
        text=text,
        longest=LONGEST,
        most_links=submission.MOST_LINKS,
        name_of=check_words.name_of,
        most_megabytes=MOST_OF_A_FILE >> 20,
        no_token=not platform_tokens.tokens(db.engine),
    )
