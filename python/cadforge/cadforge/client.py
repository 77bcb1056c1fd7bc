"""Sends candidates to `cadforge serve` and gets their scores back.

A fault of ours (no server, too much to do, a broken worker) is tried again for a while and then None: it is never a number,
so that it cannot teach a policy anything.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

from . import server

# Well below the server's own limit on candidates under way, so that several processes fit.
CHUNK = 128


def scores(rows, patience=None):
    """The score of each row, in order; None where there is none by our own fault.

    A row has `task_id` and one of `code`, `completion` (a text or a list of messages). A row that is wrong in itself raises
    ValueError: that is a mistake of the caller's, and no candidate's.
    """
    return [float(row["score"]) if "score" in row else None for row in score_rows(rows, patience)]


def score_rows(rows, patience=None):
    """The rows with `reward`, `score`, `kind` and more, in order; `error` and no score by our own fault.

    A fault is tried again for `patience` seconds, 120 if neither it nor CADFORGE_PATIENCE says otherwise.
    """
    rows = list(rows)
    if patience is None:
        patience = float(os.environ.get("CADFORGE_PATIENCE", "120"))
    deadline = time.monotonic() + patience
    found = []
    for start in range(0, len(rows), CHUNK):
        found += _chunk(rows[start : start + CHUNK], deadline)
    return found


def _chunk(rows, deadline):
    """Some rows with their scores; those that failed by our fault are sent again until the deadline."""
    found = [None] * len(rows)
    missing = list(range(len(rows)))
    pause = 0.5
    while missing:
        try:
            answers = _post([rows[index] for index in missing])
        except _Again as again:
            why, pause = str(again), again.after or pause
        else:
            why = "the server answered for fewer rows than it was sent"
            left = missing[len(answers) :]
            for index, answer in zip(missing, answers):
                if "score" in answer:
                    found[index] = answer
                elif str(answer.get("error", "")).startswith("bad line"):
                    raise ValueError(f"row {index}: {answer['error']}")
                else:
                    why = answer.get("error", why)
                    left.append(index)
            missing = sorted(left)
        if missing and time.monotonic() + pause > deadline:
            print(f"cadforge: {len(missing)} candidates have no score: {why}", file=sys.stderr)
            for index in missing:
                kept = {key: value for key, value in rows[index].items() if key not in ("score", "reward")}
                found[index] = {**kept, "error": why}
            return found
        if missing:
            time.sleep(pause)
            pause = min(2 * pause, 10)
    return found


class _Again(Exception):
    """Something that may go better next time."""

    def __init__(self, message, after=None):
        super().__init__(message)
        self.after = after


def _post(rows):
    body = "".join(_line(row) + "\n" for row in rows).encode()
    headers = {"content-type": "application/x-ndjson"}
    try:
        url = server.url()
    except server.CannotStart as error:
        raise _Again(str(error)) from error
    if token := os.environ.get("CADFORGE_TOKEN"):
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"{url}/score_batch", data=body, headers=headers)
    # A proxy of the environment is not asked about a server that was named.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=600) as answer:
            return [json.loads(line) for line in answer.read().splitlines() if line.strip()]
    except urllib.error.HTTPError as error:
        detail = error.read().decode(errors="replace")[:300]
        if error.code in (408, 429, 500, 502, 503, 504):
            after = error.headers.get("retry-after", "")
            raise _Again(f"HTTP {error.code}: {detail}", float(after) if after.isdigit() else None) from error
        raise ValueError(f"{url} refused the rows: HTTP {error.code}: {detail}") from error
    except (OSError, ValueError, EOFError) as error:
        server.forget()
        raise _Again(f"{url}: {error}") from error
    except Exception as error:
        # http.client has errors that are no OSError, e.g. of an answer that breaks off.
        server.forget()
        raise _Again(f"{url}: {error!r}") from error


def _line(row):
    # In ASCII: a tokenizer may leave half of a pair of surrogates, which JSON escapes and UTF-8 does not have.
    return json.dumps(row, allow_nan=False)


def said(completion):
    """A completion as trainers have it, for a row: a text, or the last message of the assistant.

    Nothing is taken off it: the server finds the program, by the rules of its own documentation.
    """
    if isinstance(completion, str):
        return completion
    for message in reversed(list(completion)):
        if message.get("role") == "assistant":
            if message.get("tool_calls") or isinstance(message.get("content"), list):
                return [message]
            return message.get("content") or ""
    return ""
