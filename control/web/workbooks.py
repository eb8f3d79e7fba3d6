"""XLSX that is made while the client waits."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from os import SEEK_END
from tempfile import TemporaryFile
from typing import IO

from flask import Response

from control.exports.choice import MEDIA_TYPES, Format
from control.exports.working_files import folder
from control.web import open_streams
from control.web.attachments import disposition

PIECE_BYTES = 64 * 1024


def answer(user_id: str, name: str, write: Callable[[IO[bytes]], object]) -> Response:
    """Make the workbook in a file without a name, so that nothing of it is left whatever happens.

    Raises TooManyRequests, Busy.
    """
    with ExitStack() as stack:
        stack.callback(open_streams.begin(user_id, open_streams.FILES))
        file = stack.enter_context(TemporaryFile(dir=folder()))
        write(file)
        headers = {"Content-Disposition": disposition(name)}
        response = Response(_pieces(file), headers=headers, content_type=MEDIA_TYPES[Format.XLSX])
        response.content_length = file.seek(0, SEEK_END)
        file.seek(0)
        response.call_on_close(stack.pop_all().close)
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece
