"""What is said of issues, in both languages. `{column}` is the heading of the column that an issue is about."""

from control.reports.forms.columns import HEADINGS
from control.reports.forms.issues import Issue, IssueCode
from crawler.platforms.advice import Lang

SENTENCES: dict[Lang, dict[IssueCode, str]] = {
    "ru": {
        IssueCode.MISSING: "Нет значения: «{column}».",
        IssueCode.MALFORMED: "Не читается или не подходит: «{column}».",
        IssueCode.TWO_VALUES: "Два ваших столбца говорят разное: «{column}».",
        IssueCode.TOO_LONG: "Длиннее 255 знаков: «{column}».",
        IssueCode.SEVERAL_ERIDS: "В посте несколько erid: укажите у размещения, который из них.",
        IssueCode.NO_BEGINNING: "Пост старше месяца, а до его начала счётчик не читали: укажите, сколько уже сдано.",
        IssueCode.NO_READING: "Счётчик в этом месяце не читали.",
        IssueCode.GAP: "За весь месяц счётчик не читали ни разу: есть границы, но не число.",
        IssueCode.UNFINISHED: "Месяц ещё не закончился.",
        IssueCode.WRONG_PERIOD: "Первый и последний день не по порядку или в разных месяцах.",
        IssueCode.WRONG_PLAN: "Плановые дни не по порядку или в разных месяцах.",
        IssueCode.ENDS_IN_FUTURE: "Последний день ещё не наступил по UTC.",
        IssueCode.VAT_RATE_OF_OTHER_DATE: "Такой ставки НДС в это время нет: с 2026-01-01 вместо 20 % 22 %.",
        IssueCode.VAT_NOT_KNOWN: "Как этот ОРД пишет сумму без НДС, не известно: если он принимает 0, поставьте 0.",
        IssueCode.ZERO_AND_POSITIVE: "Сумма и стоимость события либо обе 0, либо обе больше 0.",
        IssueCode.TOO_MANY_DECIMALS: "Слишком много знаков после запятой: «{column}».",
        IssueCode.TOO_LARGE: "Слишком большое число: «{column}».",
        IssueCode.DIFFERS: "Размещения одной строки расходятся: «{column}».",
        IssueCode.PROMOTION_WITH_MONEY: "У саморекламы не бывает суммы и стоимости события.",
        IssueCode.HELD_BACK: "Другое размещение той же строки с ошибкой: сумма была бы неполной.",
        IssueCode.NO_SHOWS: "Показов за месяц нет: строка не нужна.",
        IssueCode.NOT_PUBLISHED: "Пост вышел после этого месяца.",
        IssueCode.AT_LEAST: "Не меньше: после конца месяца счётчик не прочитан или пост удалён.",
        IssueCode.FELL: "Счётчик упал: показано 0, счёт пойдёт от сданного.",
        IssueCode.MADE_UP: "Раньше счётчик упал ниже сданного: сначала наверстывается разница.",
        IssueCode.BASELINE: "Считается от числа, которое вы указали как сданное раньше.",
        IssueCode.JOINT_POST: "Совместный пост: счётчик один на все его стены, и в каждой строке он весь.",
    },
    "en": {
        IssueCode.MISSING: "There is no value: “{column}”.",
        IssueCode.MALFORMED: "It cannot be read or does not fit: “{column}”.",
        IssueCode.TWO_VALUES: "Two columns of yours say different things: “{column}”.",
        IssueCode.TOO_LONG: "It is longer than 255 characters: “{column}”.",
        IssueCode.SEVERAL_ERIDS: "Several erids stand at the post: say at the placement which one.",
        IssueCode.NO_BEGINNING: "The post is older than the month, and nobody read it before: give a baseline.",
        IssueCode.NO_READING: "Nobody read the counter in this month.",
        IssueCode.GAP: "Nobody read the counter in the whole month: there are bounds and no number.",
        IssueCode.UNFINISHED: "The month is not over.",
        IssueCode.WRONG_PERIOD: "The first and the last day are not in order, or of two months.",
        IssueCode.WRONG_PLAN: "The planned days are not in order, or of two months.",
        IssueCode.ENDS_IN_FUTURE: "The last day has not come yet in UTC.",
        IssueCode.VAT_RATE_OF_OTHER_DATE: "There is no such VAT rate at that time: from 2026-01-01 22 % replaces 20 %.",
        IssueCode.VAT_NOT_KNOWN: "How this register writes an amount without VAT is not known: give 0 if it takes 0.",
        IssueCode.ZERO_AND_POSITIVE: "Amount and price of an event are either both 0 or both positive.",
        IssueCode.TOO_MANY_DECIMALS: "Too many decimals: “{column}”.",
        IssueCode.TOO_LARGE: "The number is too large: “{column}”.",
        IssueCode.DIFFERS: "Placements of one row contradict each other: “{column}”.",
        IssueCode.PROMOTION_WITH_MONEY: "Self-promotion has no amount and no price of an event.",
        IssueCode.HELD_BACK: "Another placement of the same row has an error: the sum would lack a part.",
        IssueCode.NO_SHOWS: "There were no shows in the month: no row is wanted.",
        IssueCode.NOT_PUBLISHED: "The post was published after this month.",
        IssueCode.AT_LEAST: "At least: the counter was not read after the month's end, or the post is gone.",
        IssueCode.FELL: "The counter fell: 0 is given, and counting goes on from what was reported.",
        IssueCode.MADE_UP: "The counter fell below what was reported: that is made up first.",
        IssueCode.BASELINE: "It is counted from the number that you say was reported before.",
        IssueCode.JOINT_POST: "A joint post: one counter for all its walls, and each row has the whole of it.",
    },
}


def sentence(issue: Issue, lang: Lang) -> str:
    column = HEADINGS[issue.column][lang] if issue.column else ""
    return SENTENCES[lang][issue.code].format(column=column)
