"""A model of the life of links in plain Python. The database must agree with it after every step."""

from dataclasses import dataclass, field

from crawler.exceptions import Fenced
from crawler.queue.claims import ATTEMPTS

TRIES = 2  # of answers, so that last ones come soon


@dataclass
class ModelLink:
    batch: int
    position: int
    duplicate_of: int | None
    status: str = "created"
    reason: str | None = None
    attempts: int = 0
    run: str | None = None
    views: int | None = None
    sent: bool = False
    due: float = 0.0
    company: int = 0

    @property
    def careful(self):
        return self.attempts > 0 and self.company > 0

    def end(self, status, reason=None, views=None):
        self.status, self.reason, self.views = status, reason, views

    def back(self):
        self.status, self.run, self.sent = "created", None, False

    def charge(self, reason, now, most):
        self.due, self.attempts = now + min(600.0, 5.0 * 2**self.attempts), self.attempts + 1
        if self.attempts >= most:
            self.end("failed", reason)
        else:
            self.back()


@dataclass
class ModelRun:
    batch: int
    state: str = "queued"
    lease_until: float = 0.0


@dataclass
class Model:
    """`now` is the one clock there is."""

    now: float
    links: dict[int, ModelLink] = field(default_factory=dict)
    runs: dict[str, ModelRun] = field(default_factory=dict)
    deadlines: dict[int, float] = field(default_factory=dict)

    def held(self, run):
        return [link for link in self.links.values() if link.run == run and link.status == "in progress"]

    def start(self, run, lease):
        won = self.runs[run].state == "queued"
        if won:
            self.runs[run].state, self.runs[run].lease_until = "running", self.now + lease
        return won

    def hold(self, run, lease):
        if self.runs[run].state != "running" or self.runs[run].lease_until <= self.now:
            raise Fenced(run)
        self.runs[run].lease_until = self.now + lease

    def claim(self, run, lease, limit):
        self.hold(run, lease)
        waiting = [link for link in self.links.values() if link.batch == self.runs[run].batch]
        waiting = [link for link in waiting if link.status == "created"]
        due = [link for link in waiting if link.due <= self.now]
        firsts = [link.position for link in due if not link.careful][:limit]
        if due and not firsts:
            alike = [link.position for link in due[:limit] if link.company == due[0].company]
            firsts = alike[: due[0].company]
        taken = [link for link in waiting if link.position in firsts or link.duplicate_of in firsts]
        for link in taken:
            link.status, link.run, link.sent = "in progress", run, False
        return {link.position for link in taken}

    def mark_sent(self, run, lease, ids):
        self.hold(run, lease)
        for link in self._mine(run, ids):
            link.sent = True

    def measured(self, run, lease, ids, views):
        self.hold(run, lease)
        for link in self._mine(run, ids):
            link.end("done", views=views)

    def gone(self, run, lease, ids):
        self.hold(run, lease)
        for link in self._mine(run, ids):
            link.end("failed", "deleted")

    def again(self, run, lease, ids):
        self.hold(run, lease)
        for link in self._mine(run, ids):
            link.charge("network", self.now, TRIES)
            link.company = 0

    def _mine(self, run, ids):
        return [self.links[id_] for id_ in ids if self.links[id_] in self.held(run)]

    def settle(self, run, lease):
        self.hold(run, lease)
        self._end_run(run, "finished")

    def lose(self, run):
        lost = self.runs[run].state == "running" and self.runs[run].lease_until < self.now
        if lost:
            sent = [link for link in self.held(run) if link.sent]
            for link in sent:
                link.charge("lost", self.now, ATTEMPTS)
                link.sent, link.company = False, -(-len(sent) // 4)
            self._end_run(run, "lost")
        return lost

    def _end_run(self, run, state):
        self.runs[run].state = state
        for link in self.held(run):
            link.back()

    def cancel(self, run):
        active = self.runs[run].state in {"queued", "running"}
        if active:
            self.runs[run].state = "finished"
            self._fail(lambda link: link.batch == self.runs[run].batch and link.run in {None, run}, "cancelled")
        return active

    def expire(self):
        late = {batch for batch, deadline in self.deadlines.items() if deadline < self.now}
        self._fail(lambda link: link.batch in late and link.status == "created", "deadline")

    def _fail(self, which, reason):
        for link in self.links.values():
            if link.status in {"created", "in progress"} and which(link):
                link.end("failed", reason)
