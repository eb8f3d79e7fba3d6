import subprocess
import sys

import pytest
from argon2.exceptions import VerifyMismatchError

from control.accounts import passwords
from tests.checkout import ROOT

FIRST_ONES = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from control.accounts import passwords

def check(number):
    together.wait()
    passwords.check("correct horse battery staple", f"anna {number}")

sys.setswitchinterval(1e-6)
together = Barrier(8)
with ThreadPoolExecutor(8) as threads:
    list(threads.map(check, range(8)))
"""


@pytest.mark.process
def test_the_first_new_passwords_may_come_at_once():
    subprocess.run([sys.executable, "-c", FIRST_ONES], check=True, cwd=ROOT)


def test_the_hash_of_nobody_costs_as_much_as_that_of_somebody():
    assert not passwords.hasher.check_needs_rehash(passwords.NOBODYS)
    with pytest.raises(VerifyMismatchError):  # it is a hash that can be computed, or the answer would come at once
        passwords.hasher.verify(passwords.NOBODYS, "a password")
