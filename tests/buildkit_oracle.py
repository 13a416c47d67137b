"""Prints, one JSON object a file, what BuildKit's own parser (PyPI package `dockerfile`) reads in the Dockerfiles named on stdin."""
import json
import sys

import dockerfile


def words(command):
    """The value; the kind of a HEALTHCHECK is a keyword, and so the same in any case."""
    value = list(command.value)
    if command.cmd.upper() == "HEALTHCHECK" and value:
        value[0] = value[0].upper()
    return value


for path in sys.stdin.read().splitlines():
    try:
        commands = [
            {
                "cmd": c.cmd.upper(),
                "sub_cmd": c.sub_cmd.upper() if c.sub_cmd else None,
                "json": c.json,
                "start_line": c.start_line,
                "end_line": c.end_line,
                "flags": list(c.flags),
                "value": words(c),
                "heredocs": [[h.name, h.file_descriptor, h.content] for h in c.heredocs],
            }
            for c in dockerfile.parse_file(path)
        ]
        print(json.dumps({"path": path, "commands": commands}))
    except dockerfile.GoParseError as error:
        print(json.dumps({"path": path, "error": str(error)}))
