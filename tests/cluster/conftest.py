"""The whole form has scenarios of its own, and ends with the table that docs/operating.md quotes."""

from tests.cluster import extent, table

collect_ignore = [] if extent.WHOLE else ["whole"]


def pytest_terminal_summary(terminalreporter):
    if table.rows:
        terminalreporter.write_line(table.text())
