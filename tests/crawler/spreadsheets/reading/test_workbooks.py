"""XLSX and ODS: links behind words, several sheets, merged cells, numbers."""

import pytest

from crawler.spreadsheets.reading.refusals import FileRefused
from tests.crawler.spreadsheets.reading.packages import data, row, xlsx, zipped
from tests.crawler.spreadsheets.reading.tables import codes, read

LINK = "https://vk.com/wall-1_{}"
HEAD = row(1, "Имя", "Пост")
ODS = (
    '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:xlink="l" xmlns:style="s">'
    "<office:automatic-styles>{styles}</office:automatic-styles>"
    "<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
)


def ods(tables, styles=""):
    return zipped({"content.xml": ODS.format(tables=tables, styles=styles)})


def ods_row(*cells):
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def ods_cell(text, attributes=""):
    return f'<table:table-cell office:value-type="string" {attributes}><text:p>{text}</text:p></table:table-cell>'


def links(rows):
    return [found for _, found, _ in rows]


def test_links_of_xlsx_that_lie_behind_a_word():
    hidden = '<hyperlinks><hyperlink ref="B2:B3" r:id="link0"/><hyperlink ref="B4" location="A1"/></hyperlinks>'
    sheet = data(HEAD, row(2, "Анна", "пост"), row(3, "Борис", "ещё"), row(4, "Вера", "сюда")) + hidden
    understood, rows = read(xlsx(("Лист", sheet), links=[LINK.format(1)]))
    assert links(rows) == [[LINK.format(1)], [LINK.format(1)], []]
    assert rows[0][2] == {"Имя": "Анна", "Пост": "пост"}
    assert (understood["link_column"], understood["sheet"]) == ("Пост", "Лист")


@pytest.mark.parametrize(
    ("formula", "link"),
    [
        ("HYPERLINK(&quot;https://vk.com/wall-1_1&quot;,&quot;пост&quot;)", LINK.format(1)),
        ("IF(A2=&quot;&quot;,&quot;&quot;,HYPERLINK( &quot;https://vk.com/wall-1_1&quot; ))", LINK.format(1)),
        ("HYPERLINK(&quot;https://vk.com/wall-1_&quot;&amp;C2,&quot;пост&quot;)", LINK.format(7)),
        ("HYPERLINK($D$2)", LINK.format(8)),
        ("HYPERLINK(C9)", None),
        ("HYPERLINK(CONCATENATE(A1))", None),
        ("SUM(C2)", None),
    ],
)
def test_formulas_of_xlsx_that_lead_somewhere(formula, link):
    sheet = data(row(1, "Имя", "Пост", "Номер", "Адрес"), row(2, "Анна", (formula, "пост"), 7, LINK.format(8)))
    _, rows = read(xlsx(("S", sheet)), link_column="Пост")
    assert links(rows) == [[link] if link else []]


def test_a_formula_shared_by_cells_below():
    cells = (
        '<row r="2"><c r="A2" t="inlineStr"><is><t>wall-1_1</t></is></c><c r="B2" t="str">'
        '<f t="shared" ref="B2:B3" si="0">HYPERLINK("https://vk.com/"&amp;A2,"пост")</f><v>пост</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>wall-1_2</t></is></c>'
        '<c r="B3" t="str"><f t="shared" si="0"/><v>пост</v></c></row>'
    )
    _, rows = read(xlsx(("S", data(row(1, "Ключ", "Пост"), cells))), link_column="Пост")
    assert links(rows) == [[LINK.format(1)], [LINK.format(2)]]


def test_the_sheet_with_most_links_is_taken_and_said():
    one = data(row(1, "Ссылка"), row(2, LINK.format(1)))
    two = data(row(3, "Ссылка"), row(5, LINK.format(2)), row(6, LINK.format(3)))
    file = xlsx(("Архив", one), ("Октябрь", two))
    understood, rows = read(file)
    assert (understood["sheet"], understood["sheets"]) == ("Октябрь", ["Архив", "Октябрь"])
    assert [number for number, _, _ in rows] == [5, 6]
    assert links(read(file, sheet="Архив")[1]) == [[LINK.format(1)]]


def test_cells_that_begin_far_from_the_corner_keep_their_columns():
    sheet = data(
        '<row r="4"><c r="C4" t="inlineStr"><is><t>Ссылка</t></is></c>'
        '<c r="D4" t="inlineStr"><is><t>Имя</t></is></c></row>',
        f'<row r="5"><c r="C5" t="inlineStr"><is><t>{LINK.format(1)}</t></is></c><c r="D5"><v>5</v></c></row>',
    )
    understood, rows = read(xlsx(("S", sheet)))
    assert understood["header_row"] == 4
    assert rows == [(5, [LINK.format(1)], {"Имя": "5"})]


def test_merged_cells_are_each_rows():
    merged = '<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="A1:B1"/></mergeCells>'
    sheet = data(row(1, "Отчёт"), row(2, "Анна", LINK.format(1)), row(3, "", LINK.format(2)))
    _, rows = read(xlsx(("S", sheet + merged)))
    assert [own["A"] for _, _, own in rows[-2:]] == ["Анна", "Анна"]


def test_numbers_are_text_with_the_digits_they_have():
    sheet = data(
        HEAD, *(row(at, value, LINK.format(at)) for at, value in enumerate((5, 0.1, 1234567890123, 1.5e19), 2))
    )
    understood, rows = read(xlsx(("S", sheet)))
    assert [own["Имя"] for _, _, own in rows] == ["5", "0.1", "1234567890123", "1.5E+19"]
    assert codes(understood) == [(5, "lost_number")]


def test_an_apostrophe_of_a_workbook_is_the_users():
    _, rows = read(xlsx(("S", data(HEAD, row(2, "'=1", LINK.format(1))))))
    assert rows[0][2] == {"Имя": "'=1"}


def test_macros_and_links_to_other_files_are_left_alone():
    more = {"xl/vbaProject.bin": b"\xd0\xcf" * 100, "xl/externalLinks/externalLink1.xml": "<externalLink/>"}
    _, rows = read(xlsx(("S", data(HEAD, row(2, "Анна", LINK.format(1)))), more=more))
    assert links(rows) == [[LINK.format(1)]]


def test_links_of_ods_that_lie_behind_a_word():
    anchor = f'<text:a xlink:href="{LINK.format(1)}">по<text:span>ст</text:span></text:a>'
    formula = 'table:formula="of:=HYPERLINK(&quot;https://vk.com/wall-1_2&quot;;&quot;пост&quot;)"'
    rows = (
        ods_row(ods_cell("Имя"), ods_cell("Пост")),
        ods_row(ods_cell("Анна"), ods_cell(anchor)),
        ods_row(ods_cell("Борис"), ods_cell("пост", formula)),
    )
    understood, found = read(ods(f'<table:table table:name="Л">{"".join(rows)}</table:table>'))
    assert found == [
        (2, [LINK.format(1)], {"Имя": "Анна", "Пост": "пост"}),
        (3, [LINK.format(2)], {"Имя": "Борис", "Пост": "пост"}),
    ]
    assert (understood["kind"], understood["sheet"]) == ("ods", "Л")


def test_ods_rows_and_cells_that_are_repeated():
    blank = (
        '<table:table-row table:number-rows-repeated="{}">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    cells = ods_cell(LINK.format(1)) + ods_cell("x", 'table:number-columns-repeated="3"')
    twice = f'<table:table-row table:number-rows-repeated="2">{cells}</table:table-row>'
    _, rows = read(ods(f'<table:table table:name="L">{blank.format(3)}{twice}{blank.format(1048571)}</table:table>'))
    assert rows == [(number, [LINK.format(1)], dict.fromkeys("BCD", "x")) for number in (4, 5)]


def test_a_comment_in_an_ods_cell_is_not_its_text():
    note = "<office:annotation><text:p>проверь</text:p></office:annotation>"
    text = '<text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p>'
    cell = f'<table:table-cell office:value-type="string">{note}{text}</table:table-cell>'
    _, rows = read(ods(f'<table:table table:name="L">{ods_row(ods_cell(LINK.format(1)), cell)}</table:table>'))
    assert rows[0][2] == {"B": "a  b\nc"}


def test_a_hidden_sheet_comes_after_those_that_are_shown():
    style = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    hidden = ods_row(ods_cell(LINK.format(1))) + ods_row(ods_cell(LINK.format(2)))
    shown = ods_row(ods_cell(LINK.format(3)))
    first = f'<table:table table:name="H" table:style-name="h">{hidden}</table:table>'
    second = f'<table:table table:name="S">{shown}</table:table>'
    understood, _ = read(ods(first + second, style))
    assert understood["sheet"] == "S"


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + b"no zip" * 10,
        zipped({"a.txt": "a"}),
        zipped({"../../etc/passwd": "a", "xl/workbook.xml": ""}),
        zipped({f"xl/{each}": "" for each in range(2001)}),
        zipped({"xl/workbook.bin": ""}),
        zipped({"content.xml": "<office:x", "META-INF/manifest.xml": "<x/>"}),
        zipped({"content.xml": "", "META-INF/manifest.xml": "<manifest:encryption-data/>"}),
    ],
)
def test_packages_that_are_no_spreadsheets_are_refused_in_words(data):
    with pytest.raises(FileRefused, match=r"\."):
        read(data)
