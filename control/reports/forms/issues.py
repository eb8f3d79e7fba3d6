"""What keeps a placement out of a form, and what its user has to know about a number that is in it."""

from enum import StrEnum
from typing import NamedTuple

from control.reports.forms.columns import FormColumn


class IssueCode(StrEnum):
    """The closed list of them; `words` has a sentence for each."""

    # Errors: the placement is in no body.
    MISSING = "missing"  # the column has no value
    MALFORMED = "malformed"  # the column's text is not what it should be
    TWO_VALUES = "two_values"  # two of the user's columns mean this one and differ
    TOO_LONG = "too_long"
    SEVERAL_ERIDS = "several_erids"  # stand at the post, and the placement names none
    NO_BEGINNING = "no_beginning"  # of an older post nobody read the counter before the month
    NO_READING = "no_reading"
    GAP = "gap"  # nobody read it in the whole month
    UNFINISHED = "unfinished"  # the month goes on
    WRONG_PERIOD = "wrong_period"  # its two days are not in order, or of two months
    WRONG_PLAN = "wrong_plan"  # the same of the planned days
    ENDS_IN_FUTURE = "ends_in_future"  # today in UTC is before its last day
    VAT_RATE_OF_OTHER_DATE = "vat_rate_of_other_date"
    VAT_NOT_KNOWN = "vat_not_known"  # nobody knows how this register writes it
    ZERO_AND_POSITIVE = "zero_and_positive"  # of amount and price, one is 0
    TOO_MANY_DECIMALS = "too_many_decimals"
    TOO_LARGE = "too_large"
    DIFFERS = "differs"  # placements that make one row contradict each other
    PROMOTION_WITH_MONEY = "promotion_with_money"
    HELD_BACK = "held_back"  # another placement of the same row has an error
    # Notes: no row is made, because there is nothing to report.
    NO_SHOWS = "no_shows"
    NOT_PUBLISHED = "not_published"
    # Notes: the number is in a body.
    AT_LEAST = "at_least"  # nobody read the counter after the month, or the post is gone
    FELL = "fell"
    MADE_UP = "made_up"  # it fell before, and what was reported too much is made up first
    BASELINE = "baseline"  # it is counted from what the user says was reported before
    JOINT_POST = "joint_post"  # its counter is one for several walls


NOTES = {
    *(IssueCode.NO_SHOWS, IssueCode.NOT_PUBLISHED),
    *(IssueCode.AT_LEAST, IssueCode.FELL, IssueCode.MADE_UP, IssueCode.BASELINE, IssueCode.JOINT_POST),
}


class Issue(NamedTuple):
    position: int  # of the placement
    code: IssueCode
    column: FormColumn | None = None

    @property
    def is_error(self) -> bool:
        return self.code not in NOTES
