#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a report of resprep --json.

report.py SCHEMA FILE          validate against docs/report-schema.json
report.py SCHEMA FILE findings ... and print "SEVERITY CHECK PROBLEM SUBJECT" per finding, sorted
report.py SCHEMA FILE get A.B  ... and print one member
"""
import json
import sys

import jsonschema


def main() -> int:
    schema_path, path, *rest = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as f:
        schema = json.load(f)
    with open(path, encoding="utf-8") as f:
        report = json.load(f)  # exactly one object: anything behind it is an error
    jsonschema.validate(report, schema)
    if rest[:1] == ["findings"]:
        for line in sorted(
            " ".join([x["severity"], x["check"], x["problem"], x["subject"] or "-"])
            for x in report["findings"]
        ):
            print(line)
    elif rest[:1] == ["get"]:
        value = report
        for part in rest[1].split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        print(value if isinstance(value, str) else json.dumps(value))
    return 0


if __name__ == "__main__":
    sys.exit(main())
