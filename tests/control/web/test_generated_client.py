"""A client that a public generator makes of /openapi.json can hand a batch in and read it."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

GENERATOR = Path(sys.executable).with_name("openapi-python-client")
LINKS = ["https://vk.com/wall-1_1", "https://vk.com/wall-1_1", "https://vk.com/photo1_2"]


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CONFIG = {"post_hooks": [], "content_type_overrides": {XLSX: "application/octet-stream"}}  # its code is not formatted


@pytest.fixture
def database_url(sqlite_url):
    """The document does not depend on the database."""
    return sqlite_url


@pytest.fixture
def client(anonymous, tmp_path, monkeypatch):
    """The package of the generated client, imported by name: `client("api.batches.create_batch")`."""
    document = tmp_path / "openapi.json"
    document.write_text(anonymous.get("/openapi.json").text)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CONFIG))
    package = tmp_path / "views_stats_client"
    command = [GENERATOR, "generate", "--meta=none", "--fail-on-warning", f"--config={config}", f"--path={document}"]
    done = subprocess.run([*command, f"--output-path={package}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda name="": importlib.import_module(f"{package.name}.{name}".rstrip("."))
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


@pytest.mark.process
def test_a_generated_client_hands_a_batch_in_and_reads_it(client, address, anna):
    token = anna.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    models = client("models")
    with client().AuthenticatedClient(base_url=address, token=token) as session:
        body = models.BatchBody(links=LINKS, deadline="2h")
        made = client("api.batches.create_batch").sync(client=session, body=body)
        assert (made.accepted, made.duplicates, made.rejected) == (1, 1, 1)

        batch = client("api.batches.get_batch").sync(made.id, client=session)
        assert batch.id == made.id
        page = client("api.batches.list_batch_links").sync(made.id, client=session, limit=2)
        assert [link.link for link in page.links] == LINKS[:2]
        rest = client("api.batches.list_batch_links").sync(made.id, client=session, cursor=page.next_cursor)
        assert [link.status for link in rest.links] == ["failed"]


@pytest.mark.process
def test_a_generated_client_reads_an_error(client, address):
    with client().Client(base_url=address) as session:
        body = client("models").Credentials(username="nobody", password="no such password")
        refused = client("api.accounts.login").sync(client=session, body=body)
    assert (refused.status, refused.code) == (401, "wrong_credentials")


def test_every_operation_has_a_name_of_its_own(anonymous):
    paths = json.loads(anonymous.get("/openapi.json").text)["paths"]
    names = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
