"""Files in forms: they are written to our own folder while they come, so that none is in memory as a whole."""

from tempfile import TemporaryFile
from typing import IO, Any

from flask import Flask, Request
from werkzeug.exceptions import RequestEntityTooLarge

from control.exports.working_files import folder

MOST_FILES = 1  # of a form: each takes an open file, and 64 KiB of anybody's form hold a thousand empty ones


class UploadingRequest(Request):
    begun: tuple[IO[bytes], ...] = ()

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        if len(self.begun) == MOST_FILES:
            for file in self.begun:
                file.close()
            raise RequestEntityTooLarge
        file = TemporaryFile(dir=folder())  # noqa: SIM115 - the form closes it
        self.begun += (file,)
        return file


def install(app: Flask) -> None:
    app.request_class = UploadingRequest
