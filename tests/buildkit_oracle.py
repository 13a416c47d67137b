"""Prints, one JSON object a file, what BuildKit's own parser (PyPI package `dockerfile`) reads in the Dockerfiles named on stdin.

"commands" is null where BuildKit cut a character in two (it looks for the end of flags byte by byte).
"""
import json
import sys

import dockerfile


def shape(c):
    value = list(c.value)
    if None in (c.cmd, *c.flags, *value):
        raise UnicodeError(c)
    # The kind of a HEALTHCHECK is a keyword, and so the same in any case.
    if (c.sub_cmd or c.cmd).upper() == "HEALTHCHECK" and value:
        value[0] = value[0].upper()
    # Nobody looks into an ONBUILD behind an ONBUILD: BuildKit refuses it later.
    if (c.sub_cmd or "").upper() == "ONBUILD":
        value = [""]
    return {
        "cmd": c.cmd.upper(),
        "sub_cmd": c.sub_cmd.upper() if c.sub_cmd else None,
        "json": c.json,
        "start_line": c.start_line,
        "end_line": c.end_line,
        "flags": list(c.flags),
        "value": value,
        "heredocs": [[h.name, h.file_descriptor, h.content] for h in c.heredocs],
    }


for path in sys.stdin.read().splitlines():
    answer = {"path": path}
    try:
        answer["commands"] = [shape(c) for c in dockerfile.parse_file(path)]
    except dockerfile.GoParseError as error:
        answer["error"] = str(error)
    except UnicodeError:
        answer["commands"] = None
    print(json.dumps(answer))
