"""Lists of grants in SQL: a small one written out by hand, every fault with its line, and two real foundations'."""

import pytest

from analysis.errors import StudyError
from analysis.study import grants

HEAD = "insert into donations (donor, donee, amount, donation_date, cause_area, notes) values"
SMALL = f"""-- a list; with a comment
{HEAD}
    ('Fund','Writers'' Workshop',1000,'2019-01-01','Arts','to "grow"; (twice), 100%')
    ,('Fund','School',2500.5,NULL,'FIXME',NULL)
;
# another
{HEAD.upper().replace("DONATIONS", "donations")}
    ('Fund','it''s
two lines',0,'2018-02-28',NULL,NULL), ('Other','School',500,'2018-03-01','Education','');
"""
# donor, rows, total and sum of squared shares over donees, as counted in the files when they were taken over
REAL = {
    "barr-foundation-grants.sql": ("Barr Foundation", 1147, 368_455_727, 0.0085992),
    "surdna-foundation-grants.sql": ("Surdna Foundation", 593, 116_399_600, 0.0055796),
}
SEVEN = 5e-8  # seven printed decimals


@pytest.fixture
def listed(tmp_path):
    def write(text, name="grants.sql"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_quotes_nulls_dates_and_several_inserts(listed):
    found = grants.read(listed(SMALL))
    assert found.columns.tolist() == ["donor", "donee", "amount", "date", "cause_area"]
    assert found["donee"].tolist() == ["Writers' Workshop", "School", "it's\ntwo lines", "School"]
    assert found["amount"].tolist() == [1000.0, 2500.5, 0.0, 500.0]
    assert (
        found["date"].dt.strftime("%Y-%m-%d").tolist()[0] == "2019-01-01" and found["date"].isna().sum() == 1
    )
    assert found["cause_area"].isna().tolist() == [False, True, True, False]
    assert found["donor"].dtype == "str" and found["cause_area"].dtype == "str"
    both = grants.read(listed(SMALL), listed(SMALL, "more.sql"))
    assert len(both) == 8


def rows(*values):
    return HEAD + "\n" + "\n,".join(values) + "\n;"


GOOD = "('a','b',1,'2019-01-01',NULL,NULL)"
WRONG = [
    (rows(GOOD, "('a','b','much','2019-01-01',NULL,NULL)"), "grants.sql, line 3: amount 'much'; allowed: a number"),
    (rows(GOOD, GOOD, "('a','b',-5,'2019-01-01',NULL,NULL)"), "grants.sql, line 4: a negative amount: -5"),
    (rows("('a','b',1,'2019-02-30',NULL,NULL)"), "grants.sql, line 2: date '2019-02-30'"),
    (rows("('a','b',1,NULL,NULL)"), "grants.sql, line 2: 5 values for 6 columns"),
    (rows("('a',NULL,NULL,NULL,NULL,NULL)"), "grants.sql, line 2: amount is missing"),
    (rows("('a','b' 1,'2019-01-01',NULL,NULL)"), "grants.sql, line 2: a malformed row"),
    (rows(GOOD).replace(";", " extra;"), "a malformed row"),
    (rows("('a','b',1,'2019-01-01',NULL,'open)"), "a quotation mark opened and not closed"),
    (rows("('a','b',1,'2019-01-01',NULL,NULL").replace(";", ""), "grants.sql, line 2: a bracket opened and not closed"),
    (rows(GOOD).replace("notes", "colour"), "grants.sql, line 1: unknown columns: colour"),
    (rows(GOOD).replace("donee", "notes", 1), "columns donee are missing"),
    ("delete from donations;", "grants.sql, line 1: it is no list of donations; allowed: insert into donations"),
    ("-- nothing\n", "no list of donations"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG, ids=range(len(WRONG)))
def test_faults_have_file_and_line(listed, text, told, english):
    with pytest.raises(StudyError) as caught:
        grants.read(listed(text))
    assert told in str(caught.value), str(caught.value)


def test_all_faults_of_all_files_at_once(listed, tmp_path, english):
    one = listed(rows("('a','b','x','2019-01-01',NULL,NULL)", "('a','b',-1,'nodate',NULL,NULL)"))
    with pytest.raises(StudyError) as caught:
        grants.read(one, tmp_path / "gone.sql")
    assert len(caught.value.faults) == 4
    assert "gone.sql" in str(caught.value)


def test_two_real_foundations(shared_data):
    folder = shared_data / "resources" / "grants"
    if not folder.is_dir():
        pytest.skip("the grant lists of other projects are not on this machine")
    for name, (donor, rows_of, total, concentration) in REAL.items():
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        begun = [line for line in lines if line.lstrip().startswith((",('", "('"))]
        found = grants.read(folder / name)
        assert len(found) == len(begun) == rows_of and set(found["donor"]) == {donor}
        # the amount stands before the only date of its row: another way to the same total
        amounts = [float(line.split(",'20")[0].rsplit(",", 1)[1]) for line in begun]
        assert found["amount"].sum() == sum(amounts) == total
        share = found.groupby("donee")["amount"].sum() / total
        assert float((share**2).sum()) == pytest.approx(concentration, abs=SEVEN)
        assert found["date"].notna().all() and found["amount"].ge(0).all()
