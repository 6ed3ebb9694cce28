#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Registry hives from .reg text, written byte by byte.
#
# The hive is laid out as Windows leaves it after a clean unload: bins without gaps, every cell
# reachable, subkeys in lh (lf before version 1.5) leaves sorted by upcased name with right hashes,
# counts, maxima, parents and the ring of security cells with its reference counts exact.  What is
# known of the format is from M. Suhanov's "Windows registry file format specification".
#
# It shares nothing with the program that its hives test, and asks for nothing but Python's own
# library.
#
# Input is what regedit exports ("Windows Registry Editor Version 5.00"), in UTF-8, with a few more
# forms of data that spare the reader hexadecimal:
#
#	"x"=expand:"%SystemRoot%\\x"	REG_EXPAND_SZ
#	"x"=multi:"one","two"		REG_MULTI_SZ
#	"x"=sid:S-1-5-18		REG_BINARY, a security identifier; sid*N: adds N zeros before it
#	"x"=dmio:{GUID}			REG_BINARY, MountedDevices: a partition of a GPT disk
#	"x"=disk:SIGNATURE,OFFSET	REG_BINARY, MountedDevices: a partition of an MBR disk
#	"x"=qword:0123456789ABCDEF	REG_QWORD
#	"x"=fill:SIZE			REG_BINARY of SIZE bytes that all differ from their neighbours
#
# and comments that mean something inside a key: ";time 2014-06-05T10:40:55Z" is its LastWriteTime,
# ";security system" lets only SYSTEM in, here and below, ";copy KEY" puts what KEY holds by then
# into this one.  Later pieces override earlier ones;
# "[-key]" and "name"=- remove.  Parents appear by themselves.
#
#	mkhive.py -o HIVE --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' [option …] FILE.reg …
#	mkhive.py --pipe	many at once, for mkfixture: see pipe()
import argparse
import datetime
import functools
import re
import struct
import sys
import uuid

NIL = 0xFFFFFFFF
BIG_DATA = 16344  # longer data is cut into segments, since version 1.4
LEAF_MAX = 500	  # longer lists of subkeys are cut into leaves under an index root


class Trouble(Exception):
	pass


def filetime(text):
	if text.isdigit():
		return int(text)
	m = re.fullmatch(r'(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z?', text.strip())
	if not m:
		raise Trouble(f'not a time: {text!r}')
	t = datetime.datetime.fromisoformat(f'{m[1]}T{m[2]}+00:00')
	since = t - datetime.datetime(1601, 1, 1, tzinfo=datetime.timezone.utc)
	fraction = int((m[3] or '0').ljust(7, '0'))
	return (since.days * 86400 + since.seconds) * 10**7 + fraction


def units(text):
	return list(struct.unpack(f'<{len(text.encode("utf-16-le", "surrogatepass")) // 2}H',
				  text.encode('utf-16-le', 'surrogatepass')))


# Upper case as NT's table has it: one UTF-16 unit to one, so "ß" stays, and a few letters that
# Unicode knows better today stay too.
def upcase(unit):
	if 0xD800 <= unit <= 0xDFFF or unit in (0x00B5, 0x0131, 0x017F):
		return unit
	up = chr(unit).upper()
	return ord(up) if len(up) == 1 and ord(up) < 0x10000 else unit


def folded(name):
	return [upcase(u) for u in units(name)]


def sid_bytes(text):
	parts = text.strip().split('-')
	if parts[0] != 'S' or parts[1] != '1' or len(parts) < 4:
		raise Trouble(f'not a SID: {text!r}')
	subs = [int(p) for p in parts[3:]]
	return struct.pack('<BB', 1, len(subs)) + int(parts[2]).to_bytes(6, 'big') + \
		struct.pack(f'<{len(subs)}I', *subs)


def string_bytes(text):
	return (text + '\0').encode('utf-16-le', 'surrogatepass')


class Key:
	def __init__(self, name, parent):
		self.name, self.parent = name, parent
		self.keys, self.values = {}, {}
		self.time = None
		self.security = None

	def child(self, name):
		fold = tuple(folded(name))
		if fold not in self.keys:
			self.keys[fold] = Key(name, self)
		return self.keys[fold]

	def sorted_keys(self):
		return [self.keys[fold] for fold in sorted(self.keys)]


# ---- reading .reg text

def split_strings(text, line):
	out = []
	pattern = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*(,|$)')
	position = 0
	while position < len(text):
		m = pattern.match(text, position)
		if not m:
			raise Trouble(f'bad string list: {line}')
		out.append(unescape(m[1]))
		position = m.end()
	return out


def unescape(text):
	return re.sub(r'\\(.)', r'\1', text)


def hex_bytes(text, line):
	text = text.strip().rstrip(',')
	try:
		return bytes(int(b, 16) for b in text.split(',')) if text else b''
	except ValueError as e:
		raise Trouble(f'bad hexadecimal: {line}') from e


def parse_data(text, line):
	if text.startswith('"'):
		strings = split_strings(text, line)
		if len(strings) != 1:
			raise Trouble(f'one string expected: {line}')
		return 1, string_bytes(strings[0])
	form, colon, rest = text.partition(':')
	if not colon:
		raise Trouble(f'no data: {line}')
	if form == 'dword':
		return 4, struct.pack('<I', int(rest, 16))
	if form == 'hex':
		return 3, hex_bytes(rest, line)
	m = re.fullmatch(r'hex\(([0-9a-fA-F]+)\)', form)
	if m:
		return int(m[1], 16), hex_bytes(rest, line)
	if form == 'expand':
		return 2, string_bytes(split_strings(rest, line)[0])
	if form == 'multi':
		return 7, b''.join(string_bytes(s) for s in split_strings(rest, line)) + b'\0\0'
	m = re.fullmatch(r'sid(?:\*(\d+))?', form)
	if m:
		return 3, bytes(int(m[1] or 0)) + sid_bytes(rest)
	if form == 'dmio':
		return 3, b'DMIO:ID:' + uuid.UUID(rest.strip()).bytes_le
	if form == 'disk':
		signature, offset = rest.split(',')
		return 3, struct.pack('<IQ', int(signature, 0), int(offset, 0))
	if form == 'qword':
		return 11, struct.pack('<Q', int(rest, 16))
	if form == 'fill':
		return 3, bytes((i * 7 + (i >> 8)) & 255 for i in range(int(rest, 0)))
	raise Trouble(f'unknown form of data: {line}')


# The lines of a text, those that end in a backslash joined with the next.
@functools.lru_cache(None)
def logical_lines(text):
	out, held = [], ''
	for line in text.replace('\r\n', '\n').split('\n'):
		line = line.strip()
		if line.endswith('\\') and re.search(r'(^|=)\s*(hex(\([0-9a-fA-F]+\))?:|)[0-9a-fA-F, ]*\\$',
						      held + line):
			held += line[:-1].strip()
			continue
		out.append(held + line)
		held = ''
	return out


class Tree:
	def __init__(self, prefix, root_name):
		self.prefix = prefix
		self.root = Key(root_name, None)

	# The path below the hive's root, or None when the key is in another hive.
	def below(self, path):
		p, q = path.lower(), self.prefix.lower()
		if p == q:
			return ''
		return path[len(q) + 1:] if p.startswith(q + '\\') else None

	def find(self, path, create):
		key = self.root
		for part in [p for p in path.split('\\') if p]:
			fold = tuple(folded(part))
			if not create and fold not in key.keys:
				return None
			key = key.child(part)
		return key

	# Returns the keys that belong to other hives.
	def merge(self, text, default_time):
		key, strangers = None, set()
		for line in logical_lines(text.lstrip('\ufeff')):
			if not line or line.startswith('Windows Registry Editor Version 5.00'):
				continue
			if line.startswith('['):
				key = self.section(line, default_time, strangers)
			elif key is None:
				continue
			elif line.startswith(';time '):
				key.time = filetime(line[6:])
			elif line.startswith(';security '):
				key.security = line[10:].strip()
			elif line.startswith(';copy '):
				self.copy(key, line[6:].strip())
			elif not line.startswith(';'):
				self.value(key, line)
		return strangers

	def section(self, line, default_time, strangers):
		m = re.fullmatch(r'\[(-?)(.*)\]', line)
		if not m:
			raise Trouble(f'bad key: {line}')
		path = self.below(m[2])
		if path is None:
			strangers.add(m[2])
			return None
		if m[1]:
			key = self.find(path, False)
			if key is None:
				raise Trouble(f'no such key to remove: {line}')
			del key.parent.keys[tuple(folded(key.name))]
			return None
		key = self.find(path, True)
		key.time = key.time or default_time
		return key

	def copy(self, key, path):
		source = self.find(self.below(path) or '', False)
		if not source or not source.parent:
			raise Trouble(f'no such key to copy: {path}')
		todo = [(source, key)]
		while todo:
			old, new = todo.pop()
			new.values.update(old.values)
			new.time, new.security = old.time, old.security
			todo += [(child, new.child(child.name)) for child in old.keys.values()]

	@staticmethod
	def value(key, line):
		m = re.fullmatch(r'(?:@|"((?:[^"\\]|\\.)*)")\s*=\s*(.*)', line)
		if not m:
			raise Trouble(f'bad value: {line}')
		name = unescape(m[1]) if m[1] is not None else ''
		fold = tuple(folded(name))
		if m[2] == '-':
			if fold not in key.values:
				raise Trouble(f'no such value to remove: {line}')
			del key.values[fold]
			return
		stored = key.values[fold][0] if fold in key.values else name
		key.values[fold] = (stored, *parse_data(m[2], line))


# ---- security descriptors, self-relative: owner, group, an allowing list, inherited below

def descriptor(entries):
	aces = b''
	for mask, sid in entries:
		body = sid_bytes(sid)
		aces += struct.pack('<BBHI', 0, 2, 8 + len(body), mask) + body
	acl = struct.pack('<BBHHH', 2, 0, 8 + len(aces), len(entries), 0) + aces
	owner, group = sid_bytes('S-1-5-32-544'), sid_bytes('S-1-5-18')
	head = struct.pack('<BBHIIII', 1, 0, 0x8004, 20 + len(acl), 20 + len(acl) + len(owner), 0, 20)
	return head + acl + owner + group


ALL, READ = 0xF003F, 0x20019
SECURITY = {
	'users': descriptor([(READ, 'S-1-5-32-545'), (ALL, 'S-1-5-32-544'), (ALL, 'S-1-5-18')]),
	'system': descriptor([(ALL, 'S-1-5-18')]),
}


# ---- writing

class Writer:
	def __init__(self, tree, options):
		self.options = options
		self.bins = []	# [offset, size, cells]
		self.end = 0
		self.room = 0
		self.nodes = {}
		self.tree = tree
		self.sks = {}

	# Reserves a cell; returns its offset.  A cell never crosses the end of its bin.
	def cell(self, size):
		size = (size + 4 + 7) & ~7
		if size > self.room:
			length = (size + 32 + 4095) & ~4095
			self.bins.append([self.end, length, []])
			self.at = self.end + 32
			self.room = length - 32
			self.end += length
		offset = self.at
		self.bins[-1][2].append([offset, size, None])
		self.last = self.bins[-1][2][-1]
		self.at += size
		self.room -= size
		return offset

	def put(self, data):
		offset = self.cell(len(data))
		self.last[2] = data
		return offset

	def hold(self, size):
		offset = self.cell(size)
		return offset, self.last

	# Names whose units all fit a byte are kept in bytes ("compressed"), as Windows does.
	@staticmethod
	def encoded(text):
		try:
			return text.encode('latin-1'), True
		except UnicodeError:
			return text.encode('utf-16-le', 'surrogatepass'), False

	def security(self, key):
		while key.security is None and key.parent is not None:
			key = key.parent
		return key.security or 'users'

	def data(self, data):
		if len(data) <= BIG_DATA or self.options.minor < 4:
			return self.put(data)
		# the last segment's cell is as large as the others
		segments = [self.put(data[i:i + BIG_DATA].ljust(BIG_DATA, b'\0'))
			    for i in range(0, len(data), BIG_DATA)]
		listed = self.put(struct.pack(f'<{len(segments)}I', *segments))
		return self.put(b'db' + struct.pack('<HII', len(segments), listed, 0))

	def values(self, key):
		offsets = []
		for name, kind, data in key.values.values():
			raw, compressed = self.encoded(name)
			if len(data) <= 4:
				length, where = len(data) | 0x80000000, \
					int.from_bytes(data.ljust(4, b'\0'), 'little')
			else:
				length, where = len(data), self.data(data)
			flags = 1 if compressed and name else 0
			offsets.append(self.put(b'vk' + struct.pack('<HIIIHH', len(raw), length, where, kind,
								   flags, 0) + raw))
		return self.put(struct.pack(f'<{len(offsets)}I', *offsets)) if offsets else NIL

	def leaf(self, keys):
		hashed = self.options.minor >= 5
		out = (b'lh' if hashed else b'lf') + struct.pack('<H', len(keys))
		for key in keys:
			if hashed:
				number = 0
				for unit in folded(key.name):
					number = (number * 37 + unit) & NIL
				hint = struct.pack('<I', number)
			else:
				start = units(key.name)[:4]
				hint = bytes(start if all(u <= 0xff for u in start) else []).ljust(4, b'\0')
			out += struct.pack('<I', self.nodes[key][0]) + hint
		return self.put(out)

	def subkeys(self, keys):
		if not keys:
			return NIL
		leaves = [self.leaf(keys[i:i + LEAF_MAX]) for i in range(0, len(keys), LEAF_MAX)]
		if len(leaves) == 1:
			return leaves[0]
		return self.put(b'ri' + struct.pack('<H', len(leaves)) +
				struct.pack(f'<{len(leaves)}I', *leaves))

	# A key's record, its values, its children's records, the list of them; then the children's own.
	def key(self, top):
		todo = [top]
		self.nodes[top] = self.hold(76 + len(self.encoded(top.name)[0]))
		self.count_security(top)
		while todo:
			key = todo.pop()
			children = key.sorted_keys()
			value_list = self.values(key)
			for child in children:
				self.nodes[child] = self.hold(76 + len(self.encoded(child.name)[0]))
				self.count_security(child)
			self.record(key, children, value_list, self.subkeys(children))
			todo.extend(reversed(children))

	def count_security(self, key):
		name = self.security(key)
		if name not in SECURITY:
			raise Trouble(f'unknown security {name!r}')
		if name not in self.sks:
			self.sks[name] = [*self.hold(20 + len(SECURITY[name])), 0]
		self.sks[name][2] += 1

	def record(self, key, children, value_list, key_list):
		raw, compressed = self.encoded(key.name)
		top = key.parent is None
		flags = (0x20 if compressed else 0) | (0x0C if top else 0)
		values = key.values.values()
		self.nodes[key][1][2] = b'nk' + struct.pack(
			'<HQIIIIIIIIIIIIIIIHH', flags, key.time or self.options.time, 0,
			NIL if top else self.nodes[key.parent][0], len(children), 0, key_list, NIL,
			len(values), value_list, self.sks[self.security(key)][0], NIL,
			max([len(units(c.name)) * 2 for c in children], default=0), 0,
			max([len(units(v[0])) * 2 for v in values], default=0),
			max([len(v[2]) for v in values], default=0), 0, len(raw), 0) + raw

	def ring(self):
		ring = list(self.sks.items())
		for i, (name, (_, cell, count)) in enumerate(ring):
			after, before = ring[(i + 1) % len(ring)][1][0], ring[i - 1][1][0]
			body = SECURITY[name]
			cell[2] = b'sk' + struct.pack('<HIIII', 0, after, before, count, len(body)) + body

	def image(self):
		self.key(self.tree.root)
		self.ring()
		if self.options.free:
			# as a hive that has shrunk: whole bins of nothing
			length = (self.options.free + 4095) & ~4095
			self.bins.append([self.end, length, []])
			self.end += length
		out = bytearray(self.end)
		for start, length, cells in self.bins:
			out[start:start + 32] = struct.pack('<4sIIQQI', b'hbin', start, length, 0,
							     self.options.time if start == 0 else 0, 0)
			at = start + 32
			for offset, size, data in cells:
				out[offset:offset + 4] = struct.pack('<i', -size)
				out[offset + 4:offset + 4 + len(data)] = data
				at = offset + size
			if at < start + length:
				out[at:at + 4] = struct.pack('<i', start + length - at)
		return self.base_block() + bytes(out)

	def base_block(self):
		o = self.options
		name = o.name[-31:].encode('utf-16-le').ljust(64, b'\0')
		head = struct.pack('<4sIIQIIIIIII', b'regf', o.sequence + (1 if o.dirty else 0), o.sequence,
				   o.written or o.time, 1, o.minor, 0, 1, self.nodes[self.tree.root][0], self.end, 1) + name
		head = head.ljust(508, b'\0')
		number = 0
		for word in struct.unpack('<127I', head):
			number ^= word
		number = {0: 1, NIL: NIL - 1}.get(number, number)
		if o.bad_checksum:
			number ^= 0x5A5A5A5A
		return (head + struct.pack('<I', number)).ljust(4096, b'\0')


# Marvin32 with the seed that Windows uses for its logs.
def marvin(data):
	lo, hi = 0x7A4E55C5, 0x82EF4D88
	words = list(struct.unpack(f'<{len(data) // 4}I', data)) + [0x80, 0]
	for word in words:
		lo = (lo + word) & NIL
		hi ^= lo
		lo = ((lo << 20 | lo >> 12) + hi) & NIL
		hi = (hi << 9 | hi >> 23) & NIL ^ lo
		lo = ((lo << 27 | lo >> 5) + hi) & NIL
		hi = (hi << 19 | hi >> 13) & NIL
	return hi << 32 | lo


# A transaction log as Windows 8.1 and later write it, with one entry: the first page of the hive, or all.  Or one as
# Windows before that wrote it.
def log(image, options):
	base = bytearray(image[:512])
	base[28:32] = struct.pack('<I', 1 if options.old else 6)
	number = 0
	for word in struct.unpack_from('<127I', base):
		number ^= word
	base[508:512] = struct.pack('<I', {0: 1, NIL: NIL - 1}.get(number, number))
	length = len(image) - 4096 if options.whole else 4096
	if options.old:
		bitmap = (b'\xff' * (length // 4096)).ljust((len(image) - 4096) // 4096, b'\0')
		head = b'DIRT' + bitmap
		return bytes(base + head.ljust((len(head) + 511) // 512 * 512, b'\0') + image[4096:4096 + length])
	body = struct.pack('<II', 0, length) + image[4096:4096 + length]
	body = body.ljust((40 + len(body) + 511) // 512 * 512 - 40, b'\0')
	head = struct.pack('<4sIIIIIQ', b'HvLE', 40 + len(body), 0, options.sequence, len(image) - 4096, 1,
			   marvin(body))
	return bytes(base + head + struct.pack('<Q', marvin(head)) + body)


def build(options, texts):
	tree = Tree(options.prefix, options.root)
	tree.root.time = options.time
	strangers = [tree.merge(text, options.time) for text in texts]
	writer = Writer(tree, options)
	image = bytearray(writer.image())
	if options.log:
		return log(image, options), strangers
	for page in options.zero_page:
		at = 4096 * (1 + page)
		if at + 4096 > len(image):
			raise Trouble(f'no page {page} in a hive of {len(image)} bytes')
		image[at:at + 4096] = bytes(4096)
	if options.cut:
		image = image[:options.cut]
	return bytes(image), strangers


def parser():
	p = argparse.ArgumentParser(allow_abbrev=False)
	p.add_argument('-o', dest='out')
	p.add_argument('--prefix', required=True, help='the key that is the root of the hive')
	p.add_argument('--root', default='CMI-CreateHive{2A7FB991-7BBE-4F9D-B91E-7CB51D4737F5}',
		       help="the root key's own name")
	p.add_argument('--name', default='', help='file name in the base block')
	p.add_argument('--minor', type=int, default=5, help='version 1.N: 3 or 5')
	p.add_argument('--time', type=filetime, default=filetime('2014-06-05T10:41:07Z'))
	p.add_argument('--written', type=filetime, help='when the hive was last written')
	p.add_argument('--sequence', type=int, default=41)
	p.add_argument('--free', type=int, default=0, help='bytes of free space at the end')
	p.add_argument('--dirty', action='store_true', help='sequence numbers differ')
	p.add_argument('--bad-checksum', action='store_true')
	p.add_argument('--zero-page', type=int, action='append', default=[], metavar='N')
	p.add_argument('--log', action='store_true', help='not the hive but a log with its first page')
	p.add_argument('--whole', action='store_true', help='a log with all pages')
	p.add_argument('--old', action='store_true', help='a log of the format before Windows 8.1')
	p.add_argument('--cut', type=int, default=0, help='keep only so many bytes')
	p.add_argument('files', nargs='*')
	return p


# Reads "volume 0", then "hive COUNT" + COUNT argument lines and any number of "reg LENGTH" + that
# many bytes, and so on until the end; then writes "LENGTH" and the bytes of each hive, in order.  A
# text may be given to several hives of a volume; each of its keys must be in one of them.
def pipe():
	source, hives, homeless, volume = sys.stdin.buffer, [], {}, 0
	while line := source.readline().decode().strip():
		word, number = line.split()
		if word == 'volume':
			volume += 1
		elif word == 'hive':
			arguments = [source.readline().decode().rstrip('\n') for _ in range(int(number))]
			hives.append((volume, parser().parse_args(arguments), []))
		else:
			hives[-1][2].append(source.read(int(number)).decode())
	for volume, options, texts in hives:
		try:
			image, strangers = build(options, texts)
		except Trouble as e:
			raise Trouble(f'{options.prefix}: {e}') from e
		sys.stdout.buffer.write(b'%d\n' % len(image) + image)
		for text, keys in zip(texts, strangers):
			homeless[volume, text] = homeless.get((volume, text), keys) & keys
	for keys in homeless.values():
		for key in keys:
			raise Trouble(f'no hive for the key {key}')


def main():
	try:
		if sys.argv[1:] == ['--pipe']:
			return pipe()
		options = parser().parse_args()
		texts = [open(f, encoding='utf-8-sig').read() for f in options.files]
		with open(options.out, 'wb') as out:
			out.write(build(options, texts)[0])
	except (Trouble, OSError) as e:
		sys.exit(f'mkhive: {e}')


if __name__ == '__main__':
	main()
