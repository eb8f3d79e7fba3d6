"""How long the bodies of requests may be."""

from crawler.spreadsheets.reading.limits import MOST_OF_A_FILE

MOST_BYTES = 16 * 1024 * 1024  # of a body with links
SMALL_BODY = 64 * 1024  # of any other body
FILE_BODY = MOST_OF_A_FILE + SMALL_BODY  # of a file, with the rest of the form around it
