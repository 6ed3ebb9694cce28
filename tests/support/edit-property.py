#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of single values in settings files of odd forms, judged by other people's programs.

edit-property.py DRIVER [ROUNDS [SEED]]   DRIVER is tests/support/edit-driver

Each round makes a file in XML, JSON or YAML: odd indentation, comments, CDATA, entities, LF or CRLF, with and without a byte-order mark, UTF-8
or UTF-16; sets one of its values; and asks:

  * the bytes before and behind that value are the same
  * xmllint --noout, json.tool's parser or PyYAML take the file
  * what they read differs from what they read of the original in that one value: for XML by xmllint --c14n

A round repeats with its seed.
"""
import codecs
import json
import os
import random
import subprocess
import sys
import tempfile

import yaml

VALUES = ['x', 'true', 'no', '12', '007', 'C:\\Program Files\\a b.cmd', '/oobe /generalize', "it's", 'a "b"', 'x: y', '#no', '- z',
          'ä€😀', ' spaced ', 'a,b]', '{', '&amp; <b>', '%x%', '@at', 'tab\there', '']
WORDS = ['true', 'false', '7', '-1']


class Round:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.nl = self.dice.choice(['\n', '\r\n'])

    def blank(self, most=3):
        return ''.join(self.dice.choice([' ', '\t', self.nl]) for _ in range(self.dice.randrange(most)))

    def value(self):
        return self.dice.choice(VALUES)

    def encode(self, text, plain_only=False):
        """Bytes; a Unicode encoding with or without its mark."""
        forms = [('utf-8', b''), ('utf-8', codecs.BOM_UTF8), ('utf-16-le', codecs.BOM_UTF16_LE), ('utf-16-be', codecs.BOM_UTF16_BE)]
        self.codec, mark = self.dice.choice(forms)
        return mark + text.encode(self.codec)

    # JSON

    def json_string(self, s):
        if self.dice.randrange(2):
            return json.dumps(s, ensure_ascii=bool(self.dice.randrange(2)))
        return json.dumps(s).replace('/', '\\/')

    def json_value(self, depth):
        kind = self.dice.randrange(6 if depth < 4 else 4)
        if kind < 2:
            return self.json_string(self.value())
        if kind == 2:
            return self.dice.choice(['true', 'false', 'null'])
        if kind == 3:
            return self.dice.choice(['0', '-12', '1.5e+3', '0.25'])
        items = []
        for i in range(self.dice.randrange(4)):
            item = self.json_value(depth + 1)
            if kind == 5:
                item = self.json_string(f'key {depth}.{i}') + self.blank() + ':' + self.blank() + item
            items.append(self.blank() + item + self.blank())
        ends = '{}' if kind == 5 else '[]'
        return ends[0] + self.blank() + ','.join(items) + ends[1]

    def json(self):
        body = '{' + self.blank() + '"first"' + self.blank() + ':' + self.json_value(0) + ', "last" : ' + self.json_value(0) + '}'
        return self.blank() + body + self.blank()

    # YAML

    def yaml_scalar(self, flow):
        v = self.value()
        kind = self.dice.randrange(4)
        if kind == 0 or '\t' in v:
            return json.dumps(v, ensure_ascii=False)
        if kind == 1:
            return "'" + v.replace("'", "''") + "'"
        return self.dice.choice(['plain', 'two words', 'true', '3', 'C:\\x', 'a-b', 'ä€'])

    def yaml_block(self, indent, depth):
        """Lines of a map or a list at that indentation."""
        lines = []
        kind = self.dice.choice(['map', 'list'])
        for i in range(self.dice.randrange(1, 4)):
            if not self.dice.randrange(4):
                lines.append(' ' * self.dice.randrange(9) + '# a comment: x')
            head = ' ' * indent + (f'key{i}' + ' ' * self.dice.randrange(2) + ':' if kind == 'map' else '-')
            choice = self.dice.randrange(5)
            if choice < 3 or depth > 3:
                tail = self.dice.choice(['', '  ', ' # c', '   # "c": d'])
                lines.append(head + ' ' * self.dice.randrange(1, 4) + self.yaml_scalar(False) + tail)
            elif choice == 3:
                lines.append(head + ' ' + self.dice.choice(['[a, "b", c]', '{x: 1, "y": z}', '|', '&n {q: r}']))
                if lines[-1].endswith('|'):
                    lines.append(' ' * (indent + 4) + 'block text: # no comment')
            else:
                lines.append(head)
                lines += self.yaml_block(indent + self.dice.randrange(1, 5), depth + 1)
        return lines

    def yaml(self):
        if not self.dice.randrange(4):
            return self.json()
        lines = ['# head', 'version: 1.0', 'config:'] + self.yaml_block(self.dice.randrange(1, 4), 0)
        if self.dice.randrange(2):
            lines.insert(0, '---')
        return self.nl.join(lines) + self.dice.choice(['', self.nl])

    # XML

    def xml_text(self, s):
        s = s.replace('&', '&amp;').replace('<', '&lt;')
        if self.dice.randrange(3) == 0:
            s = ''.join(f'&#x{ord(c):x};' if ord(c) > 127 else c for c in s)
        return s

    def xml_element(self, depth):
        name = self.dice.choice(['Name', 'State', 'Ä', 'p:Value', 'Plugin'])
        space = self.blank()
        if depth < 4 and self.dice.randrange(3) == 0:
            inner = ''.join(self.blank() + self.xml_element(depth + 1) for _ in range(self.dice.randrange(1, 4))) + self.blank()
        else:
            v = self.value()
            inner = self.dice.choice([self.xml_text(v), self.blank() + self.xml_text(v) + self.blank(),
                                      f'<![CDATA[{v}]]>', f'<!-- <Name>x</Name> -->{self.xml_text(v)}', ''])
            if not inner and self.dice.randrange(2):
                return f'<{name}{space}/>'
        attribute = self.dice.choice(['', ' a="x>y"', " b='&lt;/Name>'"])
        return f'<{name}{attribute}{space}>{inner}</{name}{self.blank()}>'

    def xml(self):
        head = self.dice.choice(['', '<?xml version="1.0" standalone="yes"?>' + self.nl])
        return head + f'<Root xmlns:p="urn:p">{self.blank()}<!-- c -->{self.xml_element(0)}{self.xml_element(0)}</Root>' + self.blank()


class Trouble(Exception):
    pass


class Driver:
    def __init__(self, program, folder):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.folder = folder

    def ask(self, *words):
        self.process.stdin.write(' '.join(words) + '\n')
        self.process.stdin.flush()
        answer = []
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise Trouble('the driver has ended')
            answer.append(line.rstrip('\n'))
            if line.startswith(('.', 'done', 'refused')):
                return answer


def leaves(value, path=()):
    """Every single value of what a parser gave, with its path."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield from leaves(v, path + (k,))
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from leaves(v, path + (i,))
    else:
        yield path, value


def read_json(data):
    text = data.decode('utf-16') if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else data.decode('utf-8-sig')
    result = subprocess.run(['/usr/bin/python3', '-m', 'json.tool'], input=text.encode(), capture_output=True)
    if result.returncode:
        raise Trouble(f'json.tool: {result.stderr.decode()}')
    return json.loads(text)


def read_yaml(data):
    return yaml.load(data, Loader=yaml.BaseLoader)


def canonical(path):
    result = subprocess.run(['xmllint', '--c14n', path], capture_output=True)
    if result.returncode or subprocess.run(['xmllint', '--noout', path], capture_output=True).returncode:
        raise Trouble(f'xmllint: {result.stderr.decode()}')
    return result.stdout


def middle(a, b):
    """What differs between two: the parts between the common start and the common end."""
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    stop = 0
    while stop < min(len(a), len(b)) - start and a[-1 - stop] == b[-1 - stop]:
        stop += 1
    return a[start:len(a) - stop], b[start:len(b) - stop]


def judge_tree(read, before, after, value):
    old, new = list(leaves(read(before))), list(leaves(read(after)))
    if [p for p, _ in old] != [p for p, _ in new]:
        raise Trouble('other values are there')
    changed = [(p, a, b) for (p, a), (_, b) in zip(old, new) if (a, type(a)) != (b, type(b))]
    if len(changed) > 1:
        raise Trouble(f'more than one value has changed: {changed}')
    if changed and str(changed[0][2]) != value and json.dumps(changed[0][2]) != value:
        raise Trouble(f'the new value is {changed[0][2]!r}')


def judge_xml(path, out, value):
    a, b = middle(canonical(path), canonical(out))
    wanted = value.strip().replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').encode()
    # the common start and end may eat into the value
    if b not in wanted or b'<' in a or b'<' in b:
        raise Trouble(f'canonical forms differ in {a!r} -> {b!r}')


def play(driver, seed):
    """One round: True when a value was changed, False when that was refused."""
    r = Round(seed)
    kind = r.dice.choice(['xml', 'json', 'yaml'])
    text = getattr(r, kind)()
    before = r.encode(text)
    path, out = (os.path.join(driver.folder, name) for name in ('in', 'out'))
    with open(path, 'wb') as f:
        f.write(before)
    listed = driver.ask('list', kind, path)
    if kind == 'yaml' and 'Unicode character escape' in listed[-1]:
        return False  # halves of pairs in JSON: libyaml and its kin refuse them, PyYAML does not
    if listed[-1] != '.':
        try:
            canonical(path) if kind == 'xml' else (read_json if kind == 'json' else read_yaml)(before)
        except (Trouble, yaml.YAMLError):
            return False  # nobody takes it
        raise Trouble(f'{kind}: {listed[-1]}, but others take it')
    if kind == 'yaml':
        try:
            read_yaml(before)
        except yaml.YAMLError:
            return False  # PyYAML knows fewer forms, tabs among them
    nodes = [line.split()[0] for line in listed[:-1] if line.split()[1] in ('text', 'plain')]
    if not nodes:
        return False
    word = kind != 'xml' and r.dice.randrange(3) == 0
    value = r.dice.choice(WORDS) if word else r.value()
    if kind == 'xml':
        value = value.strip()
    node = r.dice.choice(nodes)
    answer = driver.ask('set', kind, path, node, 'word' if word else 'text', *([value.encode().hex()] if value else []), out)[-1]
    if answer != 'done':
        if not any(s in answer for s in ('by hand', 'CDATA')):
            raise Trouble(f'{kind}, node {node}, {value!r}: {answer}')
        return False
    with open(out, 'rb') as f:
        after = f.read()
    if kind == 'xml':
        judge_xml(path, out, value)
    else:
        judge_tree(read_json if kind == 'json' else read_yaml, before, after, value)
    # all bytes that differ lie in one stretch, no longer than the values as they could be written
    a, b = middle(before, after)
    most = max(len(v) for v in VALUES) * 6 * (2 if r.codec != 'utf-8' else 1) + 32
    if len(a) > most or len(b) > most:
        raise Trouble(f'{len(a)} bytes became {len(b)}')
    return True


def main():
    program = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 600
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    changed = 0
    with tempfile.TemporaryDirectory() as folder:
        driver = Driver(program, folder)
        for seed in range(first, first + rounds):
            try:
                changed += play(driver, seed)
            except (Trouble, yaml.YAMLError, UnicodeError) as e:
                print(f'seed {seed}: {e}')
                with open(os.path.join(folder, 'in'), 'rb') as f:
                    print(f.read())
                return 1
    print(f'{rounds} files, {changed} edited')
    return 0 if changed > rounds // 2 else 1


sys.exit(main())
