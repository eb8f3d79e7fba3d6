"""How this process's memory is handed out."""

import ctypes
from contextlib import suppress

M_MMAP_THRESHOLD = -3  # https://man7.org/linux/man-pages/man3/mallopt.3.html
LARGE = 128 * 1024


def give_back() -> None:
    """Return each large block to the system once it is free, as glibc does until the first one was freed.

    Then it raises the limit to that one's size, and places the next ones between what stays: of a spider with answers
    of megabytes 10 MB, of the API 12.
    """
    with suppress(AttributeError):  # another libc
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
