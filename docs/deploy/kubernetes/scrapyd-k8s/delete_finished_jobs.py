"""Deletes the Jobs that scrapyd-k8s has made for runs of ours and that ended an hour ago or earlier, with their pods.

It asks the Kubernetes that it runs in, by its pod's own account, and knows Python's standard library only.
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/
"""

import json
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
OURS = "org.scrapy.project=default"
OVER = {"Complete", "Failed"}  # not "Suspended": such a Job has not begun
KEPT = timedelta(hours=1)
AT_ONCE = 500


class Jobs:
    """The Jobs of the namespace `account` belongs to."""

    def __init__(self, server: str, account: Path) -> None:
        self.url = f"{server}/apis/batch/v1/namespaces/{(account / 'namespace').read_text().strip()}/jobs"
        self.headers = {"Authorization": f"Bearer {(account / 'token').read_text().strip()}"}
        self.trusted = ssl.create_default_context(cafile=account / "ca.crt")

    def ask(self, method: str, path: str = "", **options: str | int) -> dict:
        request = Request(f"{self.url}{path}?{urlencode(options)}", method=method, headers=self.headers)
        with urlopen(request, timeout=30, context=self.trusted) as answer:
            return json.load(answer)

    def listed(self) -> list[dict]:
        found, more = [], ""
        while True:
            page = self.ask("GET", labelSelector=OURS, limit=AT_ONCE, **({"continue": more} if more else {}))
            found += page["items"]
            if not (more := page["metadata"].get("continue", "")):
                return found

    def delete(self, name: str) -> None:
        self.ask("DELETE", f"/{name}", propagationPolicy="Background")


def ended_before(job: dict, moment: datetime) -> bool:
    conditions = job["status"].get("conditions", [])
    ends = [each for each in conditions if each["type"] in OVER and each["status"] == "True"]
    return any(datetime.fromisoformat(each["lastTransitionTime"]) <= moment for each in ends)


def main(server: str, account: Path) -> None:
    jobs = Jobs(server, account)
    old = [job["metadata"]["name"] for job in jobs.listed() if ended_before(job, datetime.now(UTC) - KEPT)]
    for name in old:
        jobs.delete(name)
    print(f"deleted {len(old)} finished jobs")


if __name__ == "__main__":
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    main(f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}", ACCOUNT)
