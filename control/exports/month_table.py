"""A file of a campaign's month: its name, and how it is written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from control.campaigns import month_lines
from control.exports import month_source
from control.exports.choice import Choice
from control.exports.month_source import HUNDRED, MonthSource, Read
from control.exports.names import plain
from control.reports.forms import form, paper
from control.reports.forms.words import sentence
from crawler.platforms.advice import sentence as why
from crawler.spreadsheets.writing.month_report import FormColumn, MonthReport, Said, Sheets
from crawler.spreadsheets.writing.month_summary import MonthFacts
from crawler.spreadsheets.writing.rows import Row
from crawler.store.database import snapshot

WORDS = {"ru": "Отчёт", "en": "Report"}
Note = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class MonthTable:
    """The XLSX of a month. Its times are shown in the campaign's time zone."""

    source: MonthSource
    choice: Choice

    @property
    def file_name(self) -> str:
        about = plain(self.source.campaign.name) or self.source.campaign.public_id[:8]
        version = f" v{self.source.version}" if self.source.version else ""
        return f"{WORDS[self.choice.lang]} {self.source.month}{version} {about}.{self.choice.format}"

    def write(self, engine: Engine, file: IO[bytes] | Path, folder: Path, note: Note = lambda _: None) -> int:
        """Write it, and `note` how many placements are written. Return how many it has. Working files lie in `folder`
        meanwhile, and none stays there. Raises NotFound if the campaign is deleted meanwhile.
        """
        with snapshot(engine) as connection:
            read = month_source.read(connection, self.source)
        series = month_source.series(engine, self.source, read)
        zone, first, done, said = ZoneInfo(read.report.time_zone), next(series, None), 0, list[Said]()
        with (
            TemporaryDirectory(dir=folder) as parts,
            MonthReport(file, self._sheets(), zone, Path(parts), dynamics=first is not None) as report,
        ):
            for page in month_source.pages(engine, self.source, read.rows):
                report.add_all(page)
                said += self._refused(page)
                done += len(page)
                note(done)
            said += self._add_form(report, read, zone)
            report.add_issues(sorted(said))
            for each in chain([first] if first else [], series):
                report.add_series(each)
            report.close(self._facts(read))
        return done

    def _sheets(self) -> Sheets:
        lang = self.choice.lang
        columns = [FormColumn(each.heading[lang], each.meaning[lang], each.kind) for each in paper.COLUMNS]
        return Sheets(self.source.own, self.source.names_of_ages, columns, lang)

    def _refused(self, page: Iterable[Row]) -> Iterator[Said]:
        for row in page:
            if row.reason:
                yield Said(row.position, row.link, why(row.reason, self.choice.lang), True)

    def _add_form(self, report: MonthReport, read: Read, zone: ZoneInfo) -> Iterator[Said]:
        """Add the rows of the form on paper, and say what keeps placements out of it. Today is that of the campaign's
        zone, because a month that goes on is shown up to now.
        """
        today, lang = datetime.fromtimestamp(read.report.asked.now, zone).date(), self.choice.lang
        filled = form.fill(paper.FORM, month_lines.lines(read.report, read.rows.values()), today)
        for statistic in filled.statistics:
            report.add_form_row([each.value(statistic, lang, zone) for each in paper.COLUMNS])
        for issue in filled.issues:
            yield Said(issue.position, read.rows[issue.position].url, sentence(issue, lang), issue.is_error)

    def _facts(self, read: Read) -> MonthFacts:
        report, sums = read.report, read.total.sum
        return MonthFacts(
            campaign=self.source.campaign.name,
            month=self.source.month,
            zone=report.time_zone,
            currency=report.currency,
            made_at=report.asked.now,
            closed_at=report.closed.closed_at if report.closed else None,
            goes_on=not report.finished,
            posts=sums.posts,
            unmeasured=sums.unmeasured,
            views=sums.views,
            low=sums.low,
            high=sums.high,
            cost=None if sums.cost is None else sums.cost / HUNDRED,
        )
