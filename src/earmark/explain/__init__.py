"""Why a model answers as it does of a file: the seconds and bands that speak for it and against.

Works on `Classifier.judge` alone, so that it holds for every model that hears a log-mel:
`occlusion` deletes and judges, `blocks` finds what matters, `explaining` measures it and puts it to
the test, `report` and `page` show it. Nothing here imports torch, scipy or scikit-learn.
"""

from earmark.explain.explaining import explain as explain
from earmark.explain.explanation import Explanation as Explanation
