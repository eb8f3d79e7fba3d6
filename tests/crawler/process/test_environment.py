"""Secrets that come in files, and the environment that says where."""

import os
import subprocess
import sys

import pytest

from crawler.process.environment import SECRETS, read_secrets


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_come_in_a_file(tmp_path, name):
    file = tmp_path / "secret"
    file.write_text("hunter2\n")
    variables = {f"{name}_FILE": str(file)}
    read_secrets(variables)
    assert variables == {name: "hunter2"}


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (None, {}, "SECRET_KEY_FILE cannot be read: .*: No such file or directory"),
        (b"", {}, "SECRET_KEY_FILE is empty"),
        (b" \n", {}, "SECRET_KEY_FILE is empty"),
        (b"\xff\xfe", {}, "SECRET_KEY_FILE is not a text"),
        (b"hunter2", {"SECRET_KEY": "hunter3"}, "SECRET_KEY_FILE and SECRET_KEY are both set"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_what_is_in_it(tmp_path, content, more, said):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=said) as error:
        read_secrets({"SECRET_KEY_FILE": str(file), **more})
    assert "hunter" not in str(error.value)


def test_an_empty_name_of_a_file_is_none(tmp_path):
    variables = {"VK_TOKENS_FILE": "", "VK_TOKENS": "a"}
    read_secrets(variables)
    assert variables == {"VK_TOKENS": "a"}


@pytest.mark.process
def test_every_process_reads_them_before_anything_else(tmp_path):
    file = tmp_path / "tokens"
    environment = os.environ | {"VK_TOKENS_FILE": str(file)}
    program = "from crawler.process import environment; import os; print(os.environ['VK_TOKENS'])"

    def run():
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    refused = run()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("VK_TOKENS_FILE cannot be read")
    file.write_text("one,two\n")
    assert run().stdout == "one,two\n"
