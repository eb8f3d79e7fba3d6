"""Tables as text: whatever program wrote them."""

import csv
import io
from itertools import product

import pytest

from crawler import platforms
from crawler.spreadsheets.reading import columns
from crawler.spreadsheets.reading.refusals import FileRefused
from tests.crawler.spreadsheets.reading.tables import codes, read

ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16",
    "cp1251": "windows-1251",
}
DELIMITERS = ("\t", ";", ",", "|")
ABOVE = {
    "none": [],
    "header": [["Блогер", "Цена, руб.", "Ссылка на пост", "Заметка"]],
    "title and header": [["Отчёт за октябрь", "", "", ""], [], ["Блогер", "Цена, руб.", "Ссылка на пост", "Заметка"]],
}
ROWS = [
    ["Анна", "1200,50", "https://vk.com/wall-1_1", "с рилсом; и сторис"],
    ["Борис, мл.", "900", "https://vk.com/wall-1_2", "две\nстроки"],
    ["«Вера»", "1 000", "https://vk.com/video-1_3", ""],
]
LINK = "https://vk.com/wall-1_{}"


def written(rows, delimiter, encoding="utf-8"):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode(encoding)


@pytest.mark.parametrize(("encoding", "delimiter", "above"), list(product(ENCODINGS, DELIMITERS, ABOVE)))
def test_encoding_delimiter_and_header_are_found(encoding, delimiter, above):
    understood, rows = read(written([*ABOVE[above], *ROWS], delimiter, encoding))
    begin, header = len(ABOVE[above]), ABOVE[above][-1] if ABOVE[above] else ["A", "B", "C", "D"]
    assert (understood["encoding"], understood["delimiter"]) == (ENCODINGS[encoding], delimiter)
    assert understood["header_row"] == (begin or None)
    assert understood["link_column"] == header[2]
    own = [name for name in header if name != header[2]]
    expected = [
        (begin + at, [row[2]], dict(zip(own, row[:2] + row[3:], strict=True))) for at, row in enumerate(ROWS, 1)
    ]
    assert [row for row in rows if row[1]] == expected


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(encoding):
    understood, rows = read(written([*ABOVE["header"], *ROWS], ";", encoding))
    assert understood["encoding"] == encoding
    assert [links for _, links, _ in rows] == [[row[2]] for row in ROWS]


def test_a_letter_cut_in_two_does_not_spoil_the_others():
    data = written([*ABOVE["header"], *ROWS], ";")
    understood, rows = read(data + LINK.format(4).join(["Глеб;5;", ";Дальше"]).encode()[:-1])
    assert (understood["encoding"], codes(understood)) == ("utf-8", [(None, "broken_letters")])
    assert [own["Блогер"] for _, _, own in rows] == ["Анна", "Борис, мл.", "«Вера»", "Глеб"]
    assert rows[-1][2]["Заметка"] == "Дальш\ufffd"
    understood, _ = read(f"Имя;Ссылка\n\ufffd;{LINK.format(1)}".encode())
    assert understood["encoding"] == "utf-8"


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "mac-cyrillic", "utf-7"])
def test_links_are_found_in_encodings_that_nobody_can_tell(encoding):
    _, rows = read(written([*ABOVE["header"], *ROWS[:2]], ";", encoding))
    assert [links for _, links, _ in rows if links] == [[row[2]] for row in ROWS[:2]]


def test_recognised_columns_are_named_by_role():
    understood, _ = read(written([*ABOVE["header"], *ROWS], ";"))
    assert [(each["name"], each["role"], each["kept"]) for each in understood["columns"]] == [
        ("Блогер", "blogger", True),
        ("Цена, руб.", "cost", True),
        ("Ссылка на пост", "link", False),
        ("Заметка", "note", True),
    ]


@pytest.mark.parametrize("between", ["\n", "\r\n", " ", ", ", "; ", "\n\n", "\t"])
def test_a_list_of_links_is_no_table(between):
    text = between.join(LINK.format(number) for number in range(1, 5))
    understood, rows = read(text.encode())
    assert (understood["kind"], understood["delimiter"]) == ("txt", None)
    assert [link for _, links, _ in rows for link in links] == [LINK.format(number) for number in range(1, 5)]
    assert all(own == {} for _, links, own in rows if len(links) == 1)


def test_many_links_in_one_line_are_all_there():
    expected = [LINK.format(number) for number in range(1, 5_001)]
    understood, rows = read(" ".join(expected).encode())
    assert (understood["links"], rows[0][1]) == (5_000, expected)


@pytest.mark.parametrize(
    "text",
    ["'{}", "«{}»", "({})", "пост: {}.", "1. {}", "<{}>", '"{}"!'],
)
def test_signs_around_a_link_are_not_its(text):
    _, rows = read(written([["Имя", "Ссылка"], ["Анна", text.format(LINK.format(1))]], "\t"))
    identified = platforms.identify(rows[0][1][0])
    assert identified == platforms.identify(LINK.format(1))


def test_of_two_columns_with_as_many_links_the_one_that_is_called_so_is_taken():
    table = [["Референс", "Имя", "ССЫЛКА НА ПОСТ"], *([LINK.format(each), "x", LINK.format(9)] for each in (1, 2))]
    understood, rows = read(written(table, ";"))
    assert understood["link_column"] == "ССЫЛКА НА ПОСТ"
    assert rows[0] == (2, [LINK.format(9)], {"Референс": LINK.format(1), "Имя": "x"})


def test_the_header_may_stand_below_what_is_said_of_the_report():
    above = [
        ["Отчёт"],
        ["Клиент", "ООО «Ромашка»"],
        ["Период", "01.10.2026-31.10.2026"],
        [],
        ["Менеджер", "Иванов"],
        [],
    ]
    table = [*above, ["", "Blogger", "Post URL", "Cost, RUB"], ["", "Анна", LINK.format(1), "1 200,50 ₽"]]
    understood, rows = read(written(table, ";"))
    assert understood["header_row"] == 7
    assert [(each["name"], each["role"]) for each in understood["columns"] if each["role"]] == [
        *(("Blogger", "blogger"), ("Post URL", "link"), ("Cost, RUB", "cost"))
    ]
    assert rows[-1] == (8, [LINK.format(1)], {"A": "", "Blogger": "Анна", "Cost, RUB": "1 200,50 ₽"})


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *(("Стоимость (с НДС), руб.", "cost"), ("ЦЕНА ЗА ПОСТ", "cost"), ("Бюджет, ₽", "cost")),
        *(("Сумма платежа", "cost"), ("Стоимость, тыс. руб.", None), ("Автор", "blogger"), ("ERID (токен)", "erid")),
        *(("Счёт №", "invoice"), ("Дата выхода поста", "date"), ("ER, %", "er"), ("В ОРД", "marking")),
        *(("Отчитано ранее", "baseline"), ("Просмотры на начало месяца", "baseline"), ("Baseline", "baseline")),
        *(("Просмотры план", None), ("  Ссылка  на\nпост: ", "link"), ("", None), ("Цена" * 100, None)),
    ],
)
def test_what_a_column_holds_is_told_by_its_name(name, role):
    assert columns.role(name) == role


def test_lines_end_in_all_ways():
    text = f'Ссылка;Имя\r\n{LINK.format(1)};a\r{LINK.format(2)};b\u2028c\n\r\n{LINK.format(3)};"d\r\ne"'
    _, rows = read(text.encode())
    assert rows == [
        (2, [LINK.format(1)], {"Имя": "a"}),
        (3, [LINK.format(2)], {"Имя": "b\u2028c"}),
        (5, [LINK.format(3)], {"Имя": "d\r\ne"}),
    ]


def test_a_line_without_an_end_is_refused_in_words():
    with pytest.raises(FileRefused, match="longer than"):
        read(f"Ссылка;Имя\n{LINK.format(1)};".encode() + b"a;" * 2_600_000)


def test_a_word_above_a_list_is_its_header():
    understood, rows = read(f"Ссылка\n{LINK.format(1)}, {LINK.format(2)}\n{LINK.format(3)}\n".encode())
    assert understood["header_row"] == 1
    assert [links for _, links, _ in rows] == [[LINK.format(1), LINK.format(2)], [LINK.format(3)]]


def test_several_links_in_a_cell_repeat_their_columns():
    _, rows = read(written([["Имя", "Ссылка"], ["Анна", f"{LINK.format(1)}\n{LINK.format(2)} (сторис)"]], ";"))
    cell = f"{LINK.format(1)}\n{LINK.format(2)} (сторис)"
    assert rows == [(2, [LINK.format(1), LINK.format(2)], {"Имя": "Анна", "Ссылка": cell})]


def test_totals_and_rows_without_a_link_are_said_and_kept():
    table = [["Имя", "Ссылка", "Цена"], ["Анна", LINK.format(1), "5"], ["Борис", "удалён", "6"], ["Итого", "", "11"]]
    understood, rows = read(written(table, ";"))
    assert codes(understood) == [(3, "no_link"), (4, "totals")]
    assert (understood["rows"], understood["links"], understood["rows_without_link"]) == (3, 1, 2)
    assert rows[1:] == [(3, [], {"Имя": "Борис", "Цена": "6"}), (4, [], {"Имя": "Итого", "Цена": "11"})]


def test_a_rounded_number_is_said_and_not_guessed():
    table = [["Ссылка", "erid"], [LINK.format(1), "1,23457E+19"], ["1.23E+19", "2SDnjegvUsB"]]
    understood, rows = read(written(table, ";"))
    assert (2, "lost_number") in codes(understood)
    assert (3, "lost_number") in codes(understood)
    assert rows[1][1] == []


def test_the_apostrophe_of_our_own_exports_is_taken_off():
    table = [["Ссылка", "Имя"], [LINK.format(1), "'=1+1"], [LINK.format(2), "'@anna"], [LINK.format(3), "'тихо'"]]
    _, rows = read(written(table, ","))
    assert [own["Имя"] for _, _, own in rows] == ["=1+1", "@anna", "'тихо'"]


def test_the_line_that_tells_excel_the_delimiter_is_no_row():
    understood, rows = read(f"sep=;\r\nСсылка;Имя\r\n{LINK.format(1)};a,b\r\n".encode())
    assert understood["delimiter"] == ";"
    assert rows == [(2, [LINK.format(1)], {"Имя": "a,b"})]


def test_equal_names_are_told_apart_and_missing_ones_are_letters():
    _, rows = read(written([["Имя", "Имя", "", "Ссылка"], ["a", "b", "c", LINK.format(1)]], ";"))
    assert rows[0][2] == {"Имя": "a", "Имя_2": "b", "C": "c"}


def test_a_quote_that_nothing_closes_is_text():
    lines = ["Имя;Ссылка", f'"Кино;{LINK.format(0)}', *(f"Анна;{LINK.format(each)}" for each in range(1, 2000))]
    understood, rows = read("\n".join(lines).encode())
    assert (None, "broken_quotes") in codes(understood)
    assert [links for _, links, _ in rows] == [[LINK.format(each)] for each in range(2000)]
    assert rows[0][2] == {"Имя": '"Кино'}


def test_the_column_of_posts_wins_over_that_of_channels():
    table = [["Ссылка", "Пост"], *([f"https://vk.com/club{each}", LINK.format(each)] for each in range(1, 4))]
    understood, rows = read(written(table, ";"))
    assert understood["link_column"] == "Пост"
    assert rows[0][2] == {"Ссылка": "https://vk.com/club1"}


def test_a_foreign_link_among_the_links_gets_its_row():
    understood, rows = read(written([["Ссылка"], [LINK.format(1)], ["https://t.me/a/1"], ["не вышло"]], ";"))
    assert [links for _, links, _ in rows] == [[LINK.format(1)], ["https://t.me/a/1"], []]
    assert codes(understood) == [(4, "no_link")]


def test_corrections_win():
    table = [["x", "y", "z"], ["Имя", LINK.format(8), LINK.format(9)], ["Анна", LINK.format(1), LINK.format(2)]]
    _, rows = read(written(table, ";"), header_row=2, link_column=LINK.format(9), columns=["Имя"])
    assert rows == [(1, [], {"Имя": "x"}), (3, [LINK.format(2)], {"Имя": "Анна"})]
    _, rows = read(written(table, ";"), header_row=0, link_column="B", columns=[])
    assert [links for _, links, _ in rows] == [[], [LINK.format(8)], [LINK.format(1)]]


@pytest.mark.parametrize("wrong", [{"link_column": "нет"}, {"columns": ["нет"]}, {"sheet": "нет"}])
def test_a_correction_that_names_nothing_is_refused(wrong):
    with pytest.raises(FileRefused, match="нет"):
        read(written([*ABOVE["header"], *ROWS], ";"), **wrong)


def test_long_cells_are_cut_and_many_columns_left_out():
    table = [["Ссылка", *(f"c{each}" for each in range(70))], [LINK.format(1), "x" * 2001, *["y"] * 69]]
    understood, rows = read(written(table, ";"))
    assert len(rows[0][2]) == 60
    assert rows[0][2]["c0"] == "x" * 2000
    assert {code for _, code in codes(understood)} == {"cut_cell", "more_columns"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n ",
        b"%PDF-1.7 " + b"x" * 50,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        bytes(range(32)) * 20,
        b"<html><table>",
    ],
)
def test_what_is_no_table_is_refused_in_words(data):
    with pytest.raises(FileRefused, match=r"\."):
        read(data)


@pytest.mark.parametrize(("columns", "shown"), [(25, 2000), (500, 100), (16_384, 3)])
def test_the_first_rows_of_wide_tables_are_shown_short(columns, shown):
    row = ";".join(["https://vk.com/wall-1_1", *["ы" * min(3000, 3 * shown)] * (columns - 1)])
    understood, _ = read("\n".join([row] * 3).encode())
    assert {len(cell) for first in understood["first_rows"] for cell in first["cells"][1:]} == {min(2000, shown)}
    assert len(understood["columns"]) == columns


def test_a_table_with_more_columns_than_any_program_has_is_refused():
    with pytest.raises(FileRefused, match="16,384 columns"):
        read(";".join(["https://vk.com/wall-1_1", *"a" * 16_384]).encode())
