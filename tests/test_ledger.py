import pandas as pd
import pytest

from helpers import contracts, ledger, paths, prevalence, published, ratings, results, sampling
from helpers.errors import InputError

TABLES = ("fieldwork_allocation", "prevalence_estimates", "rating_order", "rating_bounds")
PROVED = {"reproduced", "consistent"}
# Checked against other words of the documents, so no table bears on them.
FROM_WORDS = {"release_embargo", "release_report_publication", "letter_recommendation_elapsed"}


@pytest.fixture(scope="module")
def tables():
    return ledger.published_tables()


@pytest.fixture(scope="module")
def built(tables):
    return ledger.build(tables)


@pytest.fixture(scope="module")
def reasons():
    """Why a claim is not checkable."""
    return published.read("not-checkable").set_index("claim")["reason"]


def verdict(table, claim):
    return table.set_index("claim").loc[claim, "verdict"]


def test_counts_of_verdicts(built):
    assert built["verdict"].value_counts().to_dict() == {
        "not_checkable": 81,
        "bounded": 16,
        "consistent": 6,
        "reproduced": 3,
    }


def test_the_ledger_has_the_promised_columns(built):
    assert list(built.columns) == contracts.columns("evidence_ledger")


def test_each_claim_has_one_row_in_the_order_of_the_documents(built):
    assert built["claim"].tolist() == published.claims()["claim"].tolist()


def test_every_cell_is_filled(built):
    filled = built.astype(str).apply(lambda column: column.str.strip()) != ""
    assert filled.drop(columns=["published", "table"]).all(axis=None)
    # Only what is in words alone, or not to be checked, needs no table.
    from_words = built["claim"].isin(FROM_WORDS)
    assert filled.loc[~from_words & (built["verdict"] != "not_checkable"), "table"].all()
    assert not filled.loc[from_words, "table"].any()


def test_only_a_finding_in_words_may_have_nothing_published(built):
    claims = published.claims()
    assert built["published"].isna().tolist() == ((claims["value"] == "") & (claims["qualifier"] == "")).tolist()


def test_every_verdict_is_explained(built):
    assert set(built["verdict"]) <= set(ledger.verdicts()["verdict"])


def test_every_notebook_named_is_there(built):
    assert set(built["notebook"]) <= {path.stem for path in paths.NOTEBOOKS.glob("*.ipynb")}


def test_every_table_named_is_one_that_the_notebook_named_writes(built):
    named = built[built["table"] != ""]
    for row in named.itertuples():
        assert row.table in contracts.WRITTEN_BY[row.notebook], row.claim
    # A figure that nothing confirms is shown for what it is.
    shown = named[named["verdict"] == "not_checkable"].set_index("claim")["table"]
    assert shown.to_dict() == {
        "letter_starts": "prevalence_figures",
        "letter_looked_after_starts": "prevalence_figures",
        "letter_custodial_starts": "prevalence_figures",
        "letter_table_1_cases": "rating_lattice",
    }


def test_a_claim_rests_on_the_table_that_it_names(tables, built):
    """Without that table, and only without it, the claim is not checkable."""
    checked = built[(built["verdict"] != "not_checkable") & (built["table"] != "")].set_index("claim")["table"]
    for name in TABLES:
        found = ledger.build({key: table for key, table in tables.items() if key != name}).set_index("claim")
        lost = found.index[(found["verdict"] == "not_checkable") & (built.set_index("claim")["verdict"] != "not_checkable")]
        assert set(lost) == set(checked.index[checked == name])


def test_a_claim_is_checked_or_not_checkable_and_never_both(reasons):
    assert sorted([*reasons.index, *ledger._CHECKS]) == sorted(published.claims()["claim"])


def test_with_all_tables_just_the_claims_listed_are_not_checkable(built, reasons):
    assert built.loc[built["verdict"] == "not_checkable", "claim"].tolist() == reasons.index.tolist()


def test_a_claim_that_is_not_checkable_has_its_reason_as_note(built, reasons):
    assert built.set_index("claim").loc[reasons.index, "note"].tolist() == reasons.tolist()


def test_a_reproduced_claim_is_what_was_computed(built):
    rows = built[built["verdict"] == "reproduced"]
    assert rows["published"].tolist() == rows["recomputed"].tolist()


@pytest.mark.parametrize("evidence", ["synthetic", "supplied"])
def test_tables_that_are_not_published_prove_nothing(tables, evidence):
    changed = {name: table.assign(evidence=evidence) for name, table in tables.items()}
    found = ledger.build(changed)
    assert set(found.loc[found["verdict"] != "not_checkable", "claim"]) == FROM_WORDS


@pytest.mark.parametrize("evidence", ["synthetic", "supplied"])
def test_rows_that_are_not_published_contradict_nothing(tables, evidence):
    """Two made areas beside the six published ones are set aside."""
    made = sampling.allocation_asked(["Made", "Made up"], 7, evidence)
    allocation = pd.concat([made, tables["fieldwork_allocation"]], ignore_index=True)
    assert verdict(ledger.build(tables | {"fieldwork_allocation": allocation}), "release_areas_visited") == "consistent"


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("left", [None, "synthetic"])
def test_without_its_published_table_a_claim_is_not_checkable(tables, built, name, left):
    others = {key: table for key, table in tables.items() if key != name}
    found = ledger.build(others | ({name: tables[name].assign(evidence=left)} if left else {}))
    lost = found[found["verdict"] != built["verdict"]]
    assert len(lost) > 0
    assert set(lost["verdict"]) == {"not_checkable"}
    assert lost["note"].str.contains(name).all()


def test_without_the_allocation_nothing_is_proved(tables):
    found = ledger.build(tables | {"fieldwork_allocation": tables["fieldwork_allocation"].assign(evidence="synthetic")})
    assert set(found.loc[found["verdict"].isin(PROVED), "claim"]) == FROM_WORDS


def test_without_any_table_only_words_are_checked():
    found = ledger.build({})
    assert set(found.loc[found["verdict"] != "not_checkable", "claim"]) == FROM_WORDS


def test_a_table_that_ranks_children_in_care_higher_contradicts_the_letter(tables):
    order = tables["rating_order"].rename(columns={"lower": "higher", "higher": "lower"})
    with pytest.raises(InputError, match="Table 1 does not bear the finding out"):
        ledger.build(tables | {"rating_order": order})


def test_a_cell_names_what_a_panel_could_have_moved(built):
    cell = built.set_index("claim").loc["letter_table_1_planning_in_care_outside", "recomputed"]
    assert cell == "49.5 to under 64.5 per cent (44.5 to under 69.5 if a panel moved the rating)"


def test_shares_of_another_base_are_not_checkable(tables):
    """The quotient stays published, so the table is not empty."""
    estimates = prevalence.published_estimates(1300, 42, [0.05], 0.95)
    found = ledger.build(tables | {"prevalence_estimates": estimates})
    assert verdict(found, "letter_in_care_during_sentence") == "not_checkable"


@pytest.mark.parametrize("reference", ratings.CARE_GROUPS)
def test_the_order_of_ratings_bears_on_a_claim_whichever_group_is_the_reference(tables, built, reference):
    """All pairs are compared, some of them the other way round."""
    pairs = ratings.pairs(ratings.CARE_GROUPS, reference, "all_pairs")
    found = ledger.build(tables | {"rating_order": ratings.compare_order(published.table_1(), pairs)})
    pd.testing.assert_frame_equal(found, built)


def test_care_groups_that_were_not_all_compared_are_not_checkable(tables):
    order = ratings.compare_order(published.table_1(), [("in_care_inside", "not_in_care")])
    found = ledger.build(tables | {"rating_order": order})
    assert verdict(found, "letter_worse_out_of_area") == "not_checkable"
    assert verdict(found, "letter_worse_for_children_in_care") == "not_checkable"


def test_what_a_run_lacks_is_recomputed_where_that_is_offered(tables, built):
    supplied = {name: table.assign(evidence="supplied") for name, table in tables.items()}
    pd.testing.assert_frame_equal(ledger.build(supplied, tables), built)
    pd.testing.assert_frame_equal(ledger.build({}, tables), built)


def test_five_published_areas_contradict_the_release(tables):
    allocation = sampling.allocation_asked(published.areas()[:5], 5, "published")
    with pytest.raises(InputError, match="release_areas_visited: the document prints 6, other published figures give 5"):
        ledger.build(tables | {"fieldwork_allocation": allocation})


def test_another_published_number_of_cases_contradicts_the_release(tables):
    allocation = sampling.allocation_asked(published.areas(), 6, "published")
    with pytest.raises(InputError, match=r"release_cases_asked_per_area: the document prints 10.* give 12"):
        ledger.build(tables | {"fieldwork_allocation": allocation})


def test_published_areas_that_ask_for_different_numbers_contradict_the_release(tables):
    allocation = tables["fieldwork_allocation"].copy()
    allocation.loc[0, "requested"] = 6
    with pytest.raises(InputError, match=r"release_cases_asked_per_area: the document prints 10.* give 11 or 10"):
        ledger.build(tables | {"fieldwork_allocation": allocation})


def test_the_tables_that_a_run_wrote_give_the_same_ledger(tables, built, tmp_path):
    for name, table in tables.items():
        results.write_table(table, name, str(tmp_path))
    pd.testing.assert_frame_equal(ledger.build(ledger.run_tables(str(tmp_path))), built)


def test_what_was_missing_in_a_run_is_missing_again_and_what_was_not_available_is_text(tables, tmp_path):
    for name in ("prevalence_estimates", "fieldwork_allocation"):
        results.write_table(tables[name], name, str(tmp_path))
    found = ledger.run_tables(str(tmp_path))
    pd.testing.assert_frame_equal(found["prevalence_estimates"].isna(), tables["prevalence_estimates"].isna())
    assert set(found["fieldwork_allocation"]["weight"]) == {sampling.NOT_AVAILABLE}


def test_a_table_that_a_run_did_not_write_is_left_out(tables, tmp_path):
    results.write_table(tables["rating_order"], "rating_order", str(tmp_path))
    assert list(ledger.run_tables(str(tmp_path))) == ["rating_order"]


def test_a_table_of_a_run_with_other_columns_is_refused(tables, tmp_path):
    results.write_table(tables["rating_order"], "rating_order", str(tmp_path))
    path = tmp_path / "tables" / "rating_order.csv"
    path.write_text(path.read_text().replace("lower_in", "lower_where"))
    with pytest.raises(InputError, match=r"rating_order.*columns"):
        ledger.run_tables(str(tmp_path))


def test_counts_in_the_ledger_are_those_of_the_published_per_cents(built):
    rows = built.set_index("claim")["recomputed"]
    assert rows["letter_in_care_during_sentence"] == "320 to 332 of 1,253 cases"
    assert rows["letter_child_protection_or_section_47"] == "257 to 269 of 1,253 cases"


# --- what once held must still hold


@pytest.fixture(scope="module")
def before():
    """The verdicts that were found, by claim."""
    return published.read("ledger-verdicts").set_index("claim")["verdict"]


def changed(built, claim, **values):
    rows = built["claim"] == claim
    assert rows.sum() == 1
    return built.assign(**{name: built[name].mask(rows, value) for name, value in values.items()})


def test_a_ledger_that_still_holds_is_given_back(built):
    assert ledger.must_still_hold(built) is built


def test_the_verdicts_kept_are_those_of_all_claims_that_were_checked(built, before):
    checked = built[built["verdict"] != "not_checkable"].set_index("claim")["verdict"]
    assert before.to_dict() == checked.to_dict() and before.index.is_unique
    assert before.value_counts().to_dict() == {"bounded": 16, "consistent": 6, "reproduced": 3}


def test_each_claim_that_is_no_longer_checked_is_told_with_what_it_was_and_why(built, before):
    for claim, verdict_before in before.items():
        lost = changed(built, claim, verdict="not_checkable", note="It is gone.")
        with pytest.raises(InputError, match=f"^{claim}: it was {verdict_before}, and is not_checkable now: It is gone.$"):
            ledger.must_still_hold(lost)


@pytest.mark.parametrize("verdict_before", ["reproduced", "consistent", "bounded"])
@pytest.mark.parametrize("now", ["reproduced", "consistent", "bounded"])
def test_another_verdict_is_no_longer_the_same_also_a_better_one(built, before, verdict_before, now):
    claim = before.index[before == verdict_before][0]
    if now == verdict_before:
        ledger.must_still_hold(changed(built, claim, verdict=now))
    else:
        with pytest.raises(InputError, match=f"^{claim}: it was {verdict_before}, and is {now} now: "):
            ledger.must_still_hold(changed(built, claim, verdict=now))


def test_a_claim_that_is_gone_is_told(built, before):
    for claim in before.index:
        with pytest.raises(InputError, match=f"^{claim}: it was {before[claim]}, and is no claim any more; see data/reference/"):
            ledger.must_still_hold(built[built["claim"] != claim])


@pytest.mark.parametrize("now", ["reproduced", "consistent", "bounded"])
def test_a_verdict_that_is_new_must_be_kept(built, reasons, now):
    claim = reasons.index[-1]
    with pytest.raises(InputError, match=f"^{claim}: it is {now} now; add it to data/reference/ledger_verdicts.csv$"):
        ledger.must_still_hold(changed(built, claim, verdict=now))


def test_a_claim_that_is_new_and_not_checkable_breaks_nothing(built):
    more = built.iloc[[0]].assign(claim="letter_something_new", verdict="not_checkable")
    ledger.must_still_hold(pd.concat([built, more], ignore_index=True))


@pytest.mark.parametrize("name", TABLES)
def test_a_run_without_published_rows_of_a_table_no_longer_holds_unless_they_are_recomputed(tables, name):
    run = tables | {name: tables[name].assign(evidence="supplied")}
    with pytest.raises(InputError, match=f"it was .*, and is not_checkable now: .* the table {name} "):
        ledger.must_still_hold(ledger.build(run))
    ledger.must_still_hold(ledger.build(run, tables))
