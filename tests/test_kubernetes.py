"""The manifests for Kubernetes: they are as its schemas, are put together, and name what the code reads and answers."""

import re
from configparser import ConfigParser
from functools import cache
from pathlib import PurePosixPath

import pytest
import yaml
from kubernetes_validate import utils as validating

from control.app import create_app
from control.serve import api_of, scrapyd_of
from control.settings import ROLES, Settings
from crawler.process import environment
from crawler.process.environment import PROJECT
from crawler.process.lifeline import STOP_SECONDS
from tests.checkout import ROOT
from tests.kubernetes import BASE, FILES, FOLDER, KUSTOMIZATIONS, OURS, OVERLAY, build, read
from tests.scrapyd_k8s.__main__ import app as scrapyd_k8s
from tests.test_documents import OPERATING, first_cells

pytestmark = pytest.mark.process

VERSIONS = ("1.27", "1.37")  # the oldest that knows all that is used, and the newest whose schemas are there
SETTINGS = {*first_cells(OPERATING, "Settings"), *(f"{name}_FILE" for name in environment.SECRETS)}
THEIRS = {"MY_NAMESPACE", "HOME"}  # variables of scrapyd-k8s, as its launcher/k8s.py reads them, and of what it starts
WHERE, USER = "/opt/views-stats", 10001  # of the image


@pytest.fixture(scope="module", params=KUSTOMIZATIONS, ids=lambda folder: folder.name)
def built(request):
    return build(request.param)


@pytest.fixture(scope="module")
def overlay():
    return build(OVERLAY)


@pytest.fixture(scope="module", autouse=True)
def schemas_are_read_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validating, "schema_contents", cache(validating.schema_contents))
        yield


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_a_file_is_as_the_schemas_of_kubernetes(file):
    for document in read(file.read_text()):
        validating.validate(document, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_put_together_is_as_the_schemas_of_kubernetes(built, version):
    for document in built.objects:
        validating.validate(document, version, strict=True)


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=lambda folder: folder.name)
def test_a_kustomization_uses_every_file_of_its_folder(folder):
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    used = [*kustomization["resources"]]
    for made in kustomization["configMapGenerator"]:
        used += [*made.get("envs", ()), *made.get("files", ())]
    there = {file.name for file in folder.iterdir() if file.suffix in {".yaml", ".env", ".conf", ".py"}}
    assert {name for name in used if name != "../base"} == there - {"kustomization.yaml"}


def test_every_variable_is_a_setting(built):
    for pod, container in built.containers:
        given = built.environment(pod, container)
        put_in = set(re.findall(r"\$\((\w+)\)", str(container)))
        theirs = set() if OURS in container["image"] else THEIRS
        assert given.keys() - put_in <= SETTINGS | theirs, container["name"]


def test_every_variable_of_a_spider_is_a_setting(overlay):
    assert overlay.named("ConfigMap", "views-spiders")["data"].keys() <= SETTINGS


def test_secrets_are_files_that_are_mounted(built):
    for pod, container in built.our_containers:
        files = {name: path for name, path in built.environment(pod, container).items() if name.endswith("_FILE")}
        mounted = {each["mountPath"] for each in container["volumeMounts"] if each["name"] == "secrets"}
        assert {str(PurePosixPath(path).parent) for path in files.values()} <= mounted
        assert bool(files) == bool(mounted)
        assert "secretKeyRef" not in str(container)


def settings_of(built, pod, container, patch, folder):
    """What the code makes of a container's environment and command."""
    given = built.environment(pod, container)
    for name in [name for name in given if name.endswith("_FILE")]:
        secret = folder / PurePosixPath(given[name]).name
        secret.write_text("s" * 40)
        given[name] = str(secret)
    given.pop("SQLALCHEMY_DATABASE_URL_FILE")
    command = container["command"]
    assert command[:4] == ["python", "-m", "control.serve", "--roles"]
    given["ROLES"] = command[4]
    environment.read_secrets(given)
    for name, value in given.items():
        patch.setenv(name, value)
    return Settings()


def test_each_role_has_a_pod_that_starts_and_opens_the_ports_that_its_code_listens_on(built, monkeypatch, tmp_path):
    roles, nodes = set(), bool(built.of("StatefulSet"))
    for pod, container in built.our_containers:
        if container["command"][1] != "-m":
            continue
        with monkeypatch.context() as patch:
            settings = settings_of(built, pod, container, patch, tmp_path)
        roles |= settings.roles
        listening = {each.port for each in (api_of(settings), scrapyd_of(settings)) if each}
        assert {each["containerPort"] for each in container.get("ports", ())} == listening
        assert {each.host for each in (api_of(settings), scrapyd_of(settings)) if each} <= {"0.0.0.0"}
        assert bool(settings.listed_nodes) != nodes
    assert roles == set(ROLES) - (set() if nodes else {"node"})


def test_a_nodes_address_is_its_pods_name_below_its_service():
    built = build(BASE)
    nodes = built.named("StatefulSet", "views-nodes")
    service = built.named("Service", nodes["spec"]["serviceName"])
    pod = built.pods["views-nodes"]
    url = built.environment(pod, pod["spec"]["containers"][0])["NODE_URL"]
    assert url == f"http://metadata-name.{service['metadata']['name']}.metadata-namespace.svc:6800"
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Asks an API of ours, and a scrapyd-k8s, as a probe does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SQLALCHEMY_DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('probes')}/views.db")
        clients = {
            "api": create_app(Settings(secret_key="k" * 32, scrapyd_password="p" * 32)).test_client(),
            "scrapyd-k8s": scrapyd_k8s.test_client(),
        }
        yield lambda name, get: clients[name].get(
            get["path"],
            headers={each["name"]: each["value"] for each in get.get("httpHeaders", ())} or {"Host": "10.0.0.9"},
        )


def test_every_probe_asks_for_what_is_answered(built, asked):
    asked_for = set()
    for _, container in built.containers:
        names = {each["name"] for each in container.get("ports", ())}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = container.get(kind, {})
            for how in (probe[each] for each in ("httpGet", "tcpSocket") if each in probe):
                assert how["port"] in names
            if get := probe.get("httpGet"):
                assert asked(container["name"], get).status_code == 200
                asked_for.add((container["name"], kind, get["path"]))
    assert {("api", "livenessProbe", "/healthz"), ("api", "readinessProbe", "/servez")} <= asked_for
    assert asked("api", {"path": "/healthz"}).status_code == 400  # as a probe without a Host header of ours


def test_services_and_policies_name_pods_that_are_there_and_ports_that_they_open(built):
    opened = [
        (
            pod["metadata"]["labels"],
            {port[key] for port in container.get("ports", ()) for key in ("name", "containerPort")},
        )
        for pod, container in built.containers
    ]

    def ports(selector):
        return [names for labels, names in opened if selects(selector, labels)]

    for service in built.of("Service"):
        found = ports({"matchLabels": service["spec"]["selector"]})
        assert found
        assert all(port["targetPort"] in names for port in service["spec"]["ports"] for names in found)
    for policy in built.of("NetworkPolicy"):
        spec = policy["spec"]
        if "org.scrapy.project" not in str(spec["podSelector"]):  # pods that scrapyd-k8s makes
            assert ports(spec["podSelector"]), policy["metadata"]["name"]
        for rule in spec.get("ingress", ()):
            wanted = {port["port"] for port in rule["ports"]}
            assert all(wanted <= names for names in ports(spec["podSelector"]))
            assert all(ports(each["podSelector"]) for each in rule.get("from", ()))
        for rule in spec.get("egress", ()):
            for each in rule.get("to", ()):
                if "podSelector" in each and "namespaceSelector" not in each:
                    assert all(
                        {port["port"] for port in rule["ports"]} <= names for names in ports(each["podSelector"])
                    )
                    assert ports(each["podSelector"]), policy["metadata"]["name"]
    for budget in built.of("PodDisruptionBudget"):
        assert ports(budget["spec"]["selector"])


def selects(selector, labels):
    equal = all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
    listed = all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ()))
    return equal and listed


def test_every_pod_is_shut_in(built):
    """As the standard "restricted" wants it, and with a root that cannot be written to.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """
    for name, pod in built.pods.items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert "serviceAccountName" in spec or spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False  # or a service's name could make a variable that is a setting
    for pod, container in built.containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        assert not container["image"].endswith(":latest")
        assert pod["spec"].get("terminationGracePeriodSeconds", 30) > 5 + STOP_SECONDS


def test_our_pods_are_as_our_image(built):
    for pod, container in built.our_containers:
        context = pod["spec"]["securityContext"]
        assert {context["runAsUser"], context["runAsGroup"], context["fsGroup"]} == {USER}
        assert container["image"] == f"{OURS}:{environment.VERSION}"
        if container["command"][1] == "-m":
            mounted = {each["mountPath"] for each in container["volumeMounts"]}
            assert {f"{WHERE}/{environment.VAR.relative_to(ROOT)}", "/tmp"} <= mounted


def test_our_image_is_what_pods_take_it_for():
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^WORKDIR (\S+)", text, re.MULTILINE)[-1] == WHERE
    assert re.search(r"^USER (\d+):\1$", text, re.MULTILINE)[1] == str(USER)
    assert "ENTRYPOINT" not in text  # scrapyd-k8s gives arguments only: `scrapy crawl …`
    labels = dict(re.findall(r"(org\.scrapy\.\w+)=(\S+)", text))
    assert labels == {"org.scrapy.project": PROJECT, "org.scrapy.spiders": "vk_views"}


def test_what_scrapyd_k8s_reads_is_what_the_rest_says(overlay):
    given = ConfigParser()
    given.read_string(overlay.named("ConfigMap", "scrapyd-k8s")["data"]["scrapyd_k8s.conf"])
    scrapyd, project = given["scrapyd"], given[f"project.{PROJECT}"]
    name = overlay.named("Service", "scrapyd-k8s")["metadata"]["name"]
    urls = overlay.named("ConfigMap", "views-settings")["data"]["SCRAPYD_URLS"]
    assert Settings(secret_key="k" * 32, scrapyd_password="p" * 32, scrapyd_urls=urls).listed_nodes == {
        f"http://{name}:{scrapyd['http_port']}": int(scrapyd["max_proc"])
    }
    assert {each["metadata"].get("namespace") for each in overlay.objects} == {scrapyd["namespace"], None}
    assert project["repository"] == OURS
    assert overlay.named("ConfigMap", project["env_config"])
    rules = {tuple(rule["resources"]): set(rule["verbs"]) for rule in overlay.named("Role", "scrapyd-k8s")["rules"]}
    assert rules[("jobs",)] == {"get", "list", "create", "delete", "patch"}
    for binding in overlay.of("RoleBinding"):
        assert overlay.named("Role", binding["roleRef"]["name"])
        assert all(overlay.named("ServiceAccount", each["name"]) for each in binding["subjects"])


def blocks(kind):
    section = re.search(r"^## In Kubernetes\n(.*?)^## ", OPERATING, re.DOTALL | re.MULTILINE)[1]
    return re.findall(rf"^```{kind}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def test_the_documents_kustomization_is_put_together(tmp_path):
    text = blocks("yaml")[0]
    (tmp_path / "views-stats").symlink_to(ROOT)
    (tmp_path / "kustomization.yaml").write_text(text)
    given, built = yaml.safe_load(text), build(tmp_path)
    image = given["images"][0]
    assert {container["image"] for _, container in built.containers} == {f"{image['newName']}:{image['newTag']}"}
    settings = built.named("ConfigMap", "views-settings")["data"]
    assert set(given["configMapGenerator"][0]["literals"]) < {"=".join(pair) for pair in settings.items()}
    assert built.named("StatefulSet", "views-nodes")["spec"]["replicas"] == given["replicas"][0]["count"]


def test_the_documents_commands_make_the_secrets_that_pods_name(tmp_path):
    commands = re.findall(
        r"^kubectl create secret generic (.*?)(?<!\\)$", "".join(blocks("sh")), re.DOTALL | re.MULTILINE
    )
    made = {
        name: set(re.findall(r"--from-(?:file|literal)=(\w+(?:\.\w+)?)", words))
        for name, words in (each.split(" ", 1) for each in commands)
    }
    base, overlay = build(BASE), build(OVERLAY)
    files = {
        value for name, value in base.named("ConfigMap", "views-settings")["data"].items() if name.endswith("_FILE")
    }
    assert made["views-secrets"] == {PurePosixPath(path).name for path in files}
    volumes = [volume for pod in [*base.pods.values(), *overlay.pods.values()] for volume in pod["spec"]["volumes"]]
    named = {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}
    assert made.keys() == named | {"views-spiders"}
    assert made["views-spiders"] <= SETTINGS
    assert made["scrapyd-k8s-auth"] == {"auth.conf"}
