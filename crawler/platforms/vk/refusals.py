"""What VK says on a page in place of the post or video: a sentence in the language it thinks the visitor speaks."""

import re
import unicodedata
from hashlib import sha256
from typing import NamedTuple

from crawler.platforms.contract import Again, Gone, Want
from crawler.reasons import Reason

LONGEST = 300  # characters that are looked at


class Meaning(NamedTuple):
    """`word` becomes the link's detail. A meaning without a `reason` asks for the post again. A sentence has this
    meaning if one of the `stems` begins one of its words; in languages without spaces, if it stands anywhere.
    """

    word: str
    reason: Reason | None
    stems: str  # separated by commas


# Others have seen the sentences in English, Russian and German: yt-dlp's vk.py, JDownloader's VKontakteRu. The words of
# the other languages come from a dictionary. The first meaning that fits wins.
MEANINGS = (
    Meaning(
        "taken_down",
        Reason.PRIVATE,
        "copyright,rights holder,rightholder,rightsholder,правооблад,авторск,изъят,правовласник,правоўладаль,"
        "вилучен,урывак,құқық иес,urheber,rechteinhaber,derechos de autor,titular de los derechos,droits d auteur,"
        "ayants droit,diritti d autore,direitos autorais,praw autorsk,telif,müəllif,版权,著作権,저작권",
    ),
    Meaning(
        "author_blocked",
        Reason.PRIVATE,
        "author has been blocked,author was blocked,author is blocked,owner has been blocked,owner is blocked,"
        "автор был заблок,автор заблок,владелец заблок,автор був заблок,автора заблок,autor wurde gesperrt,"
        "autor ha sido bloqueado,auteur a été bloqué",
    ),
    Meaning(
        "deleted",
        Reason.DELETED,
        "delet,removed,does not exist,doesn t exist,no longer exist,not found,удален,не существу,не найден,"
        "видален,не існу,не знайд,выдален,не існуе,не знойдз,жойыл,өшіріл,өчүрүл,o chiril,gelöscht,entfernt,"
        "existiert nicht,nicht gefunden,eliminad,borrad,no existe,supprim,n existe,introuvable,eliminat,rimoss,"
        "cancellat,non esiste,excluíd,removid,apagad,não existe,usunię,skasowan,nie istnieje,silin,kaldırıl,"
        "bulunamad,tapılmad,șters,ștears,smazán,odstraněn,zmazan,obrisan,izbrisan,изтрит,избрисан,обрисан,törölt,"
        "poistet,raderat,borttag,slettet,verwijderd,ištrint,pašalint,dzēst,izdzēst,kustutat,διαγρ,ջնջ,"
        "xóa,dihapus,删除,刪除,不存在,削除,삭제,حذف,נמחק,წაშლ,ลบ",
    ),
    Meaning(
        "region",
        Reason.PRIVATE,
        "region,country,регион,стране,регіон,країні,рэгіён,land nicht,ihrem land,deinem land,región,país,pays,"
        "paese,regione,região,kraju,region,bölge,ülke",
    ),
    Meaning(
        "login_wanted",
        Reason.PRIVATE,
        "log in,login,sign in,logged in,registered,authoriz,authoris,войдите,войти,вход,авториз,зарегистр,увійд,"
        "увійти,зареєстр,увайд,anmeld,autorisierte,einlogg,inicia,connectez,se connecter,accedi,entrar,zaloguj,"
        "giriş,oturum",
    ),
    Meaning(
        "private",
        Reason.PRIVATE,
        "privat,privacy,friends,access denied,access is,access to,no access,restricted,limited,subscriber,follower,"
        "member,hidden,permission,adult,приват,друз,доступ закр,доступ огр,доступ запр,нет доступа,нет прав,"
        "ограничен,ограничил,только для,доступна только,доступно только,доступен только,подписчик,участник,скрыт,"
        "закрыт,возраст,сябр,доступ обмеж,доступ заборон,обмежен,лише для,тільки для,прыват,"
        "freund,zugriff,eingeschränkt,amigos,acceso,restring,amis,accès,restreint,amici,accesso,limitat,acesso,"
        "znajom,dostęp,prywat,arkadaş,gizli,erişim,私密,好友,非公開,友達,비공개,친구,خاص,פרטי",
    ),
    Meaning(
        "processing",
        None,
        "process,convert,обрабат,обработ,конверт,обробл,обробк,апрацо,өңдел,verarbeit,bearbeitet,procesa,"
        "traitement,traitée,elabora,przetwarz,işlen,处理,処理,처리",
    ),
    Meaning(
        "live",
        None,
        "live,broadcast,stream,трансляц,эфир,стрим,ефір,эфір,übertragung,directo,transmis,en direct,diretta,"
        "ao vivo,na żywo,canlı,yayın,直播,ライブ,라이브",
    ),
    Meaning(
        "try_later",
        None,
        "later,again,temporar,soon,moment,позже,позднее,попозже,повторите,временно,скоро,пізніше,тимчасово,"
        "повторіть,пазней,часова,кейін,später,vorübergehend,erneut,más tarde,temporal,inténtalo,plus tard,"
        "réessay,più tardi,riprova,mais tarde,tente novamente,później,ponownie,tymczasow,sonra,geçici,tekrar,"
        "稍后,稍後,しばらく,나중에,다시",
    ),
    Meaning(
        "unavailable",
        Reason.NOT_FOUND,
        "unavailable,not available,no longer available,недоступ,nicht verfügbar,no disponible,no está "
        "disponible,indisponible,non disponibile,indisponível,niedostępn,kullanılam,mevcut değil,不可用,無法",
    ),
)
WORD = re.compile(r"\W+")
# Scripts before the first of these put spaces between words, and so does Georgian, which lies between the other two.
SPACED = "\u0590", "\u10a0", "\u1100"


def read_sentence(want: Want, sentence: str, *, player: bool) -> Gone | Again | None:
    """Read what VK says of a post. The text itself is not kept; of an unknown sentence a hash is kept.

    In a player's message every sentence is a refusal. On a page, None means that the sentence is not one.
    """
    meaning = meaning_of(sentence)
    if meaning and meaning.reason:
        return Gone(meaning.reason, meaning.word)
    if meaning:
        return Again(want, Reason.VK_ERROR, meaning.word, charged=True)
    if not player:
        return None
    return Gone(Reason.NOT_FOUND, f"player_refusal {sha256(_plain(sentence).encode()).hexdigest()[:8]}")


def meaning_of(sentence: str) -> Meaning | None:
    text = _plain(sentence)
    return next((meaning for meaning, stems in STEMS if any(stem in text for stem in stems)), None)


def _plain(sentence: str) -> str:
    """Return the words in small letters, with a space before each and е for ё."""
    text = unicodedata.normalize("NFKC", " ".join(sentence.split())[:LONGEST]).casefold().replace("ё", "е")
    return f" {WORD.sub(' ', text).strip()}"


def _stem(text: str) -> str:
    hebrew, georgian, korean = SPACED
    joined = text[0] >= hebrew and not georgian <= text[0] < korean
    return _plain(text).strip() if joined else _plain(text)


STEMS = [(meaning, [_stem(stem) for stem in meaning.stems.split(",")]) for meaning in MEANINGS]
