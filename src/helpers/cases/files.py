"""Find and open a file of cases. Nothing is written anywhere, and nothing but a regular file is opened."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from helpers.cases.content import Unreadable
from helpers.cases.formats import KINDS, CaseFile
from helpers.cases.refusals import whole_file
from helpers.datapackage import shown


def found(path: str | Path) -> Path:
    """A path that leads to a regular file with a known ending; links are followed.

    Raises
    ------
    Refused
        There is nothing, a folder, or something that is no regular file (it is not opened, so nothing blocks).
    """
    path = Path(path)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise whole_file(shown(path), "path", f"there is no such file{_nearest(path)}") from None
    except PermissionError:
        raise whole_file(shown(path), "path", "you have no permission to read it") from None
    except (OSError, ValueError):
        raise whole_file(shown(path), "path", "this is no path of a file") from None
    if stat.S_ISDIR(status.st_mode):
        raise whole_file(shown(path), "path", "is a folder; name a file in it (.csv, .xlsx or .parquet)")
    if not stat.S_ISREG(status.st_mode):
        raise whole_file(shown(path), "path", "is no regular file (a pipe or a device); save the cases as a file")
    if path.suffix.lower() not in KINDS:
        hint = "save it as .xlsx or CSV UTF-8" if path.suffix.lower() in (".xls", ".xlsb", ".xlsm", ".ods") else "name what it is"
        raise whole_file(shown(path), "ending", f"files that end in .csv, .xlsx or .parquet are read; {hint}")
    if path.name.startswith("~$"):
        raise whole_file(shown(path), "path", "is the lock that Excel makes of an open file; name the list itself, without ~$")
    if status.st_size == 0:
        raise whole_file(shown(path), "empty", "is empty (0 bytes)")
    return path


@contextmanager
def opened(path: Path) -> Iterator[CaseFile]:
    """Open the file by its ending for the time of the block.

    Raises
    ------
    Refused
        It can not be read, is not what its ending says, or is no table with one header row.
    """
    problem = None
    try:
        with path.open("rb") as handle:
            yield KINDS[path.suffix.lower()](handle)
    except Unreadable as error:
        problem = error.rule, error.text
    except PermissionError:
        problem = "path", "you have no permission to read it"
    except OSError as error:
        problem = "path", f"can not be read ({error.strerror or 'input error'})"
    if problem:
        raise whole_file(shown(path), *problem)


def _nearest(path: Path) -> str:
    try:
        names = [name.name for name in path.parent.iterdir() if name.suffix.lower() in KINDS]
    except OSError:
        return f"; there is no folder {path.parent.name!r} either"
    close = get_close_matches(path.name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
