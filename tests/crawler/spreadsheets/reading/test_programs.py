"""Files as LibreOffice and gnumeric write them: made here, by those programs."""

import os
import shutil
import subprocess

import pytest

from tests.crawler.spreadsheets.reading.tables import codes, read

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("office")]

LINK = "https://vk.com/wall-1_{}"
CELL = '<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p></table:table-cell>'
FLAT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:body><office:spreadsheet>
<table:table table:name="Черновик"><table:table-row>{draft}</table:table-row></table:table>
<table:table table:name="Октябрь">{rows}</table:table>
</office:spreadsheet></office:body></office:document>"""


def cell(text, more=""):
    return CELL.format(text=text, more=more)


def anchor(number):
    return cell(f'<text:a xlink:type="simple" xlink:href="{LINK.format(number)}">пост</text:a>')


def rows(*of):
    return "".join(f"<table:table-row>{''.join(cells)}</table:table-row>" for cells in of)


FORMULA = ' table:formula="of:=HYPERLINK(&quot;https://vk.com/wall-1_3&quot;;&quot;пост&quot;)"'
COVERED = "<table:covered-table-cell/>"
NUMBER = '<table:table-cell office:value-type="float" office:value="{}"/>'
SOURCE = FLAT.format(
    draft=cell("ничего"),
    rows=rows(
        [cell("Отчёт", ' table:number-columns-spanned="3"'), COVERED, COVERED],
        [],
        [cell("Блогер"), cell("Ссылка"), cell("Цена")],
        [cell("Анна", ' table:number-rows-spanned="2"'), cell(LINK.format(1)), NUMBER.format("1200.5")],
        [COVERED, anchor(2), NUMBER.format("12345678901234567890")],
        [cell("=не формула"), cell("пост", FORMULA), cell("две</text:p><text:p>строки")],
        [cell("Итого"), cell(""), NUMBER.format("1200.5")],
    ),
)


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """The source as both programs save it, by kind."""
    folder = tmp_path_factory.mktemp("office")
    for program in ("soffice", "ssconvert"):
        if shutil.which(program) is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is not installed")
    (folder / "source.fods").write_text(SOURCE, encoding="utf-8")
    profile = f"-env:UserInstallation=file://{folder}/profile"
    kinds = ("xlsx", "ods", "xls")
    for kind in kinds:
        run(folder, "soffice", profile, "--headless", "--convert-to", kind, "--outdir", kind, "source.fods")
    for kind in kinds:
        run(folder, "ssconvert", "xlsx/source.xlsx", f"gnumeric.{kind}")
    return {f"LibreOffice {kind}": folder / kind / f"source.{kind}" for kind in kinds} | {
        f"gnumeric {kind}": folder / f"gnumeric.{kind}" for kind in kinds
    }


def run(folder, *command):
    subprocess.run(
        command, cwd=folder, check=True, capture_output=True, timeout=120, env=os.environ | {"HOME": str(folder)}
    )


@pytest.mark.parametrize("program", ["LibreOffice", "gnumeric"])
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_what_programs_save_is_read(files, program, kind):
    understood, found = read(files[f"{program} {kind}"].read_bytes())
    assert (understood["kind"], understood["sheet"], understood["header_row"]) == (kind, "Октябрь", 3)
    assert [(number, links) for number, links, _ in found] == [
        (1, []),
        (4, [LINK.format(1)]),
        (5, [LINK.format(2)]),
        (6, [LINK.format(3)]),
        (7, []),
    ]
    assert [own["Блогер"] for _, _, own in found[1:]] == ["Анна", "Анна", "=не формула", "Итого"]
    assert [own["Цена"] for _, _, own in found[1:]] == ["1200.5", "1.23456789012346E+19", "две\nстроки", "1200.5"]
    assert codes(understood) == [(5, "lost_number"), (7, "totals")]


@pytest.mark.parametrize("program", ["LibreOffice", "gnumeric"])
def test_of_xls_it_is_said_that_hidden_links_cannot_be_had(files, program):
    understood, found = read(files[f"{program} xls"].read_bytes())
    assert (understood["kind"], understood["sheet"]) == ("xls", "Октябрь")
    assert [links for _, links, _ in found if links] == [[LINK.format(1)]]
    assert codes(understood)[0] == (None, "xls_hidden_links")
