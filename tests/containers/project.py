"""The repository's compose.yaml on a machine that has podman, told what to do in the documents' words."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.containers import documents
from tests.containers.lab import Lab
from tests.system import clean_environment

TOKEN = "standin-service"
URL = "http://127.0.0.1:8000"
SLOW = 900.0  # seconds for what takes one on a quiet machine, as on a busy one
VK = "http://vk:8100"
UNFINISHED = {"created", "in progress", None}
SETTINGS = {
    **{f"{name}_IMAGE": f"localhost/{image}" for name, image in (("VIEWS", "views-stats"), ("DATABASE", "database"))},
    "PROXY_IMAGE": "localhost/proxy",
    **dict.fromkeys(("VK_API_URL", "VK_SITE_URL", "VK_VIDEO_URL"), VK),
}


class Project:
    """The project in this checkout, which the machine sees by the same name."""

    def __init__(self, lab: Lab, checkout: Path) -> None:
        self.lab, self.checkout = lab, checkout
        programs = lab.shared / "programs"
        programs.mkdir(exist_ok=True)
        documents.write_docker(programs, Path(sys.executable).with_name("docker-compose"))
        (checkout / ".env").write_text("".join(f"{name}={value}\n" for name, value in SETTINGS.items()))
        self.variables = clean_environment() | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DOCKER_HOST": f"unix://{lab.socket}",
            "COMPOSE_FILE": "compose.yaml:tests/containers/compose.yaml",
        }
        self.token = ""

    def shell(self, commands: str, given: str = "") -> str:
        """Run commands as an operator does, in the checkout, and return what they print."""
        done = subprocess.run(
            ["sh", "-euc", commands],
            cwd=self.checkout,
            env=self.variables,
            input=given,
            capture_output=True,
            text=True,
            timeout=SLOW,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}\n{self.said()}"
        return done.stdout

    def flask(self, *arguments: str, given: str = "") -> str:
        return self.shell(f"docker compose exec -T api flask --app control.app {' '.join(arguments)}", given)

    def sql(self, query: str) -> list[str]:
        psql = "psql --username views --tuples-only --no-align --command"
        return self.shell(f'docker compose exec -T database {psql} "{query}"').split()

    def said(self) -> str:
        """Return the last lines of each container."""
        every = (each["Names"][0] for each in self.lab.containers("--all"))
        return "\n".join(
            f"== {name}\n{self.lab.run('podman', 'logs', '--tail=8', name, check=False)}" for name in every
        )

    def type(self, command: str) -> str:
        """Run a command of the README's session on the machine; return what it prints."""
        quiet = 'curl() { command curl --silent --show-error --max-time 60 "$@"; }'
        return self.lab.run("sh", "-euc", f"{quiet}\nTOKEN={self.token}\n{command}")

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask the API by the proxy; return its answer."""
        data = ["--header", "Content-Type: application/json", "--data", "@-"] if body is not None else []
        said = self.lab.run(
            *("curl", "--silent", "--max-time", "60", "--header", f"Authorization: Bearer {self.token}", *data),
            f"{URL}{path}",
            given="" if body is None else json.dumps(body),
        )
        return json.loads(said)

    def login(self, name: str, password: str) -> None:
        self.token = ""
        self.token = self.ask("/users/login", {"username": name, "password": password})["token"]

    def submit(self, links: list[str]) -> str:
        return str(self.ask("/batches", {"links": links})["id"])

    def finished(self, batch: str) -> list[dict[str, Any]]:
        """Wait until every link of a batch is final; return them."""
        self.lab.until(lambda: self.ask(f"/batches/{batch}").get("state") not in UNFINISHED, SLOW, f"{batch} finished")
        rows: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.ask(f"/batches/{batch}/links?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
            rows, cursor = [*rows, *page["links"]], page["next_cursor"]
        return rows

    def containers(self, service: str) -> dict[str, dict[str, Any]]:
        """Return the service's running containers by name."""
        found = self.lab.containers(f"--filter=label=com.docker.compose.service={service}")
        return {each["Names"][0]: each for each in found}

    def kill(self, service: str, name: str) -> None:
        """Kill all that runs in a container, as a crash does: whoever watches over it knows of no order to stop."""
        self.lab.run("sh", "-c", f"kill -KILL {self.containers(service)[name]['Pid']}")  # the machine has no other
