"""A register of eight volunteers and a roster written out by hand, for the tests of this room."""

import datetime as dt

import pandas as pd

from analysis.evidence import columns

END = dt.date(2018, 12, 31)
SEMESTERS = [
    (dt.date(2018, 1, 1), dt.date(2018, 6, 30)),
    (dt.date(2018, 7, 1), dt.date(2018, 12, 31)),
]
PEOPLE = [  # person, recruited, contacted, first_shift, left, channel, role, hours
    ("v1", "2018-01-10", "2018-01-10", "2018-01-20", "2018-03-01", "company", "driver", 20.0),
    ("v2", "2018-01-10", "2018-01-12", "2018-01-22", None, "company", "tutor", 60.0),
    ("v3", "2018-02-01", "2018-02-01", "2018-02-01", "2018-07-15", "web", "tutor", 40.0),
    ("v4", "2018-02-01", "2018-02-03", None, None, "web", "desk", 0.0),
    ("v5", "2018-07-05", "2018-07-05", "2018-07-25", None, "association", "driver", 30.0),
    ("v6", "2018-08-01", None, "2018-08-11", None, None, "tutor", None),
    ("v7", "2018-09-01", "2018-09-01", None, "2018-10-01", "company", None, 3.0),
    ("v8", "2018-12-01", "2018-12-01", "2018-12-31", None, "company", "driver", 2.0),
]


def people(**changed):
    """The register, with cells changed: `v1={"left": …}`."""
    names = ("person", "recruited", "contacted", "first_shift", "left", "channel", "role", "hours")
    rows = [dict(zip(names, row)) for row in PEOPLE]
    rows = [{**row, **changed.get(str(row["person"]), {})} for row in rows]
    frame = pd.DataFrame(rows, columns=list(names))
    for name in names[1:5]:
        frame[name] = pd.to_datetime(frame[name])
    return frame


def specified(frame):
    """The columns of a table as the door reads them; a fault of theirs is raised."""
    return columns.resolve(frame, None, "test", None)
