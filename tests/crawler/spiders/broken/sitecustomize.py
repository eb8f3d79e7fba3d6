"""A spider that loads this (by PYTHONPATH) has a bug: it cannot read any answer."""

from crawler.platforms import vk


def read(call, reply):
    raise ZeroDivisionError


vk.read = read
