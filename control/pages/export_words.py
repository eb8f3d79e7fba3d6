"""What is said of how far an export is: on its page, in the list, and to the script that follows it."""

from control.exports import lease
from control.exports.orders import Ordered
from control.pages import frame
from crawler.store.models.exports import ExportState

FAILURES = {lease.IN_VAIN: "in_vain", lease.TOO_LARGE: "too_large"}


def is_ready(ordered: Ordered) -> bool:
    return ordered.state == ExportState.READY


def texts(ordered: Ordered) -> dict[str, str]:
    """What changes on the page while it is followed, by its place."""
    known = frame.context()
    if ordered.error:
        state = frame.say(f"files.failures.{FAILURES.get(ordered.error, 'in_vain')}")
    else:
        state = frame.say(f"files.states.{ordered.state}", until=known["moment"](ordered.expires_at))
    return {"count": frame.say("files.rows", done=ordered.rows_done, rows=ordered.rows), "state": state}


def title(ordered: Ordered) -> str:
    """What the tab says first."""
    if ordered.finished_at is None:
        return f"{100 * ordered.rows_done // max(1, ordered.rows)} %"
    return frame.say(f"files.titles.{ordered.state}")
