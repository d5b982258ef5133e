"""A fieldwork from its parameters: what is drawn, what came back, and what is refused before anything is run."""

import json
import os

import pandas as pd
import pytest

from helpers import audit, contracts, disclosure, draw, fieldwork, parameters, published, returns
from helpers.errors import InputError

AREAS = ["North", "South, East & West"]


def rows_of(home, supervising, count, start):
    return [(f"K{start + number:03d}", home, supervising, "yes" if number % 3 else "no") for number in range(count)]


@pytest.fixture
def own(tmp_path):
    """A frame of two areas, six cases an arm but two hosted in the first, and its parameters."""
    north, south = AREAS
    rows = rows_of("Kent", north, 2, 0) + rows_of(north, "Kent", 12, 100)
    rows += rows_of("Leeds", south, 6, 200) + rows_of(south, "Kent", 6, 300) + rows_of("Kent", "Kent", 4, 400)
    path = tmp_path / "frame.csv"
    pd.DataFrame(rows, columns=["case_id", "home_area", "supervising_area", "good"]).to_csv(path, index=False)
    return {"frame": str(path), "areas": AREAS, "cases_per_arm": 4, "outcome": "good"}


def made(values):
    p = parameters.FieldworkSampling(**values)
    found = fieldwork.drawn(p)
    return p, found, fieldwork.tables(p, found)


def judged(values, tmp_path, change=lambda table: table):
    """Judgements of every case of the sample, changed, as a parameter."""
    sheet = fieldwork.drawn(parameters.FieldworkSampling(**values)).sheet
    table = sheet[sheet["role"] == "sample"][["case_id"]].assign(status="inspected", replaces="", good="yes")
    path = tmp_path / "judgements.csv"
    change(table.reset_index(drop=True)).to_csv(path, index=False)
    return values | {"judgements": str(path)}


@pytest.mark.parametrize("shortfall", draw.POLICIES)
def test_weights_of_the_sample_sum_to_the_eligible_cases_of_every_stratum(own, shortfall):
    _, found, tables = made(own | {"shortfall": shortfall})
    sample = found.sheet[found.sheet["role"] == "sample"]
    sums = sample.groupby(["area", "arm"], sort=False)["weight"].sum()
    allocation = tables["fieldwork_allocation"].set_index(["area", "arm"])
    assert sums.to_dict() == pytest.approx(allocation["eligible"].to_dict())
    assert allocation["drawn"].tolist() == ([2, 6, 4, 4] if shortfall == "top_up" else [2, 4, 4, 4])


def test_every_table_has_the_columns_promised_and_there_are_none_without_a_list(own):
    promised = contracts.TABLES | contracts.RESTRICTED
    for values in (own, {"frame": "", "areas": AREAS}):
        tables = made(values)[2]
        assert all(list(table.columns) == list(promised[name]) for name, table in tables.items())
        assert any(len(table) for table in tables.values()) == bool(values["frame"])


def test_an_area_or_stratum_without_cases_is_a_row_with_the_reason(own):
    _, _, tables = made(own | {"areas": ["North", "Leeds"], "outcome": ""})
    allocation = tables["fieldwork_allocation"].set_index(["area", "arm"])
    empty = allocation.loc["Leeds", "hosted"]
    assert empty["eligible"] == empty["drawn"] == 0 and pd.isna(empty["weight"]) and empty["note"] == "no case to choose from"
    assert allocation.loc[("North", "hosted"), "note"] == "fewer cases than asked for, so all are drawn"
    many = made(own | {"cases_per_arm": 50})[2]
    assert many["fieldwork_allocation"]["drawn"].tolist() == [2, 12, 6, 6]
    assert many["fieldwork_estimates"].query("method == 'logit_t' and population == 'finite'")["se"].eq(0).all()


def test_both_policies_are_shown_whichever_is_taken(own):
    shown = {policy: made(own | {"shortfall": policy})[2]["fieldwork_policies"] for policy in draw.POLICIES}
    pd.testing.assert_frame_equal(shown["top_up"], shown["accept"])
    assert shown["accept"].groupby("policy", sort=False)["drawn"].sum().to_dict() == {"top_up": 16, "accept": 14}


def test_supplementary_cases_are_an_extra_that_enters_no_weight_and_no_estimate(own):
    plain, extra = made(own)[2], made(own | {"supplementary": ["Kent"]})[2]
    for name in ("fieldwork_allocation", "fieldwork_estimates", "fieldwork_response"):
        pd.testing.assert_frame_equal(plain[name], extra[name])
    added = extra["fieldwork_sample"].query("role == 'supplementary'")
    # Every case that Kent places out or hosts is one of the main fieldwork's, and is not drawn again.
    assert added.empty and extra["fieldwork_supplementary"]["eligible"].tolist() == [0, 0]
    leeds = made(own | {"areas": ["North"], "supplementary": ["Leeds"]})[2]
    added = leeds["fieldwork_sample"].query("role == 'supplementary'")
    assert len(added) == 4 and added["weight"].isna().all() and set(added["area"]) == {"Leeds"}
    assert leeds["fieldwork_supplementary"]["drawn"].tolist() == [0, 4]


def test_estimates_from_judgements_take_reserves_and_missing_ones_into_account(own, tmp_path):
    p = parameters.FieldworkSampling(**own)
    sheet = fieldwork.drawn(p).sheet
    south = sheet.query("area == @AREAS[1] and arm == 'hosted'")
    lost, reserve = south["case_id"].iloc[0], south.query("role == 'reserve'")["case_id"].iloc[0]

    def change(table):
        table.loc[table["case_id"] == lost, ["status", "good"]] = ["refused", ""]
        return pd.concat([table, pd.DataFrame([(reserve, "inspected", lost, "no")], columns=table.columns)])

    tables = made(judged(own, tmp_path, change))[2]
    strata = tables["fieldwork_response_by_stratum"].set_index(["area", "arm"]).loc[AREAS[1], "hosted"]
    assert (strata["worked"], strata["judged"], strata["yes"], strata["no"], strata["refused"]) == (5, 4, 3, 1, 1)
    # Six eligible; 4 judged stand for them: 3/4 yes. All others are yes: 26 eligible, 24.5 of them yes.
    row = tables["fieldwork_estimates"].iloc[0]
    assert row["estimate"] == pytest.approx(24.5 / 26) and row["missing"] == 1
    # The refused case stands for 6/5 of the six; were it yes or no:
    assert (row["least"], row["greatest"]) == pytest.approx((20 / 26 + 6 * 3 / 5 / 26, 20 / 26 + 6 * 4 / 5 / 26))


def test_an_estimate_that_leaves_strata_out_says_so_where_it_says_what_it_is_of(own, tmp_path):
    sheet = fieldwork.drawn(parameters.FieldworkSampling(**own)).sheet
    south = sheet.query("area == @AREAS[1] and arm == 'hosted'")["case_id"]
    tables = made(judged(own, tmp_path, lambda table: table[~table["case_id"].isin(south)]))[2]
    rows = tables["fieldwork_estimates"].query("method == 'logit_t' and population == 'finite'").set_index("group")
    assert rows.loc["all", "note"].startswith("Left out, with no case judged: 1 stratum, 6 cases.")
    assert rows.loc["all", "stands_for"].startswith("without the strata that the note leaves out")
    assert not rows.loc["placed_out", "stands_for"].startswith("without")
    # The bounds hold the stratum: its six cases may all be no.
    assert rows.loc["all", "least"] == pytest.approx(20 / 26)
    assert "all without strata in which no case was judged" in fieldwork.estimates_in_words(tables["fieldwork_estimates"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.assign(case_id=["X9", *table["case_id"][1:]]), "row 2 .*holds a case that was not drawn"),
        (lambda table: table.rename(columns={"good": "better"}), "no outcome 'good'; its outcomes are better"),
        (lambda table: table.assign(status="done"), "status must be inspected"),
    ],
)
def test_judgements_that_do_not_fit_are_refused_before_anything_is_run(own, tmp_path, change, said):
    values = judged(own, tmp_path, change)
    with pytest.raises(InputError, match=said) as refusal:
        parameters.FieldworkSampling(**values)
    assert not any(f"K{number}" in str(refusal.value) for number in (0, 1, 2, 3)) and "X9" not in str(refusal.value)


def test_the_audit_of_a_draw_refuses_another_design_and_another_list(own, tmp_path):
    p, found, _ = made(own)
    path = tmp_path / "fieldwork_draw.json"
    path.write_text(json.dumps(audit.record(p, found.eligible)))
    values = judged(own, tmp_path) | {"audit": str(path)}
    assert parameters.FieldworkSampling(**values).own_files().keys() == {"frame", "judgements", "audit"}
    for name, other, said in [
        ("seed", 8, "drawn with 2012"),
        ("cases_per_arm", 3, "drawn with 4"),
        ("areas", AREAS[::-1], "drawn in"),
    ]:
        with pytest.raises(InputError, match=rf"parameter {name}: .*{said}"):
            parameters.FieldworkSampling(**values | {name: other})
    table = pd.read_csv(own["frame"], dtype=str)
    table[table["case_id"] != "K111"].to_csv(own["frame"], index=False)
    with pytest.raises(InputError, match="parameter frame: is not the list .* 25 cases are eligible in it, and 26 were"):
        parameters.FieldworkSampling(**own, audit=str(path))
    path.write_text("[]")
    with pytest.raises(InputError, match="does not say areas|cannot be read"):
        parameters.FieldworkSampling(**own, audit=str(path))


def test_the_seed_of_a_draw_from_supplied_cases_is_withheld(own):
    assert parameters.FieldworkSampling(**own).withheld() == ["seed"]
    assert parameters.FieldworkSampling(**own, output="a/restricted/report").withheld() == []
    assert parameters.FieldworkSampling().withheld() == parameters.RatingComparisons().withheld() == []


def test_a_reserve_used_before_the_one_before_it_is_refused(own, tmp_path):
    sheet = fieldwork.drawn(parameters.FieldworkSampling(**own)).sheet
    south = sheet.query("area == @AREAS[1] and arm == 'hosted'")
    lost, second = south["case_id"].iloc[0], south.query("role == 'reserve'")["case_id"].iloc[1]

    def change(table):
        table.loc[table["case_id"] == lost, ["status", "good"]] = ["refused", ""]
        return pd.concat([table, pd.DataFrame([(second, "inspected", lost, "no")], columns=table.columns)])

    with pytest.raises(InputError, match="out of order"):
        parameters.FieldworkSampling(**judged(own, tmp_path, change))


def test_a_frame_in_which_no_case_is_in_scope_is_refused(own):
    table = pd.read_csv(own["frame"], dtype=str)
    table.assign(supervising_area=table["home_area"]).to_csv(own["frame"], index=False)
    with pytest.raises(InputError, match="parameter frame: no case is in scope"):
        parameters.FieldworkSampling(**own | {"areas": ["Leeds"]})


def test_looked_after_only_needs_the_column_and_limits_who_is_eligible(own):
    with pytest.raises(InputError, match="looked_after_only: the frame has no column looked_after"):
        parameters.FieldworkSampling(**own, looked_after_only=True)
    table = pd.read_csv(own["frame"], dtype=str)
    table.assign(looked_after=["yes", "no", ""] * 10).to_csv(own["frame"], index=False)
    steps = made(own | {"looked_after_only": True})[1].eligible.steps
    assert steps == {
        "listed": 30,
        "out_of_scope": 4,
        "looked_after_unknown": 8,
        "not_looked_after": 9,
        "eligible": 9,
        "eligible_twice": 0,
    }


def test_a_time_of_opening_needs_the_column_and_limits_who_is_drawn(own, tmp_path):
    with pytest.raises(InputError, match="opened_to: the frame has no column opened; add it, or leave opened_to out"):
        parameters.FieldworkSampling(**own, opened_to="2012-06-30")
    table = pd.read_csv(own["frame"], dtype=str)
    table.assign(opened=["2012-04-01", "2012-07-01", ""] * 10).to_csv(own["frame"], index=False)
    time = {"opened_from": "2012-04-01", "opened_to": "2012-06-30"}
    found = made(own | time)[1]
    steps = {"listed": 30, "out_of_scope": 4, "opened_unknown": 8, "opened_outside": 9, "eligible": 9, "eligible_twice": 0}
    assert found.eligible.steps == steps
    assert set(found.sheet["case_id"]) <= set(table["case_id"][::3])
    with pytest.raises(InputError, match="no case is in scope.*, or it was not opened in the time asked for"):
        parameters.FieldworkSampling(**own, opened_from="2013-01-01")
    # Returns are held against the design of their draw, which the time is part of.
    p = parameters.FieldworkSampling(**own, **time)
    path = tmp_path / "fieldwork_draw.json"
    path.write_text(json.dumps(audit.record(p, fieldwork.drawn(p).eligible)))
    assert parameters.FieldworkSampling(**own, **time, audit=str(path))
    for other in ({}, time | {"opened_to": "2012-06-29"}):
        with pytest.raises(InputError, match=r"parameter opened_(from|to): is .*, and the cases were drawn with"):
            parameters.FieldworkSampling(**own, **other, audit=str(path))


def test_an_audit_written_before_there_was_a_time_of_opening_is_read_as_one_without(own, tmp_path):
    p = parameters.FieldworkSampling(**own)
    record = audit.record(p, fieldwork.drawn(p).eligible)
    path = tmp_path / "fieldwork_draw.json"
    path.write_text(json.dumps({name: value for name, value in record.items() if not name.startswith("opened_")}))
    assert parameters.FieldworkSampling(**own, audit=str(path))


def test_supplementary_cases_are_opened_in_that_time_too(own):
    table = pd.read_csv(own["frame"], dtype=str)
    table.assign(opened=["2012-04-01", "2012-07-01"] * 15).to_csv(own["frame"], index=False)
    areas = table["home_area"][~table["home_area"].isin(own["areas"])].unique()
    for area in areas:
        sheet = made(own | {"supplementary": [area], "opened_to": "2012-06-30"})[1].all_drawn()
        assert set(sheet["case_id"]) <= set(table["case_id"][::2])
    assert len(areas)


def test_a_list_to_draw_from_needs_no_outcome_unless_one_is_asked_for(own):
    table = pd.read_csv(own["frame"], dtype=str)
    table.drop(columns="good").to_csv(own["frame"], index=False)
    del own["outcome"]
    tables = made(own)[2]
    assert tables["fieldwork_estimates"].empty and tables["fieldwork_response"].empty and len(tables["fieldwork_sample"]) > 0
    with pytest.raises(InputError, match="outcome: the frame has no outcome 'good'; it has no column that holds only yes and no"):
        parameters.FieldworkSampling(**own, outcome="good")


def test_a_wrong_value_in_the_outcome_of_a_list_is_refused_and_no_estimate_lost_silently(own):
    table = pd.read_csv(own["frame"], dtype=str).rename(columns={"good": "sufficient"})
    table.loc[5, "sufficient"] = "Yess"
    table.to_csv(own["frame"], index=False)
    del own["outcome"]
    with pytest.raises(InputError, match=r"parameter outcome: sufficient is no outcome: 1 of its 30 values .* \(row 7\)"):
        parameters.FieldworkSampling(**own)
    assert made(own | {"outcome": ""})[2]["fieldwork_estimates"].empty


@pytest.mark.parametrize("status", ["refused", "found_ineligible", "file_unusable", "inspected"])
def test_returns_in_which_nothing_was_judged_give_rows_with_the_reason(own, tmp_path, status):
    tables = made(judged(own, tmp_path, lambda table: table.assign(status=status, good="")))[2]
    rows = tables["fieldwork_estimates"].query("method == 'logit_t' and population == 'finite'").set_index("group")
    assert rows["estimate"].isna().all() and rows.loc["all", "note"]
    assert tables["fieldwork_response"].set_index("group").loc["all", "judged"] == 0


def test_rows_of_judgements_are_named_as_the_file_counts_them_and_capitals_make_no_other_case(own, tmp_path):
    values = judged(own, tmp_path, lambda table: table.assign(case_id=table["case_id"].str.lower()))
    assert made(values)[2]["fieldwork_response"]["no_return"].eq(0).all()
    path = tmp_path / "judgements.csv"
    header, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([header, first, ",,,", ",,,", "X9,inspected,,yes", *rest]) + "\n")
    with pytest.raises(InputError, match="parameter judgements: row 5 holds a case that was not drawn"):
        parameters.FieldworkSampling(**values)
    with pytest.raises(InputError, match="parameter judgements: row 5 holds a case that was not drawn"):
        parameters.FieldworkSampling(**values | {"outcome": ""})


def test_without_a_list_no_rule_of_lists_gets_in_the_way():
    for values in (
        {"looked_after_only": True},
        {"opened_to": "2012-01-01"},
        {"disclosure": "on"},
        {"disclosure": "on", "disclosure_preset": "fieldwork"},
    ):
        p = parameters.FieldworkSampling(frame="", **values)
        treated, team = disclosure.fieldwork(p)
        assert all(table.empty for table in [*treated.tables.values(), *team.tables.values()])


def test_an_area_with_a_space_that_does_not_break_can_be_named(own):
    table = pd.read_csv(own["frame"], dtype=str)
    table.replace({"North": "West\xa0Park"}).to_csv(own["frame"], index=False)
    assert parameters.FieldworkSampling(**own | {"areas": ["West Park"]})


def test_a_pipe_is_refused_and_not_waited_for(own, tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for name in ("sites", "audit"):
        with pytest.raises(InputError, match="is a folder, a pipe or a device"):
            parameters.FieldworkSampling(
                **{"frame": own["frame"], "outcome": ""} | {name: str(pipe)} | ({"areas": AREAS} if name == "audit" else {})
            )


def test_made_up_cases_and_ones_own_are_never_mixed(own, tmp_path):
    mine = judged(own, tmp_path)["judgements"]
    with pytest.raises(InputError, match="never mixed"):
        parameters.FieldworkSampling(judgements=mine)
    with pytest.raises(InputError, match="never mixed"):
        parameters.FieldworkSampling(**own, judgements="synthetic")


def test_areas_selected_from_a_table_are_visited_and_the_design_is_the_users_own(own, tmp_path):
    path = tmp_path / "homes.csv"
    path.write_text('area,homes\nLeeds,1\n"South, East & West",9\nNorth,7\nKent,3\n')
    chosen = {"sites": str(path), "highest": 2, "lowest": 1}
    p = parameters.FieldworkSampling(**{name: own[name] for name in ("frame", "cases_per_arm", "outcome")}, **chosen)
    assert p.fieldwork_areas == [AREAS[1], "North", "Leeds"] and p.design_evidence == "supplied"
    assert p.own_files().keys() == {"frame", "sites"} and p.case_lists().keys() == {"frame"}
    with pytest.raises(InputError, match="leave out areas, or leave out sites"):
        parameters.FieldworkSampling(**own, **chosen)
    with pytest.raises(InputError, match="parameter sites: no case of the frame names 'South, East"):
        parameters.FieldworkSampling(frame="synthetic", sites=str(path), highest=1, lowest=1)


def test_the_default_areas_have_no_size_and_the_words_of_the_release():
    table = parameters.FieldworkSampling().site_table()
    assert table["area"].tolist() == published.areas() and set(table["size"]) == {"[x]"}
    assert table.set_index("area")["role"].value_counts().to_dict() == {"concentration": 5, "very_few": 1}
    assert set(table["evidence"]) == {"published"}


def test_synthetic_judgements_give_synthetic_estimates():
    tables = made({"judgements": "synthetic"})[2]
    assert set(tables["fieldwork_estimates"]["evidence"]) == {"synthetic"}
    assert tables["fieldwork_response"].set_index("group").loc["all", "reserves_used"] > 0
    assert (tables["fieldwork_estimates"]["least"] <= tables["fieldwork_estimates"]["estimate"]).all()


def test_the_answer_has_a_line_on_supplied_cases_alone(own):
    _, _, tables = made(own)
    line = fieldwork.estimates_in_words(tables["fieldwork_estimates"])
    assert line.startswith("\n- By your list, *good* holds for **") and "England and Wales" in line
    assert fieldwork.estimates_in_words(made({})[2]["fieldwork_estimates"]) == ""


def test_control_leaves_no_full_number_of_the_estimates(own):
    treated, team = disclosure.fieldwork(parameters.FieldworkSampling(**own))
    table = treated.tables["fieldwork_estimates"]
    assert table[["se", "df", "judged"]].eq("[c]").all(axis=None)
    assert set(team.tables) == {"fieldwork_sample", "fieldwork_response_by_stratum"}
    assert not set(team.tables) & set(treated.tables)


def test_the_audit_names_all_that_the_draw_depends_on_and_no_case(own):
    p, found, _ = made(own)
    recorded = audit.record(p, found.eligible)
    assert {"definition", "areas", "seed", "shortfall", "draw_by", "frame"} <= set(recorded)
    assert "\n".join(recorded["definition"]) == draw.DEFINITION
    assert recorded["frame"]["eligible"] == 26 and "K10" not in json.dumps(recorded)


def test_the_fingerprint_of_the_eligible_cases_depends_on_neither_order_nor_format(own, tmp_path):
    table = pd.read_csv(own["frame"], dtype=str).sample(frac=1, random_state=1)
    table.to_parquet(tmp_path / "frame.parquet")
    one, other = (made(own | {"frame": str(path)})[1] for path in (own["frame"], tmp_path / "frame.parquet"))
    assert audit.fingerprint(one.eligible.cases) == audit.fingerprint(other.eligible.cases)
    pd.testing.assert_frame_equal(one.sheet, other.sheet)
    assert returns.outcomes_of(one.frame) == ["good"]
