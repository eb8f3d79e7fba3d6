"""Reading in this process, without the child: for rules."""

from crawler import platforms
from crawler.spreadsheets.reading.link_cells import LinkReader
from crawler.spreadsheets.reading.opening import open_file
from crawler.spreadsheets.reading.table import Corrections, open_table, understand

READER = LinkReader(platforms.identify)


def read(data, **corrections):
    """What is understood, and the rows as number, links and own cells by name."""
    given = Corrections(**corrections)
    table = open_table(open_file(data, READER), READER, given)
    understood = understand(table, given)
    rows = [(row.number, row.links, dict(zip(table.own, table.cells(row), strict=True))) for row in table.rows()]
    return understood, rows


def codes(understood):
    return [(problem["row"], problem["code"]) for problem in understood["problems"]]
