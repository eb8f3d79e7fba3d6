"""What a request without an answer means for its link."""

import pytest
from scrapy.exceptions import IgnoreRequest
from twisted.python.failure import Failure

from crawler.platforms.contract import Again, Gone, Want
from crawler.reasons import Reason
from crawler.run.unanswered import unanswered
from tests.seed import identify

WANT = Want(identify("wall-1_1"))


def test_what_robots_txt_forbids_is_not_asked_again():
    outcome = unanswered(WANT, Failure(IgnoreRequest("Forbidden by robots.txt")))
    assert outcome == Gone(Reason.BLOCKED, "the site's robots.txt forbids it")


@pytest.mark.parametrize("why", ["max redirections reached", "Ignored response because its body exceeded the limit"])
def test_what_scrapy_ignores_for_other_reasons_is_asked_again(why):
    outcome = unanswered(WANT, Failure(IgnoreRequest(why)))
    assert isinstance(outcome, Again)
    assert (outcome.reason, outcome.charged) == (Reason.BAD_RESPONSE, True)
