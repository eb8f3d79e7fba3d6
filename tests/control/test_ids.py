"""An id from outside may be any text, also one that PostgreSQL refuses to compare with: it names nothing then."""

import pytest

from control.accounts import api_tokens, page_logins
from control.batches import progress
from control.errors import NotFound
from crawler.store.models.base import may_be_id, random_id

STRANGE = ["\0", "\ud800", "", "a b", "ä"]


@pytest.mark.parametrize("given", STRANGE)
def test_what_can_be_no_id_names_nothing(engine, given):
    assert not page_logins.end(engine, random_id(), given)
    with pytest.raises(NotFound):
        api_tokens.revoke(engine, random_id(), given)
    with pytest.raises(NotFound):
        progress.of_batch(engine, random_id(), given)


def test_an_id_of_ours_may_be_one():
    assert may_be_id(random_id())
