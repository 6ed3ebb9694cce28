#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an event log: mkevtx.py EVENTS FILE [--chunk N] [--start ID]

A line of EVENTS is TIME, PROVIDER, NUMBER, LEVEL, CHANNEL and Name=value …, with tabs between; values may be "u32:5", "hex:5", "sid:S-1-5-…",
"guid:…", "bool:1", "time:2014-…", "strings:a,b", else they are strings.  "-=value" is one without a name, and "user:Name=value" stands in UserData.
--chunk begins a new chunk after N events.  As Windows does, the data of an event is a fragment in a value of the event's template, names and
templates are written where they are first used and referred to afterwards, and all checksums are right.
(libyal: "Windows XML Event Log (EVTX)".)
"""
import argparse
import calendar
import struct
import uuid
import zlib

CHUNK = 65536


def filetime(text):
    import time
    seconds, _, fraction = text.rstrip('Z').partition('.')
    t = calendar.timegm(time.strptime(seconds, '%Y-%m-%dT%H:%M:%S'))
    return (t + 11644473600) * 10000000 + int((fraction or '0').ljust(7, '0')[:7])


def value(text):
    """(type, bytes) of a value as it is written."""
    kind, colon, rest = text.partition(':')
    if colon and kind == 'u32':
        return 8, struct.pack('<I', int(rest))
    if colon and kind == 'hex':
        return 0x14, struct.pack('<I', int(rest, 16))
    if colon and kind == 'bool':
        return 0x0d, struct.pack('<I', int(rest))
    if colon and kind == 'guid':
        return 0x0f, uuid.UUID(rest).bytes_le
    if colon and kind == 'time':
        return 0x11, struct.pack('<Q', filetime(rest))
    if colon and kind == 'strings':
        return 0x81, b''.join(s.encode('utf-16-le') + b'\0\0' for s in rest.split(','))
    if colon and kind == 'sid':
        parts = [int(p) for p in rest.split('-')[1:]]
        return 0x13, struct.pack('<BB', parts[0], len(parts) - 2) + struct.pack('>Q', parts[1])[2:] + \
            struct.pack(f'<{len(parts) - 2}I', *parts[2:])
    return 1, text.encode('utf-16-le') + b'\0\0'


class Chunk:
    def __init__(self):
        self.b = bytearray(512)
        self.names = {}
        self.templates = {}
        self.ids = []
        self.last = 512

    def put(self, form, *v):
        self.b += struct.pack('<' + form, *v)

    def name(self, name):
        known = self.names.get(name)
        self.put('I', known or len(self.b) + 4)
        if not known:
            self.names[name] = len(self.b)
            h = 0
            for c in name:
                h = (h * 65599 + ord(c)) & 0xffffffff
            self.put('IHH', 0, h & 0xffff, len(name))
            self.b += name.encode('utf-16-le') + b'\0\0'

    def size_later(self):
        self.put('I', 0)
        return len(self.b)

    def size_now(self, at):
        struct.pack_into('<I', self.b, at - 4, len(self.b) - at)

    def content(self, c):
        """A string is text, (index, type) fills the template."""
        if isinstance(c, str):
            self.put('BBH', 5, 1, len(c))
            self.b += c.encode('utf-16-le')
        else:
            self.put('BHB', 0x0e, *c)

    def element(self, name, attributes=(), content=None, children=()):
        """Without a name: the value alone, among the children of another."""
        if not name:
            self.content(content)
            return
        self.put('BH', 0x41 if attributes else 1, 0xffff)
        size = self.size_later()
        self.name(name)
        if attributes:
            attr_size = self.size_later()
            for i, (key, v) in enumerate(attributes):
                self.put('B', 0x46 if i + 1 < len(attributes) else 6)
                self.name(key)
                self.content(v)
            self.size_now(attr_size)
        if content is None and not children:
            self.put('B', 3)
        else:
            self.put('B', 2)
            if content is not None:
                self.content(content)
            for child in children:
                self.element(*child)
            self.put('B', 4)
        self.size_now(size)

    def instance(self, key, root, values):
        """A fragment that is an instance of the template `key`, whose element is `root`; values are (type, bytes) or functions that put them."""
        self.put('BBBB', 0x0f, 1, 1, 0)
        known = self.templates.get(key)
        self.put('BBII', 0x0c, 1, hash(key) & 0x7fffffff, known or len(self.b) + 10 - 6)
        if not known:
            self.templates[key] = len(self.b)
            struct.pack_into('<I', self.b, len(self.b) - 4, len(self.b))
            self.put('I', 0)
            self.b += uuid.uuid5(uuid.NAMESPACE_URL, str(key)).bytes_le
            size = self.size_later()
            self.put('BBBB', 0x0f, 1, 1, 0)
            self.element(*root)
            self.put('B', 0)
            self.size_now(size)
        self.put('I', len(values))
        sizes = len(self.b)
        for kind, _ in values:
            self.put('HBB', 0, kind, 0)
        for i, (_, data) in enumerate(values):
            start = len(self.b)
            if callable(data):
                data()
            else:
                self.b += data
            struct.pack_into('<H', self.b, sizes + 4 * i, len(self.b) - start)

    def event(self, number, e):
        self.ids.append(number)
        self.last = len(self.b)
        self.b += b'\x2a\x2a\0\0'
        self.put('IQQ', 0, number, e['time'])
        u16 = (1, 6)
        system = ('System', (), None, (
            ('Provider', (('Name', e['provider']),)),
            ('EventID', (('Qualifiers', (0, 6)),), u16),
            ('Version', (), (2, 4)),
            ('Level', (), (3, 4)),
            ('Keywords', (), (4, 0x15)),
            ('TimeCreated', (('SystemTime', (5, 0x11)),)),
            ('EventRecordID', (), (6, 0x0a)),
            ('Channel', (), e['channel']),
            ('Computer', (), 'WIN-4KD1RVQ7L2A')))
        if e['user']:
            names = tuple(n for n, _ in e['user'])
            data = ('UserData', (), None, (('Info', (), None, tuple((n, (), (i, v[0])) for i, (n, v) in enumerate(e['user']))),))
            fill = [v for _, v in e['user']]
        else:
            names = tuple(n for n, _ in e['data'])
            data = ('EventData', (), None, tuple(('Data', (('Name', n),) if n != '-' else (), (i, v[0]))
                                                 for i, (n, v) in enumerate(e['data'])))
            fill = [v for _, v in e['data']]
        def fragment():
            self.instance(('data', bool(e['user']), names, tuple(v[0] for v in fill)), data, fill)

        self.instance(('event', e['provider'], e['channel']), ('Event', (('xmlns', 'http://schemas.microsoft.com/win/2004/08/events/event'),), None, (system, ('', (), (7, 0x21)))),
                      [(6, struct.pack('<H', 0)), (6, struct.pack('<H', e['number'])), (4, b'\0'),
                       (4, bytes([e['level']])), (0x15, struct.pack('<Q', 0)), (0x11, struct.pack('<Q', e['time'])),
                       (0x0a, struct.pack('<Q', number)), (0x21, fragment)])
        self.put('B', 0)
        while (len(self.b) - self.last + 4) % 8:
            self.b += b'\0'
        self.put('I', 0)
        size = len(self.b) - self.last
        struct.pack_into('<I', self.b, self.last + 4, size)
        struct.pack_into('<I', self.b, len(self.b) - 4, size)

    def bytes(self, first):
        head = struct.pack('<8sQQQQIIII', b'ElfChnk\0', first + 1, first + len(self.ids), self.ids[0], self.ids[-1], 128,
                           self.last, len(self.b), zlib.crc32(bytes(self.b[512:])))
        self.b[:len(head)] = head
        struct.pack_into('<I', self.b, 124, zlib.crc32(bytes(self.b[:120]) + bytes(self.b[128:512])))
        return bytes(self.b).ljust(CHUNK, b'\0')


def read_events(path):
    with open(path, encoding='utf-8') as f:
        for line in f:
            if not line.strip() or line.startswith('#'):
                continue
            time, provider, number, level, channel, *rest = line.rstrip('\n').split('\t')
            e = {'time': filetime(time), 'provider': provider, 'number': int(number), 'level': int(level),
                 'channel': channel, 'data': [], 'user': []}
            for pair in rest:
                where = 'user' if pair.startswith('user:') else 'data'
                name, _, text = pair.removeprefix('user:').partition('=')
                e[where].append((name, value(text)))
            yield e


def main():
    p = argparse.ArgumentParser()
    p.add_argument('events')
    p.add_argument('file')
    p.add_argument('--chunk', type=int, default=1 << 30)
    p.add_argument('--start', type=int, default=1)
    p.add_argument('--rotate', type=int, default=0, help='the chunk that is written first')
    a = p.parse_args()
    chunks, firsts, number = [], [], a.start
    for e in read_events(a.events):
        if not chunks or len(chunks[-1].ids) >= a.chunk or len(chunks[-1].b) > CHUNK - 8192:
            chunks.append(Chunk())
            firsts.append(number - a.start)
        chunks[-1].event(number, e)
        number += 1
    head = struct.pack('<8sQQQIHHHH', b'ElfFile\0', 0, len(chunks) - 1, number, 128, 1, 3, 4096, len(chunks)).ljust(120, b'\0')
    head += struct.pack('<II', 0, zlib.crc32(head))
    blocks = [c.bytes(first) for c, first in zip(chunks, firsts)]
    blocks = blocks[a.rotate:] + blocks[:a.rotate]
    with open(a.file, 'wb') as f:
        f.write(head.ljust(4096, b'\0') + b''.join(blocks))


main()
