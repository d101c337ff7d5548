"""A worker process: reads one request a line (JSON), answers each with one line of JSON.

`python -m earmark.worker MODULE:FUNCTION SETTINGS` calls that function with the settings (a JSON
object) and answers requests with what it gives back. Started by `earmark.crew`; ends when its input
ends, which it also does when the parent is killed.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from importlib import import_module

from earmark.errors import EarmarkError


def main(job: str, settings: str) -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    # What C libraries print must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    os.dup2(2, 1)
    module, _, function = job.partition(":")
    try:
        answer = getattr(import_module(module), function)(**json.loads(settings))
    except EarmarkError as error:
        print(json.dumps({"error": str(error)}), file=answers)
        return
    print(json.dumps({"ready": True}), file=answers)
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        print(json.dumps(answer(json.loads(requests.get()))), file=answers)


def _listen(requests: queue.SimpleQueue[bytes]) -> None:
    """Pass requests on; end the process with its input, even in the middle of a long file.

    The parent closes the input only when it wants no answer any more.
    """
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
