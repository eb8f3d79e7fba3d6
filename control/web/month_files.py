"""The month of a campaign as files."""

import json

from flask import Response

from control.campaigns.month_forms import MonthForm
from control.errors import TooManyRows
from control.exports import month_source
from control.exports.choice import Choice, Format
from control.exports.month_table import MonthTable
from control.exports.working_files import folder
from control.web import workbooks
from control.web.attachments import disposition
from control.web.engine import db
from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.profiles import ProfileName
from crawler.store.database import snapshot

MOST_PLACEMENTS = 200  # of a workbook that is made while the client waits: each may have many readings in the month


def table_answer(made: MonthForm, lang: Lang, profile: ProfileName | None = None) -> Response:
    """Answer with the rows of a form as a table."""
    return _file(made.csv(lang, profile), made.file_name("csv"), "text/csv; charset=utf-8")


def body_answer(made: MonthForm) -> Response:
    """Answer with what is to be sent to a register, and nothing else."""
    return _file(json.dumps(made.body, ensure_ascii=False), made.file_name("json"), "application/json")


def workbook_answer(user_id: str, campaign: str, month: str, lang: Lang, version: int | None = None) -> Response:
    """Answer with the month as XLSX. Raises NotFound, TooManyRows, TooManyRequests, Busy."""
    with snapshot(db.engine) as connection:
        source = month_source.find(connection, user_id, campaign, month, version)
    if source.campaign.placements > MOST_PLACEMENTS:
        raise TooManyRows(
            f"An XLSX of more than {MOST_PLACEMENTS:,} placements takes its time: "
            f'POST /exports {{"campaign": "{campaign}", "month": "{month}"}} makes it.'
        )
    table = MonthTable(source, Choice(Format.XLSX, lang))
    return workbooks.answer(user_id, table.file_name, lambda file: table.write(db.engine, file, folder()))


def _file(text: str, name: str, media_type: str) -> Response:
    return Response(text, headers={"Content-Disposition": disposition(name)}, content_type=media_type)
