"""haproxy before the APIs, as Debian has it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster import network
from tests.cluster.hosts import Cluster
from tests.cluster.labs import needs
from tests.system import free_port

SETTINGS = Path(__file__).parent / "whole/haproxy.cfg"


@contextmanager
def balancer(lab: Cluster, folder: Path) -> Iterator[str]:
    """The address of one that asks the hosts with an API in turn, as long as `/servez` says that they can serve."""
    binding, file = f"{network.HERE}:{free_port()}", folder / "haproxy.cfg"
    servers = "\n".join(f"    server {host.name} {host.address}:{host.port}" for host in lab.controls)
    file.write_text(SETTINGS.read_text().replace("{binding}", binding).replace("{servers}", servers))
    with subprocess.Popen([needs("haproxy"), "-f", str(file)], stdout=subprocess.DEVNULL) as process:
        try:
            yield f"http://{binding}"
        finally:
            process.terminate()
