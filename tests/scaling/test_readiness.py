"""Questionnaires side by side: each with its own agreement and its own weakest items, never summed over."""

import numpy as np
import pandas as pd

from analysis.scaling import maturity, readiness


def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    parts = [
        pd.DataFrame(
            {
                "item": np.repeat(list(maturity.questionnaire(name).items), 3),
                "instrument": name,
                "rater": np.tile(["a", "b", "c"], len(maturity.questionnaire(name).items)),
                "level": rng.integers(1, 4, 3 * len(maturity.questionnaire(name).items)),
            }
        )
        for name in ("msi", "isat")
    ]
    return pd.concat(parts, ignore_index=True)


def test_each_questionnaire_keeps_its_own_agreement_and_its_own_weakest_items():
    rated = readiness.read(table())
    assert list(rated) == ["msi", "isat"]
    found = readiness.agreements(rated, 5)
    assert found["questionnaire"].tolist() == ["msi", "isat"]
    alone = maturity.agreement(rated["isat"], 5)
    assert found["alpha"].iloc[1] == alone.alpha and found["items"].tolist() == [28, 10]
    weak = readiness.weakest_links(rated, 3)
    assert weak["questionnaire"].tolist() == ["msi"] * 3 + ["isat"] * 3
    assert weak["item"].tolist()[:3] == rated["msi"].by_item()["item"].tolist()[:3]
    assert set(weak.attrs["columns"]) <= set(weak.columns)
    assert readiness.instruments(rated)["items"].tolist() == [28, 10]
