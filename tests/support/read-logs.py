#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second, small reader of logs: prints the records of FILE, one JSON list a line.

It shares nothing with the program but the formats: time as (date, seconds), level, component, id, message, line, offset.
"""
import codecs
import json
import re
import sys

PANTHER = re.compile(r'^(?:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d), )?(Info|Warning|Error|Fatal Error|Perf)\s+(?:\[(0x[0-9a-f]{6})\]\s+)?'
                     r'(?:(SYSPRP|CSI|CBS|DISM|IBS|MIG|SP|MOUPG)\s+)?(.*)$', re.S)
# where there are columns: a component has six letters of room, and what follows its blank is the message
COLUMNS = re.compile(r'^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d), (Info|Warning|Error|Fatal Error|Perf) +(?:\[(0x[0-9a-f]{6})\] )?'
                     r'(?<=^.{43})(?=[A-Z0-9 ]{6} )([A-Z0-9]+) +(?<=^.{50})(.*)$', re.S)
PORTAL = re.compile(r'^(\d\d)-(\d\d)-(\d{4}) ([\d:.]+) (\w+) \d+ \((0x[0-9a-f]+)\) (.*)$', re.S)
AGENTS = {
    'ec2config': (re.compile(r'^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{3})Z: (.*)$', re.S), None),
    'ec2launch': (re.compile(r'^(\d{4}/\d\d/\d\d) (\d\d:\d\d:\d\d)Z: (.*)$', re.S), None),
    'ec2launch-v2': (re.compile(r'^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (Info|Console|Error): (.*)$', re.S),
                     {'Info': 'Info', 'Console': 'Info', 'Error': 'Error'}),
    'ssm': (re.compile(r'^(\d{4}-\d\d-\d\d) ([\d:.]+) (INFO|ERROR) (.*)$', re.S), {'INFO': 'Info', 'ERROR': 'Error'}),
    'netsetup': (re.compile(r'^(\d\d/\d\d/\d{4}) (\d\d:\d\d:\d\d:\d{3}) (.*)$', re.S), None),
}


def words(message):
    """The level of an agent that has none, by how the message begins."""
    rest = re.sub(r'^(?:\w+: )?(?:Message: )?', '', message) if not message.startswith('Failed') else message
    return 'Error' if rest.startswith(('Failed', 'Unable')) else ''


def lines(data):
    """(line, offset, text) of each line."""
    encoding = 'utf-8'
    bom = 0
    if data.startswith(codecs.BOM_UTF16_LE):
        encoding, bom = 'utf-16-le', 2
    elif data.startswith(codecs.BOM_UTF8):
        bom = 3
    end = '\n'.encode(encoding)
    at = bom
    for number, line in enumerate(data[bom:].split(end), 1):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            text = line.decode('cp1252')
        yield number, at, text.rstrip('\r')
        at += len(line) + len(end)


def parse(kind, text):
    """(time, level, component, id, message), or None for a line that goes on."""
    if kind in ('panther', 'cbs', 'dism'):
        m = PORTAL.match(text)
        if m:
            return (f'{m[3]}-{m[1]}-{m[2]} {m[4]}', '', m[5], '0x%06x' % int(m[6], 16), m[7])
        m = COLUMNS.match(text) or PANTHER.match(text)
        if not m or not (m[1] or m[5].startswith('[')):
            return None
        return m[1], m[2], m[4], m[3], m[5]
    pattern, levels = AGENTS[kind]
    m = pattern.match(text)
    if not m:
        return None
    day = m[1].replace('/', '-')
    if kind == 'netsetup':
        day = f'{m[1][6:]}-{m[1][:2]}-{m[1][3:5]}'
    clock = m[2] if m[2].count(':') < 3 else '.'.join(m[2].rsplit(':', 1))
    message = m[len(m.groups())]
    component = re.match(r'^((?:Ec2|EC2|Sysprep)[A-Za-z0-9]+): ', message)
    component = component[1] if component and kind == 'ec2config' else None
    if kind == 'ssm' and re.match(r'^\[[^@ ]+\]', message):
        component = message[1:message.index(']')]
    level = levels[m[3]] if levels else words(message) if kind != 'netsetup' else \
        'Error' if re.match(r'NetpDoDomainJoin: status: 0x[1-9a-f]', message) else ''
    return f'{day} {clock}', level, component, None, message


def setupapi(data):
    """Every line is a record; the time goes on from line to line."""
    now = section = None
    for number, offset, text in lines(data):
        if not text:
            continue
        level = 'Error' if text.startswith('!!!') else 'Warning' if text.startswith('!') else 'Info'
        body = re.sub(r'^[><! \t.]+', '', text)
        component = re.match(r'^([a-z]{3}): ?', body)
        stamp = re.search(r'(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d\.\d{3})', text)
        clock = re.search(r' (\d\d:\d\d:\d\d\.\d{3})$', text)
        if text.startswith('>>>  ['):
            section, now = text[6:-1], None
        if stamp:
            now = f'{stamp[1]}-{stamp[2]}-{stamp[3]} {stamp[4]}'
        elif clock and now:
            now = now[:11] + clock[1]
        if 'Exit status: FAILURE' in text:
            level = 'Error'
        if component:
            body = body[component.end():]
        yield [now, level, component[1] if component else None, None, body, number, offset, section]


def main():
    kind, path = sys.argv[1:]
    with open(path, 'rb') as f:
        data = f.read()
    if kind == 'setupapi':
        records = list(setupapi(data))
    else:
        records = []
        for number, offset, text in lines(data):
            got = parse(kind, text)
            if got:
                records.append([*(x or None for x in got[:1]), got[1], *got[2:], number, offset, None])
            elif text and records:
                records[-1][4] += '\n' + text
    for r in records:
        print(json.dumps(r))


main()
