"""Plans of campaigns to choose from, and any plan in words."""

from control import times
from control.campaigns.plan import ADAPTIVE, USUAL, Plan
from control.pages import frame

LONGEST = float(times.LONGEST_DAYS * times.DAY_SECONDS)
FIRST = "usual"  # of the choices
PRESETS = {
    FIRST: USUAL,
    "sparse": USUAL._replace(between=None),
    "ages": USUAL._replace(between=None, month_ends=False),
    "months": Plan((), until=LONGEST),
}


def chosen(name: str) -> Plan:
    return PRESETS.get(name, PRESETS[FIRST])


def name_of(plan: Plan) -> str:
    """Return the name of the preset; empty: the plan is none of them."""
    return next((name for name, preset in PRESETS.items() if preset == plan), "")


def in_words(plan: Plan) -> list[str]:
    """Say when a post is measured, a sentence for each of the plan's parts."""
    span = frame.context()["span"]
    said = [frame.say("followed.plan.first")]
    if plan.ages:
        said.append(frame.say("followed.plan.ages", ages=", ".join(span(age) for age in plan.ages)))
    if plan.month_ends:
        said.append(frame.say("followed.plan.month_ends"))
    if plan.between == ADAPTIVE:
        said.append(frame.say("followed.plan.adaptive"))
    elif plan.between:
        said.append(frame.say("followed.plan.between", span=span(float(plan.between))))
    return [*said, frame.say("followed.plan.until", span=span(plan.until))]
