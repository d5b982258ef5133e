"""The intervals of the published shares, and that no figure of the letter has one that is no share of a sample."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from helpers import (
    case_prevalence,
    cautions,
    contracts,
    intervals,
    letter_figures,
    parameters,
    paths,
    population_ratios,
    prevalence,
    prevalence_charts,
    published,
    shares,
)
from helpers.errors import InputError
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=20)
IN_CARE, ON_A_PLAN = prevalence.SHARES
ICCS = [0, 0.02, 0.05, 0.1]
KEY = ["claim", "method", "rounding", "icc"]


@pytest.fixture(scope="module")
def estimates():
    p = parameters.PrevalenceEstimates()
    return prevalence.published_estimates(p.inspected_cases, p.yots, p.icc, p.confidence)


@pytest.fixture(scope="module")
def quotient(estimates):
    return estimates[estimates["claim"] == prevalence.QUOTIENT].set_index("rounding")


def where(table, **values):
    return table[np.logical_and.reduce([table[column] == value for column, value in values.items()])]


def answers_of_r(claim, level):
    """Limits with rounding included, by method and correlation, of one of the two shares."""
    tables = pd.concat([known.read("union").assign(icc=0.0), known.read("union_clustered")])
    rows = where(tables, per_cent=published.number(claim), n=1253, level=level)
    counts = rows.iloc[0][["count_low", "count_high"]]
    coarsened = where(known.read("coarsened"), n=1253, level=level, **counts)
    assert len(coarsened) == 1
    return pd.concat([rows, coarsened.assign(method="coarsened_jeffreys", icc=0.0)]).set_index(["method", "icc"]).sort_index()


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("claim", prevalence.SHARES)
def test_intervals_with_rounding_agree_with_r(claim, level):
    columns = ["count_low", "count_high", "lower", "upper"]
    table = where(prevalence.published_estimates(1253, 42, ICCS, level), claim=claim, rounding="included")
    ours, answers = table.set_index(["method", "icc"]).sort_index()[columns], answers_of_r(claim, level)[columns]
    assert ours.index.equals(answers.index)
    np.testing.assert_allclose(ours.astype(float), answers, rtol=known.TOLERANCE)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_without_rounding_agree_with_r(level):
    """The printed share with clusters, the nearest count without."""
    binomial = where(known.read("intervals"), k=326, n=1253, level=level).assign(icc=0.0)
    clustered = where(known.read("clustered"), p=0.26, n=1253, level=level)
    answers = pd.concat([binomial, clustered]).set_index(["method", "icc"]).sort_index()[["lower", "upper"]]
    table = where(prevalence.published_estimates(1253, 42, ICCS, level), claim=IN_CARE, rounding="ignored")
    ours = table.set_index(["method", "icc"]).sort_index()[["lower", "upper"]]
    assert ours.index.equals(answers.index)
    np.testing.assert_allclose(ours, answers, rtol=known.TOLERANCE)


@pytest.mark.parametrize("claim", prevalence.SHARES)
@pytest.mark.parametrize("icc", ICCS)
def test_the_headline_is_korn_graubard_with_rounding(estimates, claim, icc):
    found = prevalence.headline(estimates, claim, icc)
    answer = answers_of_r(claim, 0.95).loc[("korn_graubard", icc)]
    assert (found.lower, found.upper) == pytest.approx((answer.lower, answer.upper), rel=known.TOLERANCE)
    assert found.estimate == published.number(claim) / 100


def test_26_per_cent_of_the_cases_is_320_to_332_of_them(estimates):
    counts = where(estimates, claim=IN_CARE, rounding="included")[["count_low", "count_high"]]
    assert set(counts.itertuples(index=False, name=None)) == {(320, 332)}


def test_the_published_quotient_has_the_bounds_of_r(quotient):
    answer = known.read("quotient").iloc[0]
    found = quotient.loc["included", ["estimate", "lower", "upper"]].tolist()
    assert found == pytest.approx([answer.central, answer.lower, answer.upper], rel=known.TOLERANCE)


def test_4500_of_24000_is_a_quotient_and_no_interval(quotient):
    assert quotient["method"].tolist() == ["quotient", "quotient"]
    assert quotient[["icc", "count_low", "count_high", "n", "deff", "n_effective", "level"]].isna().all(axis=None)


def test_no_row_takes_4500_of_24000_for_a_count_of_cases(estimates):
    others = estimates[estimates["claim"] != prevalence.QUOTIENT]
    assert set(others["claim"]) == set(prevalence.SHARES)
    assert set(others["n"]) == {1253}


def test_the_quotient_has_no_limits_where_rounding_is_ignored(quotient):
    assert quotient.loc["ignored", ["lower", "upper"]].isna().all()


def test_estimates_have_the_promised_columns(estimates):
    assert list(estimates.columns) == contracts.columns("prevalence_estimates")


def test_no_estimate_stands_twice(estimates):
    assert not estimates.duplicated(KEY).any()


@pytest.mark.parametrize("claim", prevalence.SHARES)
@pytest.mark.parametrize("rounding", ["ignored", "included"])
def test_each_share_has_every_method_with_and_without_rounding(estimates, claim, rounding):
    expected = {(method, icc) for method in ("logit_t", "korn_graubard") for icc in ICCS}
    expected |= {(method, 0) for method in ("wilson", "clopper_pearson", "jeffreys")}
    # What the counts are is not known, so there is nothing to weigh where rounding is ignored.
    expected |= {("coarsened_jeffreys", 0)} if rounding == "included" else set()
    rows = where(estimates, claim=claim, rounding=rounding)
    assert set(rows[["method", "icc"]].itertuples(index=False, name=None)) == expected


def test_an_interval_with_rounding_holds_the_one_without(estimates):
    rows = estimates[estimates["claim"].isin(prevalence.SHARES) & estimates["method"].ne("coarsened_jeffreys")]
    limits = rows.pivot(index=["claim", "method", "icc"], columns="rounding", values=["lower", "upper"])
    assert len(limits) == 2 * (3 + 2 * len(ICCS))
    assert (limits["lower", "included"] < limits["lower", "ignored"]).all()
    assert (limits["upper", "included"] > limits["upper", "ignored"]).all()


def test_the_figures_of_the_letter_give_published_rows(estimates):
    assert set(estimates["evidence"]) == {"published"}


@pytest.mark.parametrize(("inspected_cases", "yots"), [(1300, 42), (1253, 40)])
def test_another_base_makes_the_shares_supplied(inspected_cases, yots):
    table = prevalence.published_estimates(inspected_cases, yots, ICCS, 0.95)
    evidence = table.groupby("claim")["evidence"].unique().map(list).to_dict()
    assert evidence == {IN_CARE: ["supplied"], ON_A_PLAN: ["supplied"], prevalence.QUOTIENT: ["published"]}


@repeatable
@given(st.integers(1, 99), st.integers(100, 5000))
def test_the_nearest_count_is_one_that_the_per_cent_allows(per_cent, n):
    rows = prevalence.share_estimates("made", per_cent, n, 10, [0.05], 0.95, "supplied")
    included = rows.query("rounding == 'included'").iloc[0]
    nearest = rows.query("rounding == 'ignored' and method == 'wilson'").iloc[0]
    assert included.count_low <= nearest.count_low == nearest.count_high <= included.count_high
    assert abs(nearest.count_low - per_cent * n / 100) <= 0.5


@pytest.mark.parametrize(("per_cent", "limit"), [(0, "lower"), (100, "upper")])
def test_the_whole_range_of_per_cents_has_an_interval(per_cent, limit):
    rows = prevalence.share_estimates("made", per_cent, 1253, 42, [0.05], 0.95, "supplied")
    limits = rows.loc[rows["method"] == "korn_graubard", ["lower", "upper"]]
    assert limits[limit].eq(per_cent / 100).all()
    assert (limits["lower"] < limits["upper"]).all()


@pytest.mark.parametrize(("per_cent", "limit", "other"), [(0, "lower", "upper"), (100, "upper", "lower")])
def test_where_there_is_no_logit_the_limit_that_it_would_give_is_missing(per_cent, limit, other):
    rows = prevalence.share_estimates("made", per_cent, 1253, 42, [0.05], 0.95, "supplied")
    ignored = where(rows, method="logit_t", rounding="ignored").squeeze()
    assert ignored[limit] == per_cent / 100
    assert np.isnan(ignored[other])


def test_a_base_that_cannot_give_the_per_cent_is_refused():
    with pytest.raises(InputError, match="26% cannot come from 7 cases"):
        prevalence.published_estimates(7, 2, [0.05], 0.95)


@pytest.mark.parametrize(("yots", "icc", "says"), [(1, 0.05, "one cluster"), (1254, 0, "1254 for"), (42, 1, "correlation")])
def test_impossible_clusters_are_refused(yots, icc, says):
    with pytest.raises(InputError, match=says):
        prevalence.published_estimates(1253, yots, [icc], 0.95)


@pytest.mark.parametrize("claim", prevalence.SHARES)
def test_side_by_side_has_the_limits_of_both_shares(estimates, claim):
    wide = prevalence.side_by_side(estimates)
    for row in wide.to_dict("records"):
        rows = where(estimates, claim=claim, method=row["method"], icc=row["icc"], rounding="included")
        assert rows[["lower", "upper"]].to_dict("records") == [row[claim]]


def test_side_by_side_has_each_method_and_correlation_once_in_order(estimates):
    wide = prevalence.side_by_side(estimates)
    places = [(row.icc, list(prevalence.METHOD_NAMES).index(row.method)) for row in wide.itertuples()]
    assert places == sorted(set(places))
    assert len(places) == 4 + 2 * len(ICCS)


def test_tables_of_several_kinds_of_evidence_are_joined_as_they_were(estimates):
    treated = estimates.head(1).astype(object).assign(count_low="[c]", evidence="supplied")
    both = prevalence.together(estimates, treated)
    assert both.iloc[-1]["count_low"] == "[c]"
    pd.testing.assert_frame_equal(both.iloc[:-1], estimates.astype(object))


# --- other bases, other assumptions, both shares


def test_the_counts_that_other_bases_allow():
    table = prevalence.allowed_counts(1253, [500, 900, 2000])
    counts = table.set_index(["per_cent", "n"])[["count_low", "count_high"]].apply(tuple, axis="columns").to_dict()
    assert counts == {
        **{(26, 1253): (320, 332), (26, 500): (128, 132), (26, 900): (230, 238), (26, 2000): (510, 529)},
        **{(21, 1253): (257, 269), (21, 500): (103, 107), (21, 900): (185, 193), (21, 2000): (410, 429)},
    }
    np.testing.assert_allclose(table["share_low"], table["count_low"] / table["n"])
    np.testing.assert_allclose(table["share_high"], table["count_high"] / table["n"])


def test_a_base_that_is_named_twice_stands_once():
    assert prevalence.allowed_counts(1253, [500, 1253])["n"].tolist() == [1253, 500, 1253, 500]


def test_only_the_base_of_the_letter_makes_its_counts_published():
    table = prevalence.allowed_counts(1300, [])
    assert set(table["evidence"]) == {"supplied"}
    assert set(prevalence.allowed_counts(1253, [])["evidence"]) == {"published"}


ASSUMED = [
    {},
    {"headline_icc": 0.1, "confidence": 0.8},
    {"inspected_cases": 2000, "other_bases": [1253], "yots": 60, "icc": [0.3], "headline_icc": 0.3},
]


@pytest.mark.parametrize("values", ASSUMED, ids=str)
@pytest.mark.parametrize("claim", prevalence.SHARES)
def test_the_headline_row_of_the_sensitivities_is_the_headline(values, claim):
    p = parameters.PrevalenceEstimates(**values)
    found = prevalence.headline(
        prevalence.published_estimates(p.inspected_cases, p.yots, p.icc, p.confidence), claim, p.headline_icc
    )
    row = where(prevalence.sensitivities(p), claim=claim, assumption="headline").squeeze()
    same = ["claim", "count_low", "count_high", "n", "deff", "n_effective", "estimate", "lower", "upper", "level", "evidence"]
    assert row[same].tolist() == found[same].tolist()


def test_sensitivities_have_the_promised_columns_and_the_same_rows_for_both_shares():
    p = parameters.PrevalenceEstimates(icc=[0, 0.05, 0.2], other_bases=[800], yots_in_all=60)
    table = prevalence.sensitivities(p)
    assert list(table.columns) == contracts.columns("prevalence_sensitivity")
    rows = [part[["assumption", "value"]].to_numpy().tolist() for _, part in table.groupby("claim", sort=False)]
    assert rows[0] == rows[1]
    for named in (["correlation", "0"], ["correlation", "0.2"], ["cases", "800"], ["finite_population", "60"]):
        assert named in rows[0]


def test_bounds_on_both_shares_are_those_of_their_counts():
    """320 to 332 and 257 to 269 of 1,253, by hand."""
    table = prevalence.joint(1253).set_index("set")
    assert list(table.reset_index()) == contracts.columns("prevalence_joint")
    counts = table[["count_low", "count_high"]].dropna().apply(tuple, axis="columns").to_dict()
    assert counts == {
        "both": (0, 269),
        "either": (320, 601),
        "neither": (652, 933),
        "in_care_only": (51, 332),
        "protection_only": (0, 269),
    }
    assert table.loc["protection_among_in_care", ["lower", "upper"]].tolist() == [0, 269 / 320]
    assert table.loc["in_care_among_protection", ["lower", "upper"]].tolist() == [0, 1]


@pytest.mark.parametrize(("base", "evidence"), [(1253, "published"), (1300, "supplied")])
def test_bounds_on_both_shares_of_another_base_are_supplied(base, evidence):
    assert set(prevalence.joint(base)["evidence"]) == {evidence}


def test_simulated_coverage_is_synthetic_and_has_each_method_that_is_drawn():
    table = prevalence.simulated_coverage()
    assert set(table["evidence"]) == {"synthetic"}
    assert set(table["method"]) == set(prevalence_charts.COVERED)
    assert table["coverage"].between(0, 1).all()


# --- no interval of chance for what is no share of a sample


@pytest.mark.parametrize("claim", letter_figures.NO_SAMPLE)
def test_a_total_and_an_estimate_of_unknown_method_have_no_interval(claim):
    with pytest.raises(InputError, match=f"^{claim} is an .*, no count out of a sample, so it has no sampling interval$"):
        prevalence.share_estimates(claim, 19, 1253, 42, [0.05], 0.95, "supplied")


LEVELS = (0.8, 0.9, 0.95, 0.99)
# As read from tables in which limits stand to four digits; a simulated quantile is nearer to chance by chance.
NEAR, NEAR_SIMULATED = 5e-5, 1e-5
ENDS = [("lower", "upper"), ("low", "high"), ("bound_lower", "bound_upper"), ("share_low", "share_high")]


def binomial_limits(level):
    """What 4,500 of 24,000 would have, were it a count out of a sample of as many."""
    count, n = (published.number(claim) for claim in (letter_figures.LOOKED_AFTER, letter_figures.STARTS))
    methods = ("normal", "wilson", "beta", "jeffreys", "agresti_coull")
    return [proportion_confint(count, n, alpha=1 - level, method=method) for method in methods]


def clustered_limits(level):
    """The same with services as clusters: those inspected, or all, and every correlation of the defaults."""
    p, share, n = parameters.PrevalenceEstimates(), 4500 / 24000, 24000
    return [
        intervals.clustered(share, n, intervals.design_effect(icc, n, clusters), clusters - 1, level, method)
        for icc in p.icc
        for clusters in (p.yots, p.yots_in_all)
        for method in intervals.CLUSTERED_METHODS
    ]


SAMPLES = [limits for level in LEVELS for limits in (*binomial_limits(level), *clustered_limits(level))]


def tables_of_a_run(confidence):
    """What notebook 02 writes, and the table of bases that it shows besides."""
    p = parameters.PrevalenceEstimates(confidence=confidence, draws=50_000)
    estimates = prevalence.published_estimates(p.inspected_cases, p.yots, p.icc, p.confidence)
    care = prevalence.headline(estimates, IN_CARE, p.headline_icc)
    cases = p.read_cases().table
    of_cases = case_prevalence.of_shares(shares.of_cases(cases, confidence, published.rating_bands()), "synthetic")
    groups = case_prevalence.of_groups(shares.by_group(cases, p.group_by, confidence), p.group_by, "synthetic")
    return cautions.tables(care, p.court_shares, p.in_care_at_start) | {
        "prevalence_figures": letter_figures.as_what_they_are(),
        "prevalence_quotients": letter_figures.quotients(),
        "prevalence_estimates": prevalence.together(estimates, of_cases),
        "prevalence_joint": prevalence.joint(p.inspected_cases),
        "prevalence_sensitivity": prevalence.sensitivities(p),
        "prevalence_by_group": groups,
        "prevalence_simulation": cautions.simulation(care, p.court_shares, p.in_care_at_start, p.seed, p.draws),
        "population_ratios": population_ratios.ratios(),
        "bases": prevalence.allowed_counts(p.inspected_cases, p.other_bases),
    }


def ends_of_rows(table):
    """Each pair of limits in a table, as fractions and as if it were in per cent; of a simulation, of its quantiles too."""
    found = [table[[*pair]] for pair in ENDS if {*pair} <= {*table.columns}]
    pairs = pd.concat([part.set_axis(["lower", "upper"], axis="columns") for part in found], ignore_index=True)
    pairs = pairs.apply(pd.to_numeric, errors="coerce").dropna().to_numpy(dtype=float)
    return np.concatenate([pairs, pairs / 100])


def quantiles_of(simulation):
    parts = simulation.groupby(["quantity", "in_care_at_start", "court_share"], dropna=False)["quantile"]
    return np.array([(part.iloc[0], part.iloc[-1]) for _, part in parts])


def sampling_intervals_in(pairs, near=NEAR):
    """Those pairs that are limits of 4,500 of 24,000."""
    apart = np.abs(pairs[:, None, :] - np.array(SAMPLES)[None]).max(axis=2)
    return pairs[(apart < near).any(axis=1)].tolist()


@pytest.mark.parametrize("confidence", LEVELS)
def test_no_row_of_a_run_has_a_sampling_interval_of_4500_of_24000(confidence):
    tables = tables_of_a_run(confidence)
    with_limits = {name for name, table in tables.items() if any({*pair} <= {*table.columns} for pair in ENDS)}
    # Whatever else the notebook comes to write is to be looked at as well; this one holds no limits.
    assert {*contracts.WRITTEN_BY["02_prevalence_estimates"], "bases"} == with_limits | {"court_share_limits"}
    for name in sorted(with_limits):
        assert sampling_intervals_in(ends_of_rows(tables[name])) == [], name
    assert sampling_intervals_in(quantiles_of(tables["prevalence_simulation"]), NEAR_SIMULATED) == []


@pytest.mark.parametrize("scale", [1, 100])
def test_a_sampling_interval_of_4500_of_24000_is_found_where_there_is_one(scale):
    for lower, upper in SAMPLES:
        table = pd.DataFrame({"lower": ["[c]", scale * round(lower, 4), 0.2], "upper": [0.3, scale * round(upper, 4), 0.3]})
        assert len(sampling_intervals_in(ends_of_rows(table))) == 1


def ways_of_printing():
    """How such limits would be printed with one and two digits: rounded to the nearest, or outward as bounds are."""
    for lower, upper in (limits for level in LEVELS for limits in binomial_limits(level)):
        for digits in (1, 2):
            scale = 10**digits
            yield f"{100 * lower:.{digits}f}", f"{100 * upper:.{digits}f}"
            yield f"{np.floor(100 * scale * lower) / scale:.{digits}f}", f"{np.ceil(100 * scale * upper) / scale:.{digits}f}"


PRINTED = set(ways_of_printing())


def sampling_intervals_printed(text):
    """What stands in a text as an interval and is one of 4,500 of 24,000."""
    number = r"(?<![\d.])(\d+\.\d+)"
    apart = r"\s*(?:%|per cents?)?\s*(?:to|and|[,;/\u2010-\u2015\u2212-])\s*"
    # Looked ahead at, so that of three numbers in a row both pairs are found.
    found = re.findall(rf"{number}(?={apart}(\d+\.\d+)(?![\d.]*\d))", text)
    return [pair for pair in found if pair in PRINTED]


def words_of(path):
    """All texts in a notebook or another page, escapes read."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text

    def walk(node):
        if isinstance(node, str):
            yield node
        elif isinstance(node, list):
            # Jupyter keeps a text as a list of its lines.
            yield "".join(node) if all(isinstance(part, str) for part in node) else "\n".join(map("".join, map(walk, node)))
        elif isinstance(node, dict):
            for name, part in node.items():
                if not name.startswith("image/"):
                    yield from walk(part)

    return "\n".join(walk(json.loads(text)))


PAGES = [*sorted(paths.NOTEBOOKS.glob("*.ipynb")), paths.ROOT / "README.md", *sorted((paths.ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_page_prints_a_sampling_interval_of_4500_of_24000(page):
    assert sampling_intervals_printed(words_of(page)) == []


def test_the_pages_that_are_read_hold_the_bounds_that_stand_there_instead():
    pages = [page.name for page in PAGES if "18.16% to 19.37%" in words_of(page)]
    assert {"02_prevalence_estimates.ipynb", "README.md"} <= set(pages)


@pytest.mark.parametrize(
    "planted",
    [
        "18.3% to 19.2%",
        "18.26% to 19.24%",
        "between 18.26% and 19.25%",
        "18.4 to 19.1 per cent",
        "18.75% (18.34%, 19.17%)",
        "18.75%, 18.34% to 19.17%",
        "18.10 per cent to 19.40 per cent",
        "18.3\u201319.2%",
        "18.2%-19.3%",
    ],
)
def test_a_sampling_interval_of_4500_of_24000_is_found_on_a_page(planted, tmp_path):
    page = tmp_path / "planted.ipynb"
    page.write_text(json.dumps({"cells": [{"outputs": [{"data": {"text/html": ["<p>18.75%: ", f"{planted}.</p>"]}}]}]}))
    assert len(sampling_intervals_printed(words_of(page))) == 1


@pytest.mark.parametrize(
    "fine", ["18.16% to 19.37%", "118.3% to 19.2%", "18.3% to 19.21%", "18.3% to 19.2.1", "18.29% to 19.23%"]
)
def test_what_is_no_sampling_interval_of_4500_of_24000_is_left_alone(fine):
    assert sampling_intervals_printed(f"leaves {fine}.") == []
