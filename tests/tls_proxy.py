"""A proxy with TLS before a server that has none, as an operator sets one up."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import trustme

Address = tuple[str, int]


@contextmanager
def serving(certificate: trustme.LeafCert, target: Address) -> Iterator[int]:
    """The port where it listens. Connections are cut off when the context ends and their peers have gone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_serve, args=(server, context, target), daemon=True).start()
        yield server.getsockname()[1]


def _serve(server: socket.socket, context: ssl.SSLContext, target: Address) -> None:
    while True:
        try:
            ours = server.accept()[0]
        except OSError:
            return
        Thread(target=_terminate, args=(ours, context, target), daemon=True).start()


def _terminate(ours: socket.socket, context: ssl.SSLContext, target: Address) -> None:
    try:
        with context.wrap_socket(ours, server_side=True) as client, socket.create_connection(target) as theirs:
            Thread(target=_pump, args=(theirs, client), daemon=True).start()
            _pump(client, theirs)
    except OSError:
        ours.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        return
