"""Whether the bytes of a file are what its ending says, and what they look like if they are not."""

import codecs
import csv
import io
import re
import zipfile
import zlib
from typing import BinaryIO

# An XLSX of a few kilobytes can unpack to more than the memory there is.
MOST_UNPACKED = 4 << 30
# A reader lays out every cell between the first and the last, also where one stray cell stands far off.
MOST_CELLS = 50_000_000
_LOOKS_LIKE = {
    b"PK\x03\x04": "a spreadsheet (.xlsx) or another ZIP archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old spreadsheet (.xls) or one with a password",
    b"PAR1": "Parquet",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "gzip",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "an SQLite database",
    b"{\\rtf": "a text document (RTF)",
    b"<": "a web page or XML",
}


class Unreadable(Exception):  # noqa: N818 - not an error of its own: `opened` turns it into a refusal that names the file
    """The file is no table of its kind: the rule, and the line for a person."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule, self.text = rule, text


def refuse_another_kind(start: bytes, wanted: bytes, name: str) -> None:
    """Refuse a file that does not start with the bytes of its kind.

    Raises
    ------
    Unreadable
        It starts otherwise.
    """
    if start.startswith(wanted):
        return
    looks = next((f"looks like {kind}" for mark, kind in _LOOKS_LIKE.items() if start.startswith(mark)), None)
    if looks is None:
        looks = "looks like text" if b"\0" not in start and all(byte > 8 for byte in start) else "is something else"
    raise Unreadable("content", f"is not {name}, as its ending says; it {looks}")


def refuse_what_is_not_csv(data: bytes) -> None:
    """Refuse what is not UTF-8 text, or has a quotation mark that is never closed.

    Raises
    ------
    Unreadable
        The data are not CSV.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable("encoding", "is UTF-16 text; save it as CSV UTF-8")
    looks = next((kind for mark, kind in _LOOKS_LIKE.items() if data.startswith(mark)), None)
    if looks:
        raise Unreadable("content", f"is not CSV, as its ending says; it looks like {looks}")
    place = data.find(b"\0")
    if place >= 0:
        raise Unreadable("content", f"holds NUL bytes (line {_line(data, place)}), so it is not CSV text; save it as CSV UTF-8")
    decoder = codecs.getincrementaldecoder("utf-8")()
    step = 1 << 24
    for start in range(0, len(data), step):
        try:
            decoder.decode(data[start : start + step], final=start + step >= len(data))
        except UnicodeDecodeError:
            place = _not_utf8(data)
            raise Unreadable("encoding", f"line {_line(data, place)} is not UTF-8 text; save it as CSV UTF-8") from None
    if re.fullmatch(rb"(\xef\xbb\xbf)?\s*", data):
        raise Unreadable("empty", "is empty (it holds no text)")
    if data.count(b'"') % 2:
        raise Unreadable("quotation mark", f"a quotation mark is opened and never closed{_unclosed(data)}")


def _not_utf8(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _line(data: bytes, place: int) -> int:
    return len(re.findall(rb"\r\n|\n|\r", data[:place])) + 1


def _unclosed(data: bytes) -> str:
    """Name the first row that is longer than its line and does not end well: there the quotation mark stands."""
    row = 0
    try:
        for row, _ in enumerate(  # noqa: B007
            csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True), 1
        ):
            pass
    except csv.Error:
        return f" (row {row + 1})"
    return ""


def refuse_what_is_not_xlsx(handle: BinaryIO) -> None:
    """Refuse what is no workbook, and leave the file at its start.

    Raises
    ------
    Unreadable
        The file is not XLSX, or too large when unpacked.
    """
    start = handle.read(16)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("content", "has a password, or is an old .xls; take the password off, or save it as .xlsx or CSV UTF-8")
    refuse_another_kind(start, b"PK\x03\x04", "a spreadsheet (.xlsx)")
    try:
        with zipfile.ZipFile(handle) as archive:
            members = archive.infolist()
            extents = [_extent(archive, member) for member in members if member.filename.startswith("xl/worksheets/")]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError):
        raise Unreadable("content", "is a broken or truncated XLSX file; copy it again, or save it again") from None
    if not any(member.filename == "xl/workbook.xml" for member in members):
        raise Unreadable("content", "is not a spreadsheet (.xlsx), as its ending says; it looks like another ZIP archive")
    if any(cells > MOST_CELLS for cells in extents):
        raise Unreadable(
            "content", f"a sheet spans more than {MOST_CELLS} cells; delete what stands far from the table, or save CSV UTF-8"
        )
    if sum(member.file_size for member in members) > MOST_UNPACKED:
        raise Unreadable("content", "unpacks to more than 4 GB; save it as CSV UTF-8")
    handle.seek(0)


def _extent(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Cells from A1 to the last one, by what the sheet says of itself; 0 where it does not say."""
    with archive.open(member) as sheet:
        last = re.search(rb'<dimension ref="(?:[A-Z]+[0-9]+:)?([A-Z]+)([0-9]+)"', sheet.read(4096))
    if not last:
        return 0
    columns = 0
    for letter in last[1]:
        columns = 26 * columns + letter - ord("A") + 1
    return columns * int(last[2])
