"""A proxy before scrapyd. It forwards every request, but drops or delays every other answer."""

import random
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DROPPED = 0.5
LONGEST_DELAY = 10.0  # seconds: as long as we wait for an answer


@contextmanager
def proxy(target: str, seed: int) -> Iterator[str]:
    """Yield the address."""
    rng = random.Random(seed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            answer = forward(self, self.rfile.read(length))
            if rng.random() < DROPPED:
                time.sleep(rng.choice((0.0, 1.0, LONGEST_DELAY + 1)))
                return
            reply(self, answer)

        def do_GET(self) -> None:
            reply(self, forward(self, None))

        def log_message(self, *_: object) -> None:
            pass

    def forward(handler: BaseHTTPRequestHandler, body: bytes | None) -> bytes:
        headers = {name: handler.headers[name] for name in ("Authorization", "Content-Type") if handler.headers[name]}
        request = urllib.request.Request(target + handler.path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return bytes(response.read())

    def reply(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
