"""The worker process of the local extractor: reads passages from standard input, answers on standard output.

A process of its own, because the model holds the interpreter's lock. It ends when its standard input closes, so it
never outlives its parent, however that ends. Started by `consumer.extract.local_process`.
"""

from __future__ import annotations

import os
import signal
import sys

from consumer.extract.local_protocol import decode_passage, encode_failure, encode_knowledge
from consumer.extract.reader import PassageReader


def main() -> None:
    """Answer one line after another until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    reader = PassageReader()
    reader.load()
    for line in sys.stdin.buffer:
        number, passage = decode_passage(line)
        try:
            answer = encode_knowledge(number, reader.read(passage))
        except Exception as error:  # noqa: BLE001 - the parent decides; the worker lives on for the other episodes
            answer = encode_failure(number, error)
        answers.write(answer)


if __name__ == "__main__":
    main()
