"""What the supervisor asks of its children: silence is an answer, in whatever way they are silent."""

import socket
import subprocess
import sys

import pytest

from tests.checkout import ROOT

PROGRAM = """
import sys
from twisted.internet import defer, task
from control.supervision.http_probe import Check, ask
task.react(lambda _: defer.ensureDeferred(ask(Check(sys.argv[1]), 0.5)).addCallback(print))
"""


def asked(port):
    command = [sys.executable, "-c", PROGRAM, f"http://127.0.0.1:{port}/"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.process
def test_who_does_not_even_take_the_connection_is_silent():
    """A busy machine's process may not come to it: the kernel lets the next ones wait."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        ahead = [socket.socket() for _ in range(3)]
        for one in ahead:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        result = asked(listener.getsockname()[1])
        for one in ahead:
            one.close()
    assert (result.returncode, result.stdout) == (0, "None\n"), result.stderr
