#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Checks hives as strictly as Windows' own chkreg, and a little more: every allocated cell is used,
# and used once; counts, maxima, parents, order, hashes, the ring of security cells and its
# reference counts are exact; the hive is clean.  No tool in Debian looks at half of this.
#
# Written from M. Suhanov's "Windows registry file format specification" and not from the program's
# own check, so that each can find the other's mistakes.  Prints one line a fault and exits with 1;
# prints nothing and exits with 0 for a sound hive.
#
#	checkhive.py [--values] HIVE …	--values prints every value, for comparisons
import struct
import sys

NIL = 0xFFFFFFFF
MOST_FAULTS = 50
DEEPEST = 512
BIG_DATA = 16344


def upcase(unit):
	if 0xD800 <= unit <= 0xDFFF or unit in (0x00B5, 0x0131, 0x017F):
		return unit
	up = chr(unit).upper()
	return ord(up) if len(up) == 1 and ord(up) < 0x10000 else unit


class Hive:
	def __init__(self, data):
		self.data, self.faults, self.cells, self.used = data, [], {}, {}
		self.sk_counts, self.out = {}, []

	def fault(self, text):
		if len(self.faults) < MOST_FAULTS:
			self.faults.append(text)

	def u16(self, at):
		return struct.unpack_from('<H', self.data, at)[0]

	def u32(self, at):
		return struct.unpack_from('<I', self.data, at)[0]

	# ---- base block, bins, cells

	def base(self):
		d = self.data
		if len(d) < 8192 or d[:4] != b'regf':
			self.fault('not a hive')
			return False
		sum_ = 0
		for word in struct.unpack_from('<127I', d):
			sum_ ^= word
		sum_ = {0: 1, NIL: NIL - 1}.get(sum_, sum_)
		for wrong, text in ((sum_ != self.u32(508), 'checksum of the base block'),
				    (self.u32(4) != self.u32(8), 'sequence numbers differ: dirty'),
				    (self.u32(20) != 1 or self.u32(24) not in (3, 4, 5, 6), 'version'),
				    (self.u32(28) != 0 or self.u32(32) != 1, 'file type or format')):
			if wrong:
				self.fault(text)
		self.minor, self.size = self.u32(24), self.u32(40)
		if not self.size or self.size % 4096 or 4096 + self.size > len(d):
			self.fault('size of the bins')
			return False
		return True

	def bins(self):
		at = 0
		while at < self.size:
			start = 4096 + at
			size = self.u32(start + 8)
			if self.data[start:start + 4] != b'hbin' or self.u32(start + 4) != at or \
			   not size or size % 4096 or at + size > self.size:
				self.fault(f'bin at {at:#x}')
				return False
			if not self.bin_cells(at, size):
				return False
			at += size
		return True

	def bin_cells(self, bin_at, bin_size):
		at = bin_at + 32
		while at < bin_at + bin_size:
			size = struct.unpack_from('<i', self.data, 4096 + at)[0]
			length = abs(size)
			if length < 8 or length % 8 or at + length > bin_at + bin_size:
				self.fault(f'cell at {at:#x} has the size {size}')
				return False
			if size < 0:
				self.cells[at] = length - 4
			at += length
		return True

	# The file offset of a cell's content, noting that it is used; None when it is no such cell.
	def take(self, cell, least, what, signature=None, shared=False):
		if cell not in self.cells:
			self.fault(f'{what}: {cell:#x} is no allocated cell')
			return None
		at = 4096 + cell + 4
		if self.cells[cell] < least:
			self.fault(f'{what}: the cell at {cell:#x} is too short')
			return None
		if signature and self.data[at:at + 2] != signature:
			self.fault(f'{what}: {cell:#x} is no {signature.decode()}')
			return None
		if cell in self.used and not shared:
			self.fault(f'{what}: {cell:#x} is already {self.used[cell]}')
			return None
		self.used[cell] = what
		return at

	def name(self, at, length, compressed):
		raw = self.data[at:at + length]
		if compressed:
			return list(raw)
		if length % 2:
			self.fault('a UTF-16 name of odd length')
			return []
		return list(struct.unpack(f'<{length // 2}H', raw))

	@staticmethod
	def text(units):
		return struct.pack(f'<{len(units)}H', *units).decode('utf-16-le', 'backslashreplace')

	# ---- keys

	def key(self, cell, parent, path, depth):
		at = self.take(cell, 76, f'key {path}', b'nk')
		if at is None or depth > DEEPEST:
			return None
		flags, length = self.u16(at + 2), self.u16(at + 72)
		if 76 + length > self.cells[cell] or not length:
			self.fault(f'key {path}: length of its name')
			return None
		units = self.name(at + 76, length, flags & 0x20)
		path = f'{path}\\{self.text(units)}' if parent is not None else ''
		if parent is not None and self.u32(at + 16) != parent:
			self.fault(f'{path}: its parent is {self.u32(at + 16):#x}, not {parent:#x}')
		if (parent is None) != bool(flags & 4) or flags & 2 or (parent is not None and flags & 8):
			self.fault(f'{path}: flags {flags:#x}')
		self.security(self.u32(at + 44), path)
		class_cell, class_length = self.u32(at + 48), self.u16(at + 74)
		if class_length:
			self.take(class_cell, class_length, f'class of {path}')
		elif class_cell != NIL:
			self.fault(f'{path}: a class name of no length')
		self.values(at, path)
		self.children(at, cell, path, depth)
		return units

	def children(self, at, cell, path, depth):
		count, listed = self.u32(at + 20), self.u32(at + 28)
		found, names = [], []
		if count:
			self.leaves(listed, path, found, 0)
		elif listed != NIL:
			self.fault(f'{path}: a list of no subkeys')
		if len(found) != count:
			self.fault(f'{path}: says {count} subkeys, lists {len(found)}')
		for child, check in found:
			units = self.key(child, cell, path, depth + 1)
			if units is None:
				continue
			folded = [upcase(u) for u in units]
			if names and names[-1] >= folded:
				self.fault(f'{path}\\{self.text(units)}: out of order, or twice')
			names.append(folded)
			check(units, folded)
		longest = max((len(n) * 2 for n in names), default=0)
		if self.u32(at + 52) & 0xFFFF < longest:
			self.fault(f'{path}: longest name of a subkey is {longest}, not {self.u32(at + 52)}')

	def leaves(self, cell, path, found, level):
		at = self.take(cell, 4, f'subkeys of {path}')
		if at is None:
			return
		kind, count = self.data[at:at + 2], self.u16(at + 2)
		width = {b'lf': 8, b'lh': 8, b'li': 4, b'ri': 4}.get(kind)
		if not width or not count or 4 + width * count > self.cells[cell] or \
		   (kind == b'ri' and level):
			self.fault(f'{path}: bad list of subkeys ({kind!r}, {count})')
			return
		for i in range(count):
			entry = at + 4 + width * i
			if kind == b'ri':
				self.leaves(self.u32(entry), path, found, 1)
			else:
				found.append((self.u32(entry), self.hint_check(kind, entry, path)))

	def hint_check(self, kind, entry, path):
		def check(units, folded):
			number = 0
			if kind == b'lh':
				for unit in folded:
					number = (number * 37 + unit) & NIL
				if self.u32(entry + 4) != number:
					self.fault(f'{path}\\{self.text(units)}: wrong hash')
			elif kind == b'lf':
				hint = self.data[entry + 4:entry + 8]
				start = [u for u in units[:4]]
				wanted = bytes(start if all(u <= 0xff for u in start) else [])
				if hint != wanted.ljust(4, b'\0'):
					self.fault(f'{path}\\{self.text(units)}: wrong hint')
		return check

	# ---- values

	def values(self, at, path):
		count, listed = self.u32(at + 36), self.u32(at + 40)
		longest = largest = 0
		names = set()
		start = self.take(listed, 4 * count, f'values of {path}') if count else None
		for i in range(count if start is not None else 0):
			vk = self.take(self.u32(start + 4 * i), 20, f'value of {path}', b'vk')
			if vk is None:
				continue
			length = self.u16(vk + 2)
			units = self.name(vk + 20, length, self.u16(vk + 16) & 1) if length else []
			folded = tuple(upcase(u) for u in units)
			if folded in names:
				self.fault(f'{path}: two values {self.text(units)}')
			names.add(folded)
			longest = max(longest, len(units) * 2)
			data = self.value_data(vk, path)
			largest = max(largest, len(data))
			self.out.append(f'{path}\t{self.text(units)}\t{self.u32(vk + 12)}\t{data.hex()}')
		if count and (self.u32(at + 60) < longest or self.u32(at + 64) < largest):
			self.fault(f'{path}: longest name or data of a value')

	def value_data(self, vk, path):
		length, cell = self.u32(vk + 4), self.u32(vk + 8)
		if length & 0x80000000:
			length &= 0x7FFFFFFF
			if length > 4:
				self.fault(f'{path}: {length} bytes in a value itself')
			return self.data[vk + 8:vk + 8 + min(length, 4)]
		if not length:
			return b''
		if length > BIG_DATA and self.minor > 3:
			return self.big_data(cell, length, path)
		at = self.take(cell, length, f'data in {path}')
		return b'' if at is None else self.data[at:at + length]

	def big_data(self, cell, length, path):
		at = self.take(cell, 8, f'data in {path}', b'db')
		count = (length + BIG_DATA - 1) // BIG_DATA
		if at is None or self.u16(at + 2) != count:
			self.fault(f'{path}: segments of big data')
			return b''
		listed, out = self.take(self.u32(at + 4), 4 * count, f'segments in {path}'), b''
		for i in range(count if listed is not None else 0):
			size = min(BIG_DATA, length - len(out))
			segment = self.take(self.u32(listed + 4 * i), BIG_DATA, f'segment in {path}')
			out += self.data[segment:segment + size] if segment else bytes(size)
		return out

	# ---- security

	def security(self, cell, path):
		if cell not in self.sk_counts:
			at = self.take(cell, 20, f'security of {path}', b'sk')
			if at is None:
				return
			if 20 + self.u32(at + 16) > self.cells[cell]:
				self.fault(f'{path}: length of its security')
			else:
				self.descriptor(self.data[at + 20:at + 20 + self.u32(at + 16)], path)
			self.sk_counts[cell] = 0
		self.sk_counts[cell] += 1

	# MS-DTYP 2.4: what RtlValidSecurityDescriptor() looks at
	def descriptor(self, sd, path):
		def sid(at, end):
			return at + 8 <= end and sd[at] == 1 and sd[at + 1] <= 15 and at + 8 + 4 * sd[at + 1] <= end

		def acl(at):
			if at + 8 > len(sd):
				return False
			revision, _, size, count, _ = struct.unpack_from('<BBHHH', sd, at)
			end, at = at + size, at + 8
			if revision not in (2, 3, 4) or size < 8 or size % 4 or end > len(sd):
				return False
			for _ in range(count):
				if at + 8 > end:
					return False
				kind, _, size = struct.unpack_from('<BBH', sd, at)
				if size < 8 or size % 4 or at + size > end:
					return False
				if kind in (0, 1, 2, 3, 9, 10, 17) and not sid(at + 8, at + size):
					return False
				at += size
			return True

		if len(sd) < 20 or sd[0] != 1 or not sd[3] & 0x80:
			self.fault(f'{path}: its security descriptor')
			return
		parts = struct.unpack_from('<4I', sd, 4)
		for at, what in zip(parts, ('owner', 'group', 'system list', 'list')):
			if at and (at < 20 or at % 4 or not (sid(at, len(sd)) if what in ('owner', 'group') else acl(at))):
				self.fault(f'{path}: {what} in its security descriptor')

	def ring(self):
		for cell, count in self.sk_counts.items():
			at = 4096 + cell + 4
			forward, back = self.u32(at + 4), self.u32(at + 8)
			if self.u32(at + 12) != count:
				self.fault(f'security {cell:#x}: {self.u32(at + 12)} references, used {count} times')
			for other, field in ((forward, 8), (back, 4)):
				if other not in self.sk_counts or self.u32(4096 + other + 4 + field) != cell:
					self.fault(f'security {cell:#x}: the ring is broken')
		cell = first = next(iter(self.sk_counts), None)
		steps = 0
		while cell in self.sk_counts and steps <= len(self.sk_counts):
			cell, steps = self.u32(4096 + cell + 8), steps + 1
			if cell == first:
				break
		if steps != len(self.sk_counts):
			self.fault('security: the ring does not hold every cell')

	def check(self):
		if not self.base() or not self.bins():
			return
		self.key(self.u32(36), None, '', 0)
		if not self.faults:
			self.ring()
		for cell in sorted(set(self.cells) - set(self.used)):
			self.fault(f'cell {cell:#x} belongs to nothing')


def main():
	arguments = sys.argv[1:]
	show = arguments[:1] == ['--values']
	status = 0
	sys.setrecursionlimit(DEEPEST * 8)
	for path in arguments[show:]:
		hive = Hive(b'')
		try:
			with open(path, 'rb') as f:
				hive = Hive(f.read())
			hive.check()
		except (OSError, struct.error) as e:
			hive.fault(f'cannot be read: {e}')
		if show:
			print('\n'.join(hive.out))
		for fault in hive.faults:
			print(f'{path}: {fault}')
			status = 1
	return status


if __name__ == '__main__':
	sys.exit(main())
