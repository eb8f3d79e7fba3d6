"""A Python process that loads this (by PYTHONPATH) writes down every host that it looks up and every address that it
connects to, into the file EGRESS_LOG. Names in DNS_SAYS, such as `vk.example=10.0.0.1`, have these addresses.
"""

import os
import socket
import sys

LOG = os.open(os.environ["EGRESS_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
ADDRESSES = dict(pair.split("=") for pair in os.environ.get("DNS_SAYS", "").split())
PLACE = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}
look_up = socket.gethostbyname


def note(event, arguments):
    if event in PLACE:
        where = arguments[PLACE[event]]
        os.write(LOG, f"{event} {where[0] if isinstance(where, tuple) else where}\n".encode())


def say(name):
    return ADDRESSES.get(name) or look_up(name)


sys.addaudithook(note)
socket.gethostbyname = say
