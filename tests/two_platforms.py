"""A second platform, made up, whose name comes before VK's."""

from contextlib import contextmanager
from types import SimpleNamespace

from crawler.platforms import known
from crawler.platforms.contract import FOREIGN, Answer, Measured, Rejected, Target
from crawler.reasons import Reason

SITE = "https://aa.example/"


def post(number):
    return Target("aa", "post", 1, number, f"post{number}")


def identify(text):
    """Take its own site's posts, and whatever is `wall-…_7`."""
    if text.endswith("_7"):
        return post(7)
    if not text.startswith(SITE):
        return Rejected(Reason.INVALID_LINK, FOREIGN)
    number = text.removeprefix(SITE)
    return post(int(number)) if number.isdigit() else Rejected(Reason.UNSUPPORTED, "unsupported")


AA = SimpleNamespace(
    NAME="aa",
    SETTINGS={"AA_RATE": "1"},
    ADVICE_RU={FOREIGN: "Ссылка ведёт не на aa.example.", "unsupported": "Считаются только посты AA."},
    ADVICE={FOREIGN: "The link does not lead to aa.example.", "unsupported": "Only posts of AA are counted."},
    identify=identify,
    target=lambda key, _: post(int(key.removeprefix("post"))),
    canonical=lambda key: f"{SITE}{key.removeprefix('post')}",
    wall=lambda key: SITE,
    access=lambda _: SimpleNamespace(credentials=(), rate=1.0, site=()),
    calls=lambda *_: [],
    read=lambda call, _: Answer({want.target: Measured(1, "aa") for want in call.wants}),
    useful=lambda _: True,
)


@contextmanager
def two_platforms():
    """Let the system know both for as long as the context lasts."""
    before = dict(known())
    known().clear()
    known().update({"aa": AA} | before)
    try:
        yield
    finally:
        known().clear()
        known().update(before)
