"""The one way to show and to write a table or a figure: always with its evidence."""

import fcntl
import json
import math
import os
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
from IPython.display import Image, Markdown
from matplotlib.figure import Figure

from helpers import contracts, synthetic
from helpers.disclosure import Treated, rules_in_force, statement
from helpers.errors import InputError
from helpers.parameters import RESTRICTED, SYNTHETIC, CaseParameters, Parameters

NOT_APPLICABLE = "[z]"
# Cells that say why they hold no value.
MARKS = ("[c]", "[x]", NOT_APPLICABLE)
_KINDS = ("published", "synthetic", "supplied")
Formats = Mapping[str, Callable[[Any], str]]


def per_cent(fraction: float, digits: int = 0) -> str:
    """A fraction as a per cent, rounded half up, ``26%``; a missing one is ``[z]``."""
    if pd.isna(fraction):
        return NOT_APPLICABLE
    # Ten digits first, so that a half which binary fractions just miss is a half.
    exact = Decimal(repr(round(100 * float(fraction), 10)))
    return f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)}%"


def chance(share: float) -> str:
    """A chance as a whole per cent; one that only rounds to 0% or 100% is said to be under 1% or over 99%."""
    text = per_cent(share)
    return {"0%": "under 1%" if share > 0 else text, "100%": "over 99%" if share < 1 else text}.get(text, text)


def level(confidence: float) -> str:
    """A confidence level as a per cent, in full, so that none looks like certainty: ``99.9%``."""
    return f"{100 * confidence:.10g}%"


def points(fraction: float, digits: int = 0) -> str:
    """A difference of fractions in percentage points, with a true minus sign; a missing one is ``[z]``."""
    if pd.isna(fraction):
        return NOT_APPLICABLE
    # Adding zero takes the sign from a minus nothing.
    return f"{round(100 * float(fraction), digits) + 0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def tenths(fraction: float) -> str:
    """Percentage points with one digit after the point."""
    return points(fraction, 1)


def interval(limits: Mapping[str, float], digits: int = 1) -> str:
    """The limits of a row in words: ``21.7% to 30.7%``."""
    return f"{per_cent(limits['lower'], digits)} to {per_cent(limits['upper'], digits)}"


def range_of(low: float, high: float, most: float = 1.0) -> str:
    """A range of differences in words: ``33 to 36 points``.

    Parameters
    ----------
    low, high : float
        Fractions; infinite where there is no such difference, nan where it cannot be known.
    most : float
        The greatest that means anything: a half width above 0.5 leaves every share possible.
    """
    if pd.isna(low) or pd.isna(high):
        return "a number of points that one area cannot tell"
    if low > most:
        return "no number of points: so few cases show nothing of it"
    if high > most:
        return f"{points(low)} points at best, and at worst not at all"
    return f"{points(low)} points" if points(low) == points(high) else f"{points(low)} to {points(high)} points"


def whole(count: float) -> str:
    """A count with thousands apart: ``1,253``."""
    return f"{int(count):,}"


def whole_or_many(count: float) -> str:
    """A count as `whole` writes it; an infinite one is very many."""
    return "very many" if math.isinf(count) else whole(count)


def whole_or_none(count: float) -> str:
    """A count as `whole` writes it; an infinite one is no number."""
    return "no number is enough" if math.isinf(count) else whole(count)


def precision_in_words(found: Mapping[str, float], confidence: float) -> str:
    """What a design could show, as the end of a sentence that begins "Had areas and cases been drawn at random".

    Parameters
    ----------
    found : mapping
        As from `helpers.planning.headline`.
    confidence : float
    """
    widths = range_of(found["least_half_width"], found["greatest_half_width"], most=0.5)
    differences = range_of(found["least_difference"], found["greatest_difference"])
    at, power = f"{level(confidence)} confidence", "power 80%"
    ranges = found["least_half_width"] < found["greatest_half_width"]
    depends = (
        "depending on whether the two arms of an area share its practice" if ranges else "as far as the arms share its practice"
    )
    if not widths[0].isdigit():
        return f"so few areas could not have placed a true share of 50% at all ({at}), nor told hosted from placed-out work"
    known = f"a true share of 50% would be known to within **{widths}** either way ({at})"
    if not differences[0].isdigit():
        return f"{known}, {depends}; no difference between hosted and placed-out work would be found ({power})"
    return f"{known}, and hosted told from placed-out work from a difference of **{differences}** ({power}), {depends}"


def outward(limits: Mapping[str, float], digits: int = 2) -> str:
    """Bounds in words, rounded away from each other so that they still bound: ``18.16% to 19.37%``."""
    scale = 10 ** (digits + 2)
    # Ten digits first: in binary fractions 0.07 is a hair more than seven hundredths.
    low, high = (round(limits[name] * scale, 10) for name in ("lower", "upper"))
    lower, upper = math.floor(low) / scale, math.ceil(high) / scale
    return interval({"lower": lower, "upper": upper}, digits)


def spaced(name: str) -> str:
    """A name of the tables as words: ``placed out``."""
    return name.replace("_", " ")


def write_table(table: pd.DataFrame, name: str, output: str) -> pd.DataFrame:
    """Write ``tables/<name>.csv`` below `output`, in full precision; an empty `output` writes nothing.

    Parameters
    ----------
    table : DataFrame
        With exactly the promised columns, in order; missing values are written ``[z]``, not applicable.
    name : str
        A public table.
    output : str
        Folder of the run, or empty.

    Returns
    -------
    DataFrame
        The table, unchanged.

    Raises
    ------
    InputError
        Columns other than those promised, or a row without evidence.
    """
    _check(table, name, contracts.TABLES)
    if output:
        folder = Path(output) / "tables"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.csv").write_bytes(_csv(table))
    return table


def write_cases(table: pd.DataFrame, name: str, output: str) -> None:
    """Write ``restricted/<name>.csv`` below `output`, where the owner alone can read it; no output and no case write nothing.

    What is written below a folder that is itself restricted is the full version of the treated results; the cases
    stand beside those, so they are not written again.

    Raises
    ------
    InputError
        As `write_table`.
    """
    _check(table, name, contracts.RESTRICTED)
    if len(table):
        _write_restricted(f"{name}.csv", _csv(table), output)


def write_audit(audit: Mapping[str, object], output: str) -> None:
    """Write ``restricted/fieldwork_draw.json``, as `write_cases` writes cases; an empty audit writes nothing."""
    if audit:
        _write_restricted("fieldwork_draw.json", (json.dumps(audit, indent=2, ensure_ascii=False) + "\n").encode(), output)


def _write_restricted(name: str, content: bytes, output: str) -> None:
    if output and RESTRICTED not in Path(output).parts:
        folder = Path(output) / RESTRICTED
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(folder / name, content)


def write_decisions(treated: Treated, parameters: CaseParameters, tables: tuple[str, ...]) -> pd.DataFrame | None:
    """Write what was decided of `tables` to ``tables/disclosure.csv``, and in full to ``restricted/disclosure.csv``.

    Notebooks of a run share these files, so each replaces the rows of its own tables and keeps the others.

    Returns
    -------
    DataFrame, optional
        The public rows; None where the cases are not supplied and no rule is in force, and in the report for the team.
    """
    if (parameters.case_evidence != "supplied" and rules_in_force(parameters) is None) or parameters.restricted:
        return None
    public, full = (
        rows[rows["table"].isin(tables)].assign(evidence=parameters.case_evidence)
        for rows in (treated.public(), treated.decisions)
    )
    _check(public, "disclosure", contracts.TABLES)
    if parameters.output:
        for folder, rows, mode in (("tables", public, 0o777), (RESTRICTED, full, 0o700)):
            place = Path(parameters.output) / folder
            place.mkdir(mode=mode, parents=True, exist_ok=True)
            with _locked(place):
                _replace_rows(place / "disclosure.csv", rows, mode)
    return public


def _replace_rows(path: Path, rows: pd.DataFrame, mode: int) -> None:
    kept = pd.read_csv(path, dtype=str, keep_default_na=False) if path.exists() else rows.iloc[:0]
    together = pd.concat([kept[~kept["table"].isin(rows["table"])], rows])
    order = {name: place for place, name in enumerate(contracts.TABLES)}
    content = _csv(together.sort_values("table", key=lambda names: names.map(order), kind="stable"))
    if mode == 0o700:
        _write_private(path, content)
    else:
        path.write_bytes(content)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder against the other notebooks of a run."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _check(table: pd.DataFrame, name: str, promised: Mapping[str, Mapping[str, str]]) -> None:
    columns = list(promised[name]) if name in promised else contracts.columns(name)
    if list(table.columns) != columns:
        raise InputError(f"{name}: columns are {list(table.columns)}, promised are {columns}")
    if not table["evidence"].isin(_KINDS).all():
        raise InputError(f"{name}: every row needs an evidence mark: {', '.join(_KINDS[:2])} or {_KINDS[2]}")


def _csv(table: pd.DataFrame) -> bytes:
    text = table.copy(deep=False)
    for column in text.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in text.dtypes]]:
        # A cell without a text says that none applies.
        text[column] = [NOT_APPLICABLE if isinstance(value, str) and not value else neutral(value) for value in text[column]]
    return text.to_csv(index=False, na_rep=NOT_APPLICABLE, lineterminator="\n").encode()


def neutral(value: object) -> object:
    """A text that a spreadsheet would run as a formula, with an apostrophe before it; all else as it is.

    Examples
    --------
    >>> neutral("=1+1"), neutral("Leeds"), neutral(-1)
    ("'=1+1", 'Leeds', -1)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that was never readable by others, not even for a moment."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(content)


class Shown:
    """A table for a page: caption, evidence, units in the headings; plain text where there is no HTML."""

    def __init__(self, table: pd.DataFrame, caption: str, evidence: str) -> None:
        self.table, self.caption, self.evidence = table, caption, evidence

    def __repr__(self) -> str:
        body = self.table.to_string(index=False) if len(self.table) else "(no rows)"
        return f"{self.caption}\n{body}\nEvidence: {self.evidence}"

    def _repr_html_(self) -> str:
        if self.table.empty:
            return f"<p>Nothing to show: {escape(self.caption)}</p>"
        head = "".join(f'<th scope="col">{_html(str(name))}</th>' for name in self.table.columns)
        rows = "".join(
            f'<tr><th scope="row">{_html(first)}</th>{"".join(f"<td>{_html(cell)}</td>" for cell in rest)}</tr>'
            for first, *rest in self.table.itertuples(index=False)
        )
        caption = f"<caption><span>{escape(self.caption)} <em>Evidence: {escape(self.evidence)}.</em></span></caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _html(text: str) -> str:
    """Escaped text in which a long identifier may break after an underscore."""
    return escape(text).replace("_", "_<wbr>")


def show_table(table: pd.DataFrame, headings: Mapping[str, str], caption: str, formats: Formats | None = None) -> Shown:
    """Make a table of a page from a result.

    Parameters
    ----------
    table : DataFrame
        With a column evidence.
    headings : mapping
        Column to show -> its heading with the unit; other columns are left out, and so is a `note` that says nothing.
    caption : str
        What the table shows, a sentence.
    formats : mapping, optional
        Column -> function that makes its text; others are written as they are, a missing one ``[z]``.
    """
    formats = formats or {}
    if "note" in headings and table["note"].isin(["", *MARKS]).all():
        headings = {column: heading for column, heading in headings.items() if column != "note"}
    text = pd.DataFrame(
        {heading: [_text(value, formats.get(column, str)) for value in table[column]] for column, heading in headings.items()}
    )
    return Shown(text, f"{_shout(table)}{caption}", _evidence(table))


def _text(value: Any, form: Callable[[Any], str]) -> str:
    if isinstance(value, str) and value in MARKS:
        return value
    return NOT_APPLICABLE if pd.isna(value) else form(value)


def show_statement(parameters: CaseParameters) -> Markdown:
    """What stands behind the results of cases, and how they are protected."""
    return Markdown(statement(parameters))


def show_decisions(decisions: pd.DataFrame | None) -> Shown | None:
    """What disclosure control did to the tables of a notebook; nothing where it had nothing to do."""
    if decisions is None:
        return None
    verdicts = decisions[decisions["rule"] == "verdict"]
    caption = "Verdicts of disclosure control; tables/disclosure.csv of the run has each decision."
    return show_table(verdicts, {"table": "Table", "action": "Verdict"}, caption, {"table": spaced})


def show_assumptions(contract: Literal["frame", "cases", "judgements"], parameters: CaseParameters) -> Shown | None:
    """What the synthetic cases assume; nothing where the cases are not synthetic."""
    # Each contract has a parameter of its name.
    if getattr(parameters, contract) != SYNTHETIC:
        return None
    headings = {"assumption": "Assumption", "value": "Value", "why": "Why, and what no document says"}
    return show_table(synthetic.assumptions(contract), headings, "What these cases assume; no document supports it.")


def show_parameters(parameters: Parameters) -> Shown:
    """The parameters of this run and what each means."""
    fields = type(parameters).model_fields
    # The folder for output is the runner's affair and no choice that bears on a result.
    own = sorted(fields, key=lambda name: name in CaseParameters.model_fields)
    names = [name for name in own if name != "output"]
    # Where a list lies is nobody's affair.
    values = {name: str(getattr(parameters, name)) or "(empty)" for name in names} | dict.fromkeys(
        parameters.own_files(), "your own list"
    )
    values |= dict.fromkeys(parameters.withheld(), "withheld; restricted/fieldwork_draw.json has it")
    rows = [(name, values[name], fields[name].description) for name in names]
    table = pd.DataFrame(rows, columns=["parameter", "value", "meaning"])
    return Shown(table, "Parameters of this run.", "none; these are choices")


def _evidence(table: pd.DataFrame) -> str:
    return ", ".join(sorted(table["evidence"].unique())) or "none"


def _shout(table: pd.DataFrame) -> str:
    """What no reader of a synthetic table or figure may miss."""
    return "SYNTHETIC CASES: " if "synthetic" in set(table["evidence"]) else ""


STYLE = {
    "svg.hashsalt": "looked-after-notebooks",
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
}


def show_figure(
    draw: Callable[[pd.DataFrame], Figure], table: pd.DataFrame, name: str, alt: str, output: str, assumes: str = ""
) -> Image | None:
    """Draw a figure from a table, stamp its evidence, write SVG and PNG below `output`, and show it.

    The same table gives the same bytes: no date and no random identifier is written.

    Parameters
    ----------
    draw : callable
        Takes the table, gives a figure whose title states the finding.
    table : DataFrame
        With a column evidence.
    name : str
        File name without its ending; that of a synthetic figure begins with ``synthetic_``.
    alt : str
        The finding in words, for who cannot see the picture.
    output : str
        Folder of the run, or empty.
    assumes : str
        What the figure assumes that no document says; stamped beside the evidence.

    Returns
    -------
    Image, optional
        None where the environment says ``NOTEBOOKS_FIGURES=off``, as a sweep does: then nothing is drawn.
    """
    if os.environ.get("NOTEBOOKS_FIGURES") == "off":
        return None
    stamp = f"Evidence: {_evidence(table)}." + (f" Assumed: {assumes}." if assumes else "")
    # Not the user's own matplotlib settings: the same table gives the same bytes everywhere.
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = draw(table)
        figure.supxlabel(stamp, fontsize=8, x=0.01, ha="left", color="#444444")
        if shout := _shout(table):
            title = textwrap.fill(shout + " ".join(figure.get_suptitle().split()), 66)
            figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
            name = f"synthetic_{name}"
        png = _saved(figure, "png")
        if output:
            folder = Path(output) / "figures"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(png)
            (folder / f"{name}.svg").write_bytes(_saved(figure, "svg"))
    return Image(data=png, alt=shout + alt, width=int(figure.get_figwidth() * 100))


def _saved(figure: Figure, kind: str) -> bytes:
    buffer = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(buffer, format=kind, dpi=160, metadata=metadata)
    return buffer.getvalue()
