"""A check's name, and the texts about its progress, for the page and for the script that follows it."""

from control.batches.progress import Progress, State
from control.exports.source import Source
from control.pages import frame
from crawler.store.models.batches import Status

RUNNING = (State.CREATED, State.IN_PROGRESS)
WAITS = (  # what runs say that they wait for, by a part of it: the names of VK's errors, or its site's refusal
    *(("VK's site", "site"), ("captcha", "captcha"), ("set up wrong", "setup")),
    *(("rate_limit", "limit"), ("limits", "limit"), ("flood", "limit")),
)


def name_of(batch: Progress | Source) -> str:
    """Return its name, or else when it was handed in."""
    return batch.name or frame.say("checks.unnamed", when=frame.context()["moment"](batch.created_at))


def finished(batch: Progress) -> int:
    return batch.counts[Status.DONE] + batch.counts[Status.FAILED]


def state(batch: Progress) -> str:
    """Say it in a sentence: what is going on, or what it waits for and until when."""
    if batch.waiting_for and batch.waiting_until:
        until = frame.context()["moment"](batch.waiting_until)
        return frame.say(f"checks.waits.{_wait(batch.waiting_for)}", until=until)
    done, failed = batch.counts[Status.DONE], batch.counts[Status.FAILED]
    return frame.say(f"checks.long.{batch.state.name.lower()}", done=done, failed=failed)


def _wait(why: str) -> str:
    return next((kind for part, kind in WAITS if part in why), "other")


def texts(batch: Progress) -> dict[str, str]:
    """What changes on the page while it is followed, by its place."""
    number = frame.context()["number"]
    left = batch.links - finished(batch)
    return {
        "state": state(batch),
        "count": frame.say("checks.count", done=finished(batch), links=batch.links),
        "done": number(batch.counts[Status.DONE]),
        "failed": number(batch.counts[Status.FAILED]),
        "left": number(left),
    }


def title(batch: Progress) -> str:
    """What the tab says first."""
    if batch.state in RUNNING:
        return f"{100 * finished(batch) // batch.links} %"
    return frame.say(f"checks.states.{batch.state.name.lower()}")
