"""The manifests in docs/deploy/kubernetes as tests read them: a file, and what `kubectl kustomize` puts together."""

import os
import re
import shutil
import subprocess
from functools import cache

import pytest
import yaml

from tests.checkout import ROOT

FOLDER = ROOT / "docs/deploy/kubernetes"
BASE, OVERLAY = FOLDER / "base", FOLDER / "scrapyd-k8s"
KUSTOMIZATIONS = (BASE, OVERLAY)
FILES = sorted(file for file in FOLDER.glob("*/*.yaml") if file.name != "kustomization.yaml")
OURS = "views-stats"  # the image


def read(text):
    return [document for document in yaml.safe_load_all(text) if document]


@cache
def build(kustomization):
    """Return the objects that `kubectl apply -k` would send."""
    if not shutil.which("kubectl"):
        assert not os.environ.get("CI")
        pytest.skip("NOT TESTED, for lack of: kubectl")
    command = ["kubectl", "kustomize", str(kustomization)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")
    return Manifests(read(made.stdout))


class Manifests:
    def __init__(self, objects):
        self.objects = objects

    def of(self, *kinds):
        return [each for each in self.objects if each["kind"] in kinds]

    def named(self, kind, name):
        """The object of this name, which may end with the hash of its content."""
        found = [each for each in self.of(kind) if re.sub(r"-[0-9a-z]{10}$", "", each["metadata"]["name"]) == name]
        assert len(found) == 1, (kind, name)
        return found[0]

    @property
    def pods(self):
        """The template of each pod, by the name of what makes it."""
        return {each["metadata"]["name"]: template for each in self.objects if (template := _template(each))}

    @property
    def containers(self):
        """Each container with its pod's template."""
        return [(pod, container) for pod in self.pods.values() for container in pod["spec"]["containers"]]

    @property
    def our_containers(self):
        return [(pod, container) for pod, container in self.containers if container["image"].startswith(OURS)]

    def labels(self):
        return [pod["metadata"]["labels"] for pod in self.pods.values()]

    def environment(self, pod, container):
        """The variables of a container, with `$(NAME)` put in, and those of the downward API as their paths."""
        found = {}
        for source in container.get("envFrom", ()):
            found |= self.named("ConfigMap", _bare(source["configMapRef"]["name"]))["data"]
        for variable in container.get("env", ()):
            value = variable.get("value") or variable["valueFrom"]["fieldRef"]["fieldPath"].replace(".", "-")
            found[variable["name"]] = re.sub(r"\$\((\w+)\)", lambda name: found[name[1]], value)
        return found


def _bare(name):
    return re.sub(r"-[0-9a-z]{10}$", "", name)


def _template(document):
    spec = document.get("spec", {})
    return spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
