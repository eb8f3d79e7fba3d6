"""Names a browser in two words, by its User-Agent, so that users can tell their logins apart."""

BROWSERS = (  # the order counts, because most browsers also give the names of others
    *(("YaBrowser", "Yandex Browser"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox")),
    *(("Chrom", "Chrome"), ("Safari", "Safari")),
)
SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


def browser_name(program: str) -> str:
    """Return a name such as `Firefox, Windows`, or the first word if we do not know the browser."""
    names = [next((name for mark, name in known if mark in program), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, names)) or program.split("/", maxsplit=1)[0][:40]
