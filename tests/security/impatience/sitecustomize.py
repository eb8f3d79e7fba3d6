"""Every Python process of a run loads this (by PYTHONPATH): what may be tried again is tried again soon."""

from crawler.queue import claims

claims.BACKOFF_SECONDS = 0.2
