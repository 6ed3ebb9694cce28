#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs with which the fuzz targets begin, made from text.

corpus.py MKFIXTURE OUT   fills OUT/TARGET/ for each target, and OUT/ntfs.img

What each target's input looks like is told at the top of its fuzz-TARGET.c.  Volumes, hives, logs and answer files
come from fixtures/; small texts of our own from fuzz/seeds/; what was once found from fuzz/regressions/TARGET/,
where NAME.hex is hexadecimal with comments behind "#" and stands for its bytes.
"""
import hashlib
import os
import struct
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = os.path.join(SOURCE, 'fixtures', 'cases')
MKHIVE = os.path.join(SOURCE, 'tests', 'support', 'mkhive.py')
UNIT = 512


class Corpus:
    def __init__(self, mkfixture, out):
        self.mkfixture, self.out = mkfixture, out

    def add(self, target, name, data):
        folder = os.path.join(self.out, target)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)

    def fixture(self, recipe, *options):
        subprocess.run([self.mkfixture, '--fixtures', os.path.join(SOURCE, 'fixtures'), *options, recipe],
                       check=True, stdout=subprocess.DEVNULL)

    def events(self):
        path = os.path.join(self.out, 'events.evtx')
        subprocess.run([sys.executable, os.path.join(SOURCE, 'tests', 'support', 'mkevtx.py'),
                        os.path.join(SOURCE, 'fixtures', 'logs', 'events.txt'), path], check=True)
        data = contents(path)
        os.remove(path)
        return data

    def image(self, case):
        path = os.path.join(self.out, 'disk.img')
        self.fixture(os.path.join(CASES, case, 'case.recipe'), '-o', path)
        with open(path, 'rb') as f:
            data = f.read()
        os.remove(path)
        return data

    def tree(self, case):
        """The files of a fixture's volume: path, bytes."""
        folder = os.path.join(self.out, 'tree')
        self.fixture(os.path.join(CASES, case, 'case.recipe'), '--tree', folder)
        for root, folders, files in os.walk(folder):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(root, name)
                if not os.path.islink(path):
                    with open(path, 'rb') as f:
                        yield os.path.relpath(path, folder), f.read()
        subprocess.run(['rm', '-rf', folder], check=True)

    def hive(self, reg, *options):
        path = os.path.join(self.out, 'hive.tmp')
        subprocess.run(['/usr/bin/python3', MKHIVE, '-o', path, '--prefix', 'HKEY_LOCAL_MACHINE\\FUZZ', *options, reg],
                       check=True)
        with open(path, 'rb') as f:
            data = f.read()
        os.remove(path)
        return data


def seed(name):
    return os.path.join(SOURCE, 'fuzz', 'seeds', name)


def contents(path):
    with open(path, 'rb') as f:
        return f.read()


def flat(path):
    return path.replace('/', '-').replace(' ', '-')


def wide(data):
    return b'\xff\xfe' + data.decode('utf-8-sig').encode('utf-16-le')


# ---- partition: flags, size, pieces

def pieces(image, flags):
    """The sectors that hold something where tables and the beginnings of volumes are."""
    units = len(image) // UNIT
    places = sorted({u for u in [*range(128), *range(0, units, 2048), *range(max(0, units - 300), units)] if u < units})
    out, run = b'', []

    def flush():
        nonlocal out
        if run:
            data = image[run[0] * UNIT:(run[-1] + 1) * UNIT].rstrip(b'\0')
            out += struct.pack('<IH', run[0], len(data)) + data
        run.clear()

    for u in places:
        if not any(image[u * UNIT:(u + 1) * UNIT]):
            continue
        if run and (u != run[-1] + 1 or len(run) == 100):
            flush()
        run.append(u)
    flush()
    return struct.pack('<BI', flags, units - 1) + out


def settings(c):
    """A first byte that chooses form and node, and a settings file."""
    common = os.path.join(SOURCE, 'fixtures', 'bases', 'common')
    for name in ['ec2launch/LaunchConfig.json', 'ec2launch/EventLogConfig.json', 'ec2launch2/agent-config.yml', 'ec2launch2/previous-state.json']:
        data = contents(os.path.join(common, name))
        for first in b'\x08\x0d\x22\x43':
            c.add('settings', f'{flat(name)}-{first}', bytes([first]) + data)
        c.add('settings', flat(name) + '-wide', b'\x14' + wide(data))
    c.add('settings', 'odd.yml', b'\x01' + b"a: &x {b: 'c', \"d\": [e, *x]}\r\n? f\r\n: |\r\n  g\r\n# h\r\ni: !!str j\r\n")


def partitions(c):
    for case in ['gpt-backup-only', 'mbr-logical', 'sector-4096', 'ldm', 'ldm-mbr', 'bare-ntfs', 'truncated', 'refs',
                 'bitlocker', 'two-windows', 'profile-stale-2008r2']:
        image = c.image(case)
        c.add('partition', case, pieces(image, 1))
        if case == 'sector-4096':
            c.add('partition', case + '-device', pieces(image, 3))


# ---- hives and their logs

def old_log(hive, pages):
    """A log of the format before Windows 8.1 with all of the given pages."""
    base = bytearray(hive[:UNIT])
    struct.pack_into('<I', base, 28, 1)
    bits = bytearray((len(hive) - 4096) // UNIT // 8)
    data = b''
    for page in pages:
        bits[page] = 0xff
        data += hive[4096 * (page + 1):4096 * (page + 2)]
    dirt = b'DIRT' + bytes(bits)
    return bytes(base) + dirt + bytes(-len(dirt) % UNIT) + data


def with_logs(flags, primary, log1, log2=b''):
    return struct.pack('<BII', flags, len(primary), len(log1)) + primary + log1 + log2


def many_keys(c, count):
    path = os.path.join(c.out, 'many.reg')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('Windows Registry Editor Version 5.00\n')
        for i in range(count):
            f.write(f'\n[HKEY_LOCAL_MACHINE\\FUZZ\\k{i:04}]\n"v"=dword:{i:08x}\n')
    data = c.hive(path)
    os.remove(path)
    return data


def hives(c):
    for minor in '3', '4', '5', '6':
        c.add('hive', 'every-type-' + minor, c.hive(seed('every-type.reg'), '--minor', minor))
    c.add('hive', 'free-space', c.hive(seed('every-type.reg'), '--free', '20000'))
    c.add('hive', 'small', c.hive(seed('small.reg'), '--free', '2000'))
    c.add('hive', 'many-keys', many_keys(c, 60))
    c.add('hive', 'nested-lists', many_keys(c, 520))
    c.add('hive', 'dirty', c.hive(seed('small.reg'), '--dirty'))
    c.add('hive', 'zero-page', c.hive(seed('every-type.reg'), '--zero-page', '2'))
    before = c.hive(seed('small.reg'), '--dirty', '--sequence', '50')
    after = seed('every-type.reg')
    log = c.hive(after, '--log', '--whole', '--sequence', '50')
    one = c.hive(after, '--log', '--sequence', '50')
    whole = c.hive(after, '--sequence', '51')
    c.add('hive-log', 'whole', with_logs(1, before, log))
    c.add('hive-log', 'second', with_logs(1, before, b'', log))
    c.add('hive-log', 'two', with_logs(1, before, one, log))
    c.add('hive-log', 'accepted', with_logs(8, before, b''))
    c.add('hive-log', 'first-page', with_logs(0, before, one))
    c.add('hive-log', 'clean', with_logs(3, whole, log))
    later = c.hive(after, '--log', '--whole', '--sequence', '51')
    c.add('hive-log', 'chain', with_logs(1, before, log, later))
    c.add('hive-log', 'chain-reversed', with_logs(1, before, later, log))
    left = bytearray(log + one[UNIT:])
    struct.pack_into('<I', left, len(log) + 12, 70)
    c.add('hive-log', 'left-behind', with_logs(1, before, bytes(left)))
    manager = bytearray(before)
    manager[164:168] = b'rmtm'
    c.add('hive-log', 'transactions', with_logs(3, bytes(manager), log))
    c.add('hive-log', 'checksum', with_logs(1, before[:508] + b'\0\0\0\0' + before[512:], log, one))
    small = c.hive(seed('small.reg'), '--dirty', '--sequence', '50', '--free', '2000')
    clean = c.hive(seed('small.reg'), '--sequence', '50', '--free', '2000')
    c.add('hive-log', 'old', with_logs(7, small, old_log(clean, range(len(clean) // 4096 - 1))))
    c.add('hive-log', 'old-clean', with_logs(7, clean, old_log(clean, [0])))


# ---- journals, and messages to the keeper

def sha256(data):
    return hashlib.sha256(data).digest()


def journal(kind, records, watches=(), manifest=b'{"version": 1, "changes": []}', path=b'/dev/xvdf'):
    payload = path + manifest
    for offset, length in watches:
        payload += struct.pack('<QII32s', offset, length, 0, sha256(b''))
    for phase, name, offset, before, after in records:
        payload += struct.pack('<IIQIIII', kind, phase, offset, len(before), len(after), len(name), 0)
        payload += name + before + after
    header = struct.pack('<8sIIIIQ16sQQQQQQQQQ32s', b'RESPREPJ', 1, 512, kind, 512, (1 << 20) if kind == 1 else 0,
                         b'\x11' * 16, 65536 if kind == 1 else 0, 524288 if kind == 1 else 0, 0x1122334455667788,
                         130464960000000000, len(records), len(watches), len(manifest), len(path), len(payload),
                         sha256(payload)).ljust(480, b'\0')
    return header + sha256(header) + payload


SECTORS = [(0, b'', 65536, b'a' * 512, b'b' * 512), (0, b'', 69632, b'a' * 1024, b'c' * 1024),
           (1, b'', 65536, b'b' * 512, b'd' * 512)]
FILES = [(0, b'Windows/System32/config/SYSTEM', 4096, b'old', b'new'),
         (1, b'Windows/a.txt', 0, b'', b'longer')]


def message(*parts):
    return b''.join(struct.pack('=Q', p) if isinstance(p, int) else p for p in parts)


def counted(data):
    return message(len(data)) + data


def text(data):
    return message(2**64 - 1) if data is None else counted(data)


def changes(kind, records, watches=()):
    out = identified(kind)
    out += text(b'{}') + message(len(watches))
    for offset, length in watches:
        out += struct.pack('=QI32s4x', offset, length, bytes(32))
    out += message(len(records))
    for phase, name, offset, before, after in records:
        out += message(kind, phase, text(name or None), offset, counted(before), counted(after))
    return out


def asked(flags, *messages):
    return bytes([flags]) + b''.join(struct.pack('<H', len(m)) + m for m in messages)


def identified(kind):
    return struct.pack('=I4xQI16s4xQQQ', kind, (1 << 20) if kind == 1 else 0, 512, bytes(16), 65536 if kind == 1 else 0,
                       524288 if kind == 1 else 0, 0)


def commit(kind, records, watches=()):
    """Begun, all of it in one piece, ended."""
    return [message(14, identified(kind)), message(15, changes(kind, records, watches)), message(2)]


def commits(c):
    c.add('journal', 'sectors', journal(1, SECTORS, [(65536, 512)]))
    c.add('journal', 'files', journal(2, FILES))
    c.add('journal', 'nothing', journal(1, []))
    identity = struct.pack('=I4xQI16s4xQQQ', 1, 1 << 20, 512, bytes(16), 65536, 524288, 0)
    c.add('channel', 'commit', asked(0, *commit(1, SECTORS, [(65536, 512)])))
    # of zeros, as the target is: these are written
    zeros = [(0, None, 69632, bytes(1024), b'n' * 1024), (1, None, 131072, bytes(512), b'o' * 512)]
    c.add('channel', 'commit-written', asked(0, *commit(1, zeros), *commit(1, zeros),
                                             message(3, text(b'before.reg'), counted(b'x'))))
    c.add('channel', 'commit-written-file', asked(1, *commit(2, [(0, b'file', 4096, bytes(512), b'n' * 512)])))
    c.add('channel', 'commit-files', asked(1, *commit(2, FILES), message(3, text(b'before.reg'), counted(b'x'))))
    c.add('channel', 'refused', asked(2, *commit(1, SECTORS), message(1, identity, 0), message(1, identity, 1)))
    c.add('channel', 'file', asked(0, message(5, counted(b'text')), message(5, counted(b'again')), message(13, 1),
                                   message(5, counted(b'a second one')), message(13, 0)))
    c.add('channel', 'file-dropped', asked(0, message(5, counted(b'text'))))
    c.add('channel', 'commit-pieces', asked(0, message(14, identified(1)), message(15, changes(1, [])),
                                            message(15, changes(1, SECTORS[:1])), message(15, changes(1, SECTORS[1:])), message(2)))
    c.add('channel', 'commit-dropped', asked(0, message(14, identified(1)), message(15, changes(1, SECTORS))))
    c.add('channel', 'commit-unordered', asked(0, message(15, changes(1, SECTORS)), message(2), message(14, identified(1)),
                                               message(15, changes(1, SECTORS)), message(15, changes(1, [], [(65536, 512)])),
                                               message(2)))
    c.add('channel', 'pages', asked(0, message(16, counted(bytes(4608))), message(17, 0), message(16, counted(bytes(4608)))))
    zeros = bytes(512)
    good = [(0, b'', 65536, zeros, b'b' * 512), (1, b'', 65536, b'b' * 512, b'c' * 512), (1, b'', 66048, zeros, b'd' * 512)]
    c.add('channel', 'commit-good', asked(0, *commit(1, good), message(3, text(b'before.reg'), counted(b'x')),
                                          *commit(1, SECTORS)))
    c.add('channel', 'commit-edge', asked(0, *commit(1, [(0, b'', 589312, zeros, b'e' * 512)]),
                                          *commit(1, [(0, b'', 589824, zeros, b'e' * 512)])))
    file = [(0, b'file', 4096, bytes(10), b'b' * 10), (1, b'file', 8192, b'', b'longer')]
    c.add('channel', 'commit-file', asked(1, *commit(2, file), message(3, text(b'a'), counted(b'x'))))
    for name in b'link', b'up/canary', b'up/new', b'new', b'../canary', b'target/../../canary':
        c.add('channel', 'commit-' + flat(name.decode()).strip('.-'),
              asked(1, *commit(2, [(0, name, 0, b'not', b'bad')])))
    times = struct.pack('=qqqq', 1, 2, 3, 4)
    c.add('channel', 'folder', asked(0, message(6), message(7, text(b'Windows/Panther/setupact.log')),
                                     message(8, 0, counted(b'line\n')), message(8, 4096, counted(b'')), message(9, 1, times),
                                     message(7, text(b'Windows/Panther/setuperr.log')), message(9, 0, times),
                                     message(7, text(b'../x')), message(7, text(b'/etc/x'))))
    c.add('channel', 'archive', asked(8, message(12), message(8, 0, counted(b'PK')), message(8, 4096, counted(b'')),
                                      message(5, counted(b'x')), message(12), message(9, 0, times), message(12)))
    c.add('channel', 'not-allowed', asked(6, message(6), message(5, counted(b'x')), message(7, text(b'a')),
                                          message(3, text(b'a'), counted(b'x'))))


# ---- a packaged tool: flags, steps, the file of pages

def tools(c):
    def pages(numbers, head=None):
        size, offset, present = head or (65024, 8192, 65024)
        out = struct.pack('<8sQQQQQ', b'RSPDLT01', len(numbers), size, offset, present, 0).ljust(4608, b'\0')
        for n in numbers:
            out += struct.pack('<Q', n).ljust(512, b'\0') + bytes([n & 255]) * 4096
        return out

    def script(*steps):
        return bytes([len(steps)]) + b''.join(struct.pack('<BIHB', *s) for s in steps)

    work = script((2, 4000, 200, 1), (2, 40000, 8192, 2), (0, 0, 8999, 3), (6, 60000, 0, 4), (5, 0, 5000, 5), (4, 0, 600, 6))
    for name, numbers in ('none', []), ('some', [0, 3, 15]), ('twice', [3, 3, 9, 3]), ('behind', [15, 16, 2 ** 63]):
        c.add('tool', name, b'\0' + work + pages(numbers))
        c.add('tool', name + '-right', b'\1' + work + pages(numbers))
    c.add('tool', 'no-head', b'\0' + work + b'x' * 5000)
    c.add('tool', 'too-many', b'\0' + work + pages([1, 2])[:-1])
    c.add('tool', 'ends', b'\1' + script((8, 0, 9, 1), (10, 0, 9, 2), (14, 0, 0, 3), (4, 0, 9, 4), (23, 9, 0, 5), (7, 9, 0, 6)) + pages([1]))
    for i, head in enumerate([(2 ** 64 - 1, 0, 0), (2 ** 63, 2 ** 63, 2 ** 64 - 1), (0, 0, 0), (1, 8192, 65024)]):
        c.add('tool', f'head-{i}', b'\0' + work + pages([0, 1], head))
        c.add('tool', f'head-ends-{i}', b'\0' + script((8, 0, 9, 1), (10, 0, 9, 2), (8, 4096, 8999, 1)) + pages([0, 1], head))


# ---- NTFS: flags, patches

def volumes(c):
    c.fixture(os.path.join(SOURCE, 'fuzz', 'ntfs.recipe'), '-o', os.path.join(c.out, 'ntfs.img'))
    for flags in range(16):
        c.add('ntfs', f'whole-{flags:02}', bytes([flags]))
    for i in range(0, 600, 20):
        patch = b''.join(struct.pack('<HHB', i + k, 24 + 13 * i % 480, 2) + b'\xff\x00' for k in range(0, 20, 7))
        c.add('ntfs', f'patched-{i:03}', bytes([3 if i % 40 else 0]) + patch)


def texts(c):
    for case in 'sysprep-copyprofile-failed', 'copyprofile-utf16', 'copyprofile-two-components':
        for path, data in c.tree(case):
            name = flat(path)[-60:]
            if path.endswith('.xml'):
                c.add('answer', f'{case}-{name}', data)
                c.add('secrets', f'{case}-{name}', data)
            elif path.endswith(('.log', 'Log.txt')) and case == 'sysprep-copyprofile-failed':
                kind = b'\5' if name.endswith('.txt') else b'\0'
                c.add('setuplog', name, kind + data)
                c.add('setuplog', name + '-utf16', kind + wide(data))
            elif '/config/' in path and '.' not in path and len(data) <= 16384 and case == 'sysprep-copyprofile-failed':
                c.add('hive', name, data)
    c.add('answer', 'two-components', contents(seed('two-components.xml')))
    c.add('answer', 'two-components-utf16', wide(contents(seed('two-components.xml')).replace(b'"utf-8"', b'"utf-16"')))
    answers = os.path.join(SOURCE, 'fixtures', 'answer')
    for name in sorted(os.listdir(answers)):
        c.add('answer', name, contents(os.path.join(answers, name)))
        c.add('answer', name + '-utf16', wide(contents(os.path.join(answers, name)).replace(b'"utf-8"', b'"utf-16"')))
    forms = contents(seed('forms.txt'))
    events = c.events()
    c.add('evtx', 'all', events[4096 + 512:4096 + 512 + 12000].rstrip(b'\0'))
    # the first byte is the kind of log (enum log_kind)
    for kind in range(10):
        c.add('setuplog', f'forms-{kind}', bytes([kind]) + forms)
    c.add('setuplog', 'forms-crlf-1252', b'\0' + forms.decode().replace('\n', '\r\n').encode('cp1252'))
    c.add('setuplog', 'forms-utf16', b'\6' + wide(forms))
    c.add('setuplog', 'forms-utf16be', b'\0\xfe\xff' + forms.decode().encode('utf-16-be'))
    c.add('setuplog', 'forms-holes', b'\0' + forms[:150] + bytes(700) + forms[150:])
    for name in 'edits.reg', 'regedit4.reg', 'every-type.reg', 'small.reg':
        c.add('regfile', name, contents(seed(name)))
    c.add('regfile', 'edits-utf16', wide(contents(seed('edits.reg'))))


# ---- known failures: the place of the log (enum log_place), the log

def known(c):
    places = {'Sysprep/Panther': 1, 'Windows/Panther/setup': 3, 'UnattendGC': 4}
    for case in ('sysprep-log-failure', 'sysprep-log-failure-history', 'sysprep-log-failure-hang', 'sysprep-log-failure-specialize',
                 'sysprep-provider', 'setup-unfinished-oobe', 'setup-unfinished-specialize', 'sysprep-copyprofile-failed'):
        for path, data in c.tree(case):
            for part, place in places.items():
                if part in path and path.endswith('setupact.log'):
                    c.add('known', f'{case}-{place}', bytes([place]) + data)
    # lines that the unit test has for each signature, as one log
    lines = contents(os.path.join(SOURCE, 'tests', 'unit', 'known-lines.h'))
    c.add('known', 'signatures', b'\0' + lines)


def regressions(c):
    top = os.path.join(SOURCE, 'fuzz', 'regressions')
    for root, _, files in os.walk(top):
        for name in files:
            data = contents(os.path.join(root, name))
            if name.endswith('.hex'):
                data = bytes.fromhex(''.join(line.split('#')[0] for line in data.decode().splitlines()))
            c.add(os.path.basename(root), 'found-' + name, data)


def main():
    c = Corpus(*sys.argv[1:])
    os.makedirs(c.out, exist_ok=True)
    for fill in partitions, settings, hives, commits, tools, volumes, texts, known, regressions:
        fill(c)


if __name__ == '__main__':
    main()
