"""XLSX and ODS files made by hand, right and wrong ones."""

import io
import zipfile

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def zipped(parts, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


def _relations(*relations):
    listed = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"{more}/>'
        for name, kind, target, more in relations
    )
    return f'<Relationships xmlns="{RELATIONS}">{listed}</Relationships>'


def xlsx(*sheets, links=(), strings=None, more=None):
    """Sheets are pairs of a name and what `<worksheet>` holds; `links` are the addresses `link0` and so on lead to."""
    listed = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, (name, _) in enumerate(sheets, 1))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{WORKBOOK_TYPE}"/></Types>',
        "_rels/.rels": _relations(("r1", "officeDocument", "xl/workbook.xml", "")),
        "xl/workbook.xml": f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            *((f"r{at}", "worksheet", f"worksheets/sheet{at}.xml", "") for at in range(1, len(sheets) + 1)),
            ("s1", "sharedStrings", "sharedStrings.xml", ""),
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{SPREADSHEET}">{strings or ""}</sst>',
    }
    for at, (_, content) in enumerate(sheets, 1):
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            f'<worksheet xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}">{content}</worksheet>'
        )
        parts[f"xl/worksheets/_rels/sheet{at}.xml.rels"] = _relations(
            *((f"link{each}", "hyperlink", address, ' TargetMode="External"') for each, address in enumerate(links))
        )
    return zipped(parts | (more or {}))


def row(number, *cells):
    """Cells are texts, numbers, or pairs of a formula and what it shows; their references are left out."""
    return f'<row r="{number}">{"".join(map(_cell, cells))}</row>'


def _cell(value):
    if isinstance(value, tuple):
        return f'<c t="str"><f>{value[0]}</f><v>{value[1]}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def data(*rows):
    return f"<sheetData>{''.join(rows)}</sheetData>"
