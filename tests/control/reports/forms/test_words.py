import pytest

from control.reports.forms.columns import HEADINGS, KNOWN, OF_THE_POST, FormColumn, recognise
from control.reports.forms.issues import Issue, IssueCode
from control.reports.forms.words import SENTENCES, sentence


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_issue_has_a_sentence_and_every_column_a_heading(lang):
    assert set(SENTENCES[lang]) == set(IssueCode)
    assert all(HEADINGS[column][lang] for column in FormColumn)


def test_a_sentence_names_the_column():
    assert sentence(Issue(3, IssueCode.MISSING, FormColumn.PAD), "en") == "There is no value: “Pad id”."


def test_each_column_that_the_user_gives_is_known_by_its_heading_and_its_name():
    assert set(KNOWN.values()) == set(FormColumn) - set(OF_THE_POST)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Сумма (с НДС, если облагается), ₽", FormColumn.AMOUNT),
        ("Стоимость одного события, ₽", FormColumn.PRICE),
        ("  тип  Платного события", FormColumn.PAY_TYPE),
        ("Ставка НДС, %", FormColumn.VAT_RATE),
        ("Оплаченное кол-во показов", FormColumn.PAID_SHOWS),
        ("creative_external_id", FormColumn.CREATIVE),
        ("Pad External ID", FormColumn.PAD),
    ],
)
def test_columns_are_recognised_as_people_write_them(name, column):
    assert recognise({name: " x "}) == {column: ["x"]}


@pytest.mark.parametrize("name", ["Креатив", "Сумма", "Площадка", "erid", "wall", ""])
def test_what_could_be_something_else_is_not(name):
    """A sum may be without VAT, and a creative its title."""
    assert recognise({name: "x"}) == {}
