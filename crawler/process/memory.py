"""How this process takes memory from the system, and how much."""

import ctypes
import gc
import resource
import sys
from contextlib import suppress

M_MMAP_THRESHOLD = -3  # https://man7.org/linux/man-pages/man3/mallopt.3.html
LARGE = 128 * 1024


def give_back() -> None:
    """Let glibc return each large block to the system as soon as it is free.

    By default glibc does so only until the first large block is freed. Then it raises its limit to the size of that
    block and places later ones between blocks that stay, so that the process keeps megabytes it does not use.
    """
    with suppress(AttributeError):  # another libc
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)


def pause_collector() -> None:
    """Load modules without searching for garbage between: there is hardly any, and the searches take a sixth of the
    time of a start.
    """
    gc.disable()


def resume_collector() -> None:
    """Search for garbage again, but not in what is loaded by now: it stays."""
    gc.freeze()
    gc.enable()


def limit(mebibytes: int) -> None:
    """Limit the memory that this process may write to; 0 is no limit. An allocation beyond it raises MemoryError.

    RLIMIT_DATA counts memory that can be written to. RLIMIT_AS would also count what threads reserve and never use.
    https://man7.org/linux/man-pages/man2/setrlimit.2.html
    """
    if mebibytes:
        most = mebibytes * 1024 * 1024
        with suppress(ValueError):  # the process already has a smaller limit
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def leave_out(module: str) -> None:
    """Let imports of a module fail, as if it was not installed: a library that can do without it then does, which saves
    time and memory. None in the cache says so: https://docs.python.org/3/reference/import.html#the-module-cache
    """
    sys.modules[module] = None  # type: ignore[assignment]
