import datetime as dt

import numpy as np
import pandas as pd

from analysis.simulate.calendar import Calendar


def test_six_half_years_from_2016_to_2018():
    when = Calendar()
    assert when.semesters == 6
    assert [str(day.date()) for day in when.semester_ends()][::5] == ["2016-06-30", "2018-12-31"]
    dates = pd.Series(pd.to_datetime(["2016-01-01", "2016-06-30", "2016-07-01", "2018-12-31"]))
    assert when.semester(dates).tolist() == [1, 1, 2, 6]


def test_days_stay_within_the_study():
    when = Calendar(dt.date(2016, 1, 1), dt.date(2017, 12, 31))
    days = when.working_day(np.array([-0.1, 0.0, 0.5, 1.0, 1.2]))
    assert days.min() >= np.datetime64("2016-01-01")
    assert days.max() <= np.datetime64("2017-12-31")
    assert np.is_busday(days.astype("datetime64[D]")).all()
