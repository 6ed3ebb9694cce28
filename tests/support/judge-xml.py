#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge edits of XML by another program: judge-xml.py DIR

DIR holds what tests/unit/test-xml-edit leaves: N.before.xml, N.after.xml, N.appended.xml, N.name and N.value.  xmllint
must take each file, and the canonical form of the edited one must be the other's but for the value of element NAME.
"""
import glob
import os
import re
import subprocess
import sys
from xml.sax.saxutils import escape


def canonical(path: str) -> str:
    subprocess.run(["xmllint", "--noout", path], check=True)
    done = subprocess.run(["xmllint", "--c14n", path], check=True, capture_output=True)
    return done.stdout.decode()


def part(text: str, name: str) -> tuple[str, str, str]:
    """What stands before, in and behind the element."""
    found = re.search(rf'<{name}(?: [^\s=]+="[^"]*")*>(.*?)</{name}>', text, re.DOTALL)
    assert found, name
    return text[: found.start(1)], found.group(1), text[found.end(1) :]


def notes(text: str) -> list[str]:
    return re.findall(r"<!--.*?-->|<\?.*?\?>", text, re.DOTALL)


def plain(text: str) -> str:
    return re.sub(r"<!--.*?-->|<\?.*?\?>", "", text, flags=re.DOTALL).strip()


def main() -> int:
    judged = 0
    for before_path in sorted(glob.glob(os.path.join(sys.argv[1], "*.before.xml"))):
        base = before_path[: -len(".before.xml")]
        with open(base + ".name", encoding="utf-8") as f:
            name = f.read()
        with open(base + ".value", encoding="utf-8") as f:
            value = f.read()
        before = part(canonical(before_path), name)
        after = part(canonical(base + ".after.xml"), name)
        assert (before[0], before[2]) == (after[0], after[2]), base
        assert notes(before[1]) == notes(after[1]), base
        assert plain(after[1]) == escape(value), (base, after[1], value)
        appended = canonical(base + ".appended.xml")
        new = re.search(r'\s*<new d="&lt;">.*?</new>', appended, re.DOTALL)
        assert new, base
        judged += 1
    assert judged, "nothing to judge"
    print(f"{judged} edits judged")
    return 0


if __name__ == "__main__":
    sys.exit(main())
