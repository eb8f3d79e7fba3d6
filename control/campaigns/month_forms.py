"""A campaign's month as the form of a register."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from control.campaigns import month_lines, month_report
from control.campaigns.month_report import Report
from control.reports.forms import form, table
from control.reports.forms.form import Filled, Form
from control.reports.forms.known import FORMS, FormName
from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.profiles import PROFILES, ProfileName


class MonthForm(NamedTuple):
    """`links` are those of the placements, by position."""

    report: Report
    form: Form
    filled: Filled
    links: Mapping[int, str]

    @property
    def body(self) -> dict[str, Any]:
        """Return what is to be sent."""
        return {self.form.wrap: self.filled.rows}

    def csv(self, lang: Lang, profile: ProfileName | None = None) -> str:
        return table.csv(self.form, self.filled, PROFILES[profile or ("excel" if lang == "ru" else "plain")], lang)

    def file_name(self, ending: str) -> str:
        return f"{self.form.name} {self.report.month.name}.{ending}"


def fill(connection: Connection, report: Report, name: FormName) -> MonthForm:
    """Fill a form with all placements of the month, by the day that it is in UTC, as registers have it."""
    rows = list(month_report.rows(connection, report))
    today = datetime.fromtimestamp(report.asked.now, UTC).date()
    filled = form.fill(FORMS[name], month_lines.lines(report, rows), today)
    return MonthForm(report, FORMS[name], filled, {row.position: row.url for row in rows})
