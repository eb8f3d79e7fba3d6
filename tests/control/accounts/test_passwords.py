import pytest
from argon2.exceptions import VerifyMismatchError

from control.accounts import passwords


def test_the_hash_of_nobody_costs_as_much_as_that_of_somebody():
    assert not passwords.hasher.check_needs_rehash(passwords.NOBODYS)
    with pytest.raises(VerifyMismatchError):  # it is a hash that can be computed, or the answer would come at once
        passwords.hasher.verify(passwords.NOBODYS, "a password")
