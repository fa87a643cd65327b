"""What a version met in training, beside its native files: live rows are held against it."""

import json
from pathlib import Path

import numpy as np

from fleet.alerts import TYPES
from fleet.drift import Reference
from fleet.features import FEATURES
from fleet.scores import MODEL_TYPES
from serve.watch import REFERENCE
from training.dataset import LabelledSet
from training.evaluate import Scorer, score_rows

MOST_ROWS = 50_000


def write_reference(name: str, folder: Path, scorer: Scorer, labelled: LabelledSet) -> None:
    """Histograms of features and scores over ordinary rows.

    Args:
        labelled: rows that were not trained on, which a score has not been fitted to.
    """
    ordinary = np.flatnonzero(labelled.normal)
    rows = labelled.rows(ordinary[:: max(1, len(ordinary) // MOST_ROWS)])
    probability = score_rows([scorer], rows.features)
    features = {feature: rows.features.column(feature) for feature in FEATURES}
    scores = {str(kind): probability[:, TYPES.index(kind)] for kind in MODEL_TYPES[name]}
    (folder / REFERENCE).write_text(json.dumps(Reference.of(features, scores).as_json()))
