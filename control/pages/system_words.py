"""What `/system` says of each part of the system: on the page, and to the script that follows it."""

from hashlib import sha256
from time import time

from control.monitoring.platform_tokens import Token
from control.monitoring.readiness import LATE_SECONDS, Readiness
from control.nodes.slots import Node
from control.pages import frame
from control.pages.system_troubles import Trouble, troubles


def texts(found: Readiness) -> dict[str, str]:
    """What changes on the page while it is followed, by its place."""
    span = frame.context()["span"]
    nodes = {f"node-{number}": _node(node) for number, node in enumerate(found.nodes)}
    tokens = {f"token-{token.platform}-{token.place}": _token(token) for token in found.tokens}
    beats = frame.say("system.beat", left=span(found.beat or 0))
    return {
        "seen": frame.say("system.seen", time=frame.context()["clock"](time())),
        "database": frame.say("system.title_help" if found.trouble else "system.answers"),
        "scheduler": beats if beating(found) else frame.say("system.silent"),
        "oldest": span(found.oldest) if found.oldest else frame.say("system.none_waits"),
        "leaked": frame.context()["number"](found.leaked),
        **nodes,
        **tokens,
    }


def tab(found: Readiness) -> str:
    """What the tab says first."""
    said = frame.say("system.title_help" if troubles(found) else "system.all_well")
    return f"{frame.say('frame.system')}: {said}"


def says(found: Readiness) -> str:
    """All of it in a sentence or some."""
    return " ".join(trouble(one) for one in troubles(found)) or frame.say("system.all_well")


def trouble(one: Trouble) -> str:
    return f"{frame.say('system.help')} {frame.say(f'system.trouble.{one.key}', **one.given)}"


def beating(found: Readiness) -> bool:
    return found.beat is not None and found.beat < LATE_SECONDS


def shape(found: Readiness) -> str:
    """Name what the page shows beside texts, such as who needs help: where it differs, the page has to be made anew."""
    needing = [(one.key, one.text) for one in troubles(found)]
    nodes = [(node.url, node.reachable) for node in found.nodes]
    tokens = [(token.platform, token.place, token.usable) for token in found.tokens]
    return sha256(repr((needing, nodes, tokens, beating(found))).encode()).hexdigest()[:16]


def _node(node: Node) -> str:
    if not node.reachable:
        return frame.say("system.silent")
    return frame.say("system.node", running=len(node.jobs.running), pending=len(node.jobs.pending))


def _token(token: Token) -> str:
    if token.usable:
        return frame.say("system.works")
    left = frame.context()["span"](token.paused)
    return frame.say("system.rests", left=left) if token.paused else frame.say("system.useless")
