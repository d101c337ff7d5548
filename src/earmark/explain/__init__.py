"""Why a model answers as it does of a file: the seconds and bands that speak for it and against.

Works on `Classifier.judge` alone, so that it holds for every model that hears a log-mel:
`occlusion` deletes and judges, `blocks` finds what matters, `explanation` measures it and puts it
to the test, `report` and `page` show it. Nothing here imports torch, scipy or scikit-learn.
"""

from earmark.explain.explanation import Explanation as Explanation
from earmark.explain.explanation import explain as explain
