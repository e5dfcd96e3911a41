"""Runs a script on SQLite in memory: a line of JSON a statement, a line of JSON a selection."""

import json
import sqlite3
import sys

database = sqlite3.connect(":memory:", isolation_level=None)
for line in sys.stdin:
    step = json.loads(line)
    rows = database.execute(step["sql"], step["parameters"]).fetchall()
    if step["selects"]:
        print(json.dumps(sorted((row[0] for row in rows), key=str.encode)))
