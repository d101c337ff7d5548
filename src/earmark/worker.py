"""A worker process: reads one path a line (JSON), answers each with one line of JSON.

Started by `earmark.batch`; ends when its input ends, which it also does when the parent is killed.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
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
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        outcome = judge_file(classifier, Path(json.loads(requests.get())), whole=whole)
        print(json.dumps(outcome_to_dict(outcome)), file=answers)


def _listen(requests: queue.SimpleQueue[bytes]) -> None:
    """Pass requests on; end the process with its input, even in the middle of a long file.

    The parent closes the input only when it wants no answer any more.
    """
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
