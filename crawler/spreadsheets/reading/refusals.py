"""Why a file is refused, by code: as a sentence for its sender that says what to do. `{about}` is what it names."""

EMPTY, BROKEN, PROTECTED, TOO_HEAVY = "empty", "broken", "protected", "too_heavy"
NO_SPREADSHEET, NO_TEXT, WEB_PAGE, XLSB = "no_spreadsheet", "no_text", "web_page", "xlsb"
MANY_PARTS, LARGE_UNPACKED, LEADS_AWAY = "many_parts", "large_unpacked", "leads_away"
MANY_CELLS, MANY_COLUMNS, LARGE_OWN, LONG_LINE = "many_cells", "many_columns", "large_own", "long_line"
NO_SHEET, UNKNOWN_SHEET, UNKNOWN_COLUMN = "no_sheet", "unknown_sheet", "unknown_column"
SENTENCES = {
    EMPTY: "The file is empty.",
    PROTECTED: "The file is protected by a password: save it without one.",
    BROKEN: "The file is damaged: open it in a spreadsheet program and save it again.",
    NO_SPREADSHEET: "This is no spreadsheet: send XLSX, XLS, ODS, CSV, TSV or TXT.",
    NO_TEXT: "This is no spreadsheet and no text: send XLSX, XLS, ODS, CSV, TSV or TXT.",
    WEB_PAGE: "This is a web page or XML, whatever its name says: save it as XLSX or CSV.",
    XLSB: "XLSB cannot be read: save the file as XLSX.",
    MANY_PARTS: "The file holds more than {about} parts: no spreadsheet has so many.",
    LARGE_UNPACKED: "The file is larger than {about} MB once it is unpacked: send it in several, or as CSV.",
    LEADS_AWAY: "The file holds parts with paths that lead out of it.",
    MANY_CELLS: "The file has more than {about} cells: send it in several.",
    MANY_COLUMNS: "The sheet has more than {about} columns: no spreadsheet program has so many.",
    TOO_HEAVY: "The file takes too much time or memory to be read: its cells lie too far apart, or it holds too much. "
    "Copy the rows into a new file, or save it as CSV.",
    LARGE_OWN: "The rows' own columns take more than {about} MiB: keep fewer of them.",
    LONG_LINE: "A line is longer than {about} characters: break the text into lines.",
    NO_SHEET: "The file has no sheet.",
    UNKNOWN_SHEET: "There is no sheet '{about}'.",
    UNKNOWN_COLUMN: "There is no column '{about}'.",
}


class FileRefused(Exception):
    """Why a file cannot be read. As text it is one of SENTENCES."""

    def __init__(self, code: str, about: str | int = "") -> None:
        super().__init__(SENTENCES[code].format(about=f"{about:,}" if isinstance(about, int) else about))
        self.code, self.about = code, about
