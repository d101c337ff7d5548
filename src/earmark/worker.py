"""A worker process: reads one path a line (JSON), answers each with one line of JSON.

Started by `earmark.batch`; ends when its input ends, also when its parent was killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from earmark.batch import judge_file, outcome_to_dict
from earmark.classifier import Classifier
from earmark.errors import BadBundle


def main(arguments: list[str]) -> None:
    """Serve until the input ends; `arguments` are `[--whole] [BUNDLE]`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    # What C libraries print must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    os.dup2(2, 1)
    whole = "--whole" in arguments
    models = [argument for argument in arguments if argument != "--whole"]
    try:
        classifier = Classifier.load(models[0] if models else None)
    except BadBundle as error:
        print(json.dumps({"error": str(error)}), file=answers)
        return
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin.buffer:
        outcome = judge_file(classifier, Path(json.loads(line)), whole=whole)
        print(json.dumps(outcome_to_dict(outcome)), file=answers)


if __name__ == "__main__":
    main(sys.argv[1:])
