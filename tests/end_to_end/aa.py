"""A made-up platform whose name comes before VK's: its posts are those of the stand-in's wall 7 that end with 930."""

import re
from types import SimpleNamespace

from crawler.platforms.contract import Again, Answer, Call, Measured, Rejected, Target
from crawler.reasons import Reason

NAME = "aa"
SETTINGS = {"AA_RATE": "20"}
ADVICE = {"bad_host": "The link does not lead to aa.example."}
ADVICE_RU = {"bad_host": "Ссылка ведёт не на aa.example."}
LINK = re.compile(r"https://aa\.example/([0-9]{1,9})", re.ASCII)
COUNT = re.compile(rb'data-count="([0-9]+)"')


def identify(text):
    found = LINK.fullmatch(text)
    return target(f"post{found[1]}", "") if found else Rejected(Reason.INVALID_LINK, "bad_host")


def target(key, access_key):
    return Target(NAME, "post", 7, int(key.removeprefix("post")), key, access_key)


def canonical(key):
    return f"https://aa.example/{key.removeprefix('post')}"


def wall(key):
    return "https://aa.example/"


def access(environment):
    rate = float(environment.get("AA_RATE") or SETTINGS["AA_RATE"])
    return SimpleNamespace(credentials=(), rate=rate, site=(), url=environment["VK_SITE_URL"])


def calls(wants, access, usable):
    return [Call(((want,),), f"{access.url}/wall-7_{want.target.item}930", "host:aa") for want in wants]


def read(call, reply):
    (want,), found = call.wants, COUNT.search(reply.body)
    outcome = Measured(int(found[1]), "aa") if found else Again(want, Reason.BAD_RESPONSE, "no count", charged=True)
    return Answer({want.target: outcome})


def useful(kind):
    return not kind
