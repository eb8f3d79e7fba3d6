"""`/metrics`: the database's counts in the format of Prometheus, for administrators."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, Response, current_app
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from control.monitoring import backlog, heartbeat, statistics
from control.monitoring.cached_look import CachedLook
from control.monitoring.statistics import BUCKETS, Durations, Links
from control.web.auth import authenticate_administrator
from control.web.engine import db
from control.web.openapi import OPERATIONS, resource

REMEMBERED_SECONDS = 60.0  # for counts that take long
PATIENCE_SECONDS = 8.0  # Prometheus gives up after ten
REGISTRY = "metrics"  # its key among the app's extensions
TEXT = {"description": "Prometheus's text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}

api = resource("metrics", OPERATIONS, authenticate_administrator)


@api.get("/metrics", responses={200: TEXT, 403: None})
def get_metrics() -> Response:
    """Counts and durations in the format of Prometheus. Those of links are up to a minute old."""
    return Response(generate_latest(current_app.extensions[REGISTRY]), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def install(app: Flask) -> None:
    with app.app_context():
        engine = db.engine
    app.extensions[REGISTRY] = CollectorRegistry(auto_describe=False)
    app.extensions[REGISTRY].register(Counts(engine))


class Counts(Collector):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.links = CachedLook(lambda: statistics.links(engine), REMEMBERED_SECONDS, PATIENCE_SECONDS)

    def collect(self) -> Iterator[Metric]:
        yield from self._of_links()
        yield from self._of_runs()
        yield from self._of_budgets()
        answers = CounterMetricFamily("views_answers", "Answers of the platforms.", labels=("platform", "code"))
        yield _filled(answers, statistics.answers(self.engine))
        yield GaugeMetricFamily("views_batches_open", "Batches not finished.", statistics.open_batches(self.engine))
        yield from _seconds(
            "views_oldest_waiting", "Since a link could be worked on and is not.", backlog.oldest(self.engine) or 0
        )
        yield from _seconds("views_scheduler_beat_age", "Since the scheduler's last beat.", heartbeat.age(self.engine))

    def _of_links(self) -> Iterator[Metric]:
        """Yield nothing if counting takes too long; the next scrape will find the result."""
        try:
            found: Links = self.links.report()
        except TimeoutError:
            return
        counted = GaugeMetricFamily("views_links", "Links there are.", labels=("platform", "status", "reason"))
        yield _filled(counted, found.by_status)
        yield _histogram("views_link_duration_seconds", "From acceptance to the end, of the last hour", found.durations)

    def _of_runs(self) -> Iterator[Metric]:
        counted = GaugeMetricFamily("views_runs", "Runs there are.", labels=("platform", "state", "outcome"))
        yield _filled(counted, statistics.runs(self.engine))
        durations = statistics.run_durations(self.engine)
        yield _histogram("views_run_duration_seconds", "From start to end, of the last hour", durations)

    def _of_budgets(self) -> Iterator[Metric]:
        rows = statistics.budgets(self.engine)
        wait = GaugeMetricFamily("views_budget_wait_seconds", "Until the next free slot.", labels=("budget",))
        yield _filled(wait, [(key, max(0.0, seconds)) for key, seconds, _ in rows])
        paused = GaugeMetricFamily("views_budget_paused_seconds", "Until it is used again.", labels=("budget",))
        yield _filled(paused, [(key, max(0.0, seconds)) for key, _, seconds in rows])


def _filled(family: Any, rows: Iterable[Any]) -> Metric:
    """Add rows. The last column of each is the value, the others are the labels."""
    for *labels, value in rows:
        family.add_metric(labels, value)
    filled: Metric = family
    return filled


def _seconds(name: str, text: str, value: float | None) -> Iterator[Metric]:
    if value is not None:
        yield GaugeMetricFamily(f"{name}_seconds", text, value)


def _histogram(name: str, text: str, durations: Durations) -> Metric:
    buckets = [*zip(map(str, BUCKETS), durations.within, strict=True), ("+Inf", durations.number)]
    return GaugeHistogramMetricFamily(name, text, buckets=buckets, gsum_value=durations.seconds)
