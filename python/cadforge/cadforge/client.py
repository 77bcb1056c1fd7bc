"""Sends candidates to `cadforge serve` and gets their scores back.

Internal errors (no server, a full queue, a broken worker) are retried for a while, then give None and never a number, so that they
do not affect training.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

from . import server

# Well below the server's limit of candidates in progress, so that several processes fit.
CHUNK = 128


def scores(rows, retry_seconds=None, *, patience=None):
    """The score of each row, in order; None for an internal error.

    A row has `task_id` and one of `code`, `completion` (a text or a list of messages). A row that is wrong in itself raises
    ValueError: the caller is at fault, not a candidate.
    """
    return [float(row["score"]) if "score" in row else None for row in score_rows(rows, retry_seconds, patience=patience)]


def score_rows(rows, retry_seconds=None, *, patience=None):
    """The rows with `reward`, `score`, `kind` and more, in order; `error` and no score for an internal error.

    Internal errors are retried for `retry_seconds`; default: CADFORGE_RETRY_SECONDS, else 120. `patience` and CADFORGE_PATIENCE are
    deprecated names of both.
    """
    rows = list(rows)
    given = (retry_seconds, patience, os.environ.get("CADFORGE_RETRY_SECONDS"), os.environ.get("CADFORGE_PATIENCE"), 120)
    deadline = time.monotonic() + float(next(seconds for seconds in given if seconds is not None))
    found = []
    for start in range(0, len(rows), CHUNK):
        found += _chunk(rows[start : start + CHUNK], deadline)
    return found


def _chunk(rows, deadline):
    """Some rows with their scores; those with an internal error are sent again until the deadline."""
    found = [None] * len(rows)
    missing = list(range(len(rows)))
    pause = 0.5
    while missing:
        try:
            answers = _post([rows[index] for index in missing])
        except _RetryableError as error:
            why, pause = str(error), error.after or pause
        else:
            why = "the server returned fewer rows than it received"
            left = missing[len(answers) :]
            for index, answer in zip(missing, answers):
                if "score" in answer:
                    found[index] = answer
                # Servers before `malformed_line` tell by the message.
                elif "malformed_line" in answer or str(answer.get("error", "")).startswith("bad line"):
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


class _RetryableError(Exception):
    """An error after which a retry may succeed."""

    def __init__(self, message, after=None):
        super().__init__(message)
        self.after = after


def _post(rows):
    body = "".join(_line(row) + "\n" for row in rows).encode()
    headers = {"content-type": "application/x-ndjson"}
    try:
        url = server.url()
    except server.CannotStart as error:
        raise _RetryableError(str(error)) from error
    if token := os.environ.get("CADFORGE_TOKEN"):
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"{url}/score_batch", data=body, headers=headers)
    # Proxies of the environment are not used for this server.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=600) as answer:
            return [json.loads(line) for line in answer.read().splitlines() if line.strip()]
    except urllib.error.HTTPError as error:
        detail = error.read().decode(errors="replace")[:300]
        if error.code in (408, 429, 500, 502, 503, 504):
            after = error.headers.get("retry-after", "")
            raise _RetryableError(f"HTTP {error.code}: {detail}", float(after) if after.isdigit() else None) from error
        raise ValueError(f"{url} rejected the rows: HTTP {error.code}: {detail}") from error
    except (OSError, ValueError, EOFError) as error:
        server.forget()
        raise _RetryableError(f"{url}: {error}") from error
    except Exception as error:
        # http.client has errors that are not an OSError, such as for an incomplete response.
        server.forget()
        raise _RetryableError(f"{url}: {error!r}") from error


def _line(row):
    # ASCII: a tokenizer may leave half of a surrogate pair, which JSON can escape and UTF-8 cannot encode.
    return json.dumps(row, allow_nan=False)


def answer_of(completion):
    """The answer in a trainer's completion: a string, or the last message of the assistant.

    The answer is unchanged: the server extracts the program (docs/extraction.md).
    """
    if isinstance(completion, str):
        return completion
    for message in reversed(list(completion)):
        if message.get("role") == "assistant":
            if message.get("tool_calls") or isinstance(message.get("content"), list):
                return [message]
            return message.get("content") or ""
    return ""
