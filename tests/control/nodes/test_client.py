"""A scrapyd behind TLS: it gets the password only if an authority vouches for it that we trust."""

from contextlib import ExitStack

import pytest
import trustme

from control.nodes.client import Clients, ScrapydError
from tests import tls_proxy
from tests.system import free_port

UNTRUSTED = "SCRAPYD_CA"


@pytest.fixture
def ask(tmp_path):
    """Ask a node whose proxy shows a certificate for this name, trusting this authority; how that fails.

    Nothing listens behind the proxy. So whoever trusts it fails, too, and later.
    """
    authorities = {"": "", **{name: str(tmp_path / f"{name}.pem") for name in ("theirs", "others")}}
    theirs, others = trustme.CA(), trustme.CA()
    theirs.cert_pem.write_to_path(authorities["theirs"])
    others.cert_pem.write_to_path(authorities["others"])

    def ask(name, trusted):
        port = proxies.enter_context(tls_proxy.serving(theirs.issue_cert(name), ("127.0.0.1", free_port())))
        with pytest.raises(ScrapydError) as caught:
            Clients("views", "hidden", authorities[trusted]).of(f"https://localhost:{port}").listed()
        return str(caught.value)

    with ExitStack() as proxies:
        yield ask


def test_an_authority_of_our_own_vouches_for_a_node(ask):
    assert UNTRUSTED not in ask("localhost", "theirs")


@pytest.mark.parametrize(("name", "trusted"), [("localhost", ""), ("localhost", "others"), ("node.internal", "theirs")])
def test_who_has_no_certificate_that_we_trust_is_told_apart_from_who_is_away(ask, name, trusted):
    said = ask(name, trusted)
    assert UNTRUSTED in said
    assert "hidden" not in said


def test_variables_of_other_programs_change_nothing(ask, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "theirs.pem"))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "theirs.pem"))
    assert UNTRUSTED in ask("localhost", "others")
