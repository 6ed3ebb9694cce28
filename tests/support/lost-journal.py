#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a commit leaves when it ends in the middle and the journal is lost: the old image with all phases before some point, and
# of that phase whatever happens to have reached the disk.  Windows must be able to go on: every hive loads with its logs as the old one
# or the new one, and the file system is consistent, or marked for chkdsk, or its own log is still there to be replayed.
#
# And as long as Windows is hibernated on it, nothing else has changed.
#
#	lost-journal.py OLD.img JOURNAL WORKDIR SEEDS
#
# The replay of logs here is written from the specification, not from the program's own.
import importlib.util
import os
import random
import struct
import subprocess
import sys

spec = importlib.util.spec_from_file_location('checkhive', os.path.join(os.path.dirname(__file__), 'checkhive.py'))
checkhive = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checkhive)

CONFIG = ('WINDOWS', 'SYSTEM32', 'CONFIG')
HIVES = ('SYSTEM', 'SOFTWARE')
SECTOR, BLOCK = 512, 4096


def journal_records(path):
	data = open(path, 'rb').read()
	count, watches, manifest, name = struct.unpack_from('<4Q', data, 80)
	start, length = struct.unpack_from('<2Q', data, 48)
	at, records = 512 + name + manifest + 48 * watches, []
	for _ in range(count):
		kind, phase, offset, before, after, path_len, _zero = struct.unpack_from('<IIQIIII', data, at)
		assert kind == 1 and before == after and path_len == 0
		at += 32
		records.append((phase, offset, data[at + before:at + before + after]))
		at += before + after
	return start, length, records


# ---- hives

def checksum(base):
	number = 0
	for word in struct.unpack_from('<127I', base):
		number ^= word
	return {0: 1, 0xFFFFFFFF: 0xFFFFFFFE}.get(number, number)


def base_is_good(base, types):
	return (len(base) >= 512 and base[:4] == b'regf' and checksum(base) == struct.unpack_from('<I', base, 508)[0]
		and struct.unpack_from('<I', base, 28)[0] in types)


def marvin(data):
	lo, hi = 0x7A4E55C5, 0x82EF4D88
	for word in list(struct.unpack(f'<{len(data) // 4}I', data)) + [0x80, 0]:
		lo = (lo + word) & 0xFFFFFFFF
		hi ^= lo
		lo = ((lo << 20 | lo >> 12) + hi) & 0xFFFFFFFF
		hi = (hi << 9 | hi >> 23) & 0xFFFFFFFF ^ lo
		lo = ((lo << 27 | lo >> 5) + hi) & 0xFFFFFFFF
		hi = (hi << 19 | hi >> 13) & 0xFFFFFFFF
	return hi << 32 | lo


# [(sequence, bins size, [(offset, bytes)])] of a new log, as long as one follows the other
def entries(log):
	found, at, expected = [], 512, struct.unpack_from('<I', log, 4)[0]
	while at + 40 <= len(log) and log[at:at + 4] == b'HvLE':
		size, _flags, sequence, bins, count = struct.unpack_from('<5I', log, at + 4)
		hash1, hash2 = struct.unpack_from('<2Q', log, at + 24)
		if (size < 512 or at + size > len(log) or sequence != expected or marvin(log[at:at + 32]) != hash2
				or marvin(log[at + 40:at + size]) != hash1):
			break
		pages, data = [], at + 40 + 8 * count
		for i in range(count):
			offset, length = struct.unpack_from('<2I', log, at + 40 + 8 * i)
			pages.append((offset, log[data:data + length]))
			data += length
		found.append((sequence, bins, pages))
		at += size
		expected += 1
	return found


def old_entry(log):
	bins = struct.unpack_from('<I', log, 40)[0]
	size = bins // 4096
	if log[512:516] != b'DIRT':
		return []
	data, pages = (516 + size + 511) // 512 * 512, []
	for i in range(size * 8):
		if log[516 + i // 8] >> (i % 8) & 1:
			pages.append((512 * i, log[data:data + 512]))
			data += 512
	return [(0, bins, pages)] if pages and data <= len(log) else []


# The hive as Windows loads it, or what is in the way.
def load(primary, logs):
	if not base_is_good(primary, (0,)):
		raise ValueError('the base block is no good')
	first, second = struct.unpack_from('<2I', primary, 4)
	if first == second:
		return primary
	image = bytearray(primary)
	usable = [log for log in logs if base_is_good(log, (6,)) and log[4:8] == log[8:12]
		  and struct.unpack_from('<I', log, 4)[0] >= second and entries(log)]
	usable.sort(key=lambda log: struct.unpack_from('<I', log, 4)[0])
	work = []
	for log in usable:
		if not work or entries(log)[0][0] == work[-1][0] + 1:
			work += entries(log)
	if not usable:
		for log in logs:
			if base_is_good(log, (1, 2)) and log[4:8] == log[8:12] and log[12:20] == primary[12:20] and not work:
				work = old_entry(log)
	if not work:
		raise ValueError('dirty, and no log applies')
	for _sequence, bins, pages in work:
		image = image[:4096 + bins].ljust(4096 + bins, b'\0')
		for offset, page in pages:
			image[4096 + offset:4096 + offset + len(page)] = page
		image[40:44] = struct.pack('<I', bins)
	image[4:12] = struct.pack('<2I', first, first)
	image[508:512] = struct.pack('<I', checksum(image))
	return bytes(image)


# Every key and value, and whether it is sound.
def content(image):
	hive = checkhive.Hive(image)
	hive.check()
	if hive.faults:
		raise ValueError('; '.join(hive.faults[:3]))
	return hive.out


# ---- the volume

# the flags of $Volume, from its record: attribute 0x70
def marked(image, start):
	sector, per_cluster = struct.unpack_from('<HB', image, start + 11)
	mft = struct.unpack_from('<Q', image, start + 48)[0] * sector * per_cluster
	at = start + mft + 3 * 1024
	attribute = at + struct.unpack_from('<H', image, at + 20)[0]
	while True:
		kind, length = struct.unpack_from('<2I', image, attribute)
		if kind == 0x70:
			value = attribute + struct.unpack_from('<H', image, attribute + 20)[0]
			return bool(struct.unpack_from('<H', image, value + 10)[0] & 1)
		if kind == 0xFFFFFFFF or not length:
			return False
		attribute += length

class Volume:
	config = []

	def __init__(self, image, start, length, work):
		self.path = os.path.join(work, 'part.img')
		with open(self.path, 'wb') as out:
			out.write(image[start:start + length])
		self.image, self.start = image, start

	def run(self, *command):
		return subprocess.run([*command, self.path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

	def list(self, inode):
		got = subprocess.run(['fls', self.path, *inode], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
		for line in got.stdout.decode(errors='replace').splitlines():
			kind, _, rest = line.partition(' ')
			if kind in ('r/r', 'd/d') and '\t' in rest:
				number, name = rest.split('\t', 1)
				yield name.upper(), number.rstrip(':').split('-')[0]

	# the files of the config folder, which itself stays where it is: a log may be made while a hive is written
	def inodes(self):
		if not Volume.config:
			for name in CONFIG:
				Volume.config = [dict(self.list(Volume.config))[name]]
		return dict(self.list(Volume.config))

	def read(self, inode):
		got = subprocess.run(['icat', self.path, inode], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
		return got.stdout

	def marked(self):
		return marked(self.image, self.start)

	def hibernated(self):
		for name, inode in self.list([]):
			if name == 'HIBERFIL.SYS':
				return self.read(inode)[:4].lower() == b'hibr'
		return False

	def consistent(self):
		return self.run('ntfsresize', '-f', '-i').returncode == 0


# Hives of one volume, each as it would be loaded.
def hives(volume):
	found, inodes = {}, volume.inodes()
	for name in HIVES:
		logs = [volume.read(inodes[name + suffix]) for suffix in ('.LOG1', '.LOG2') if name + suffix in inodes]
		try:
			found[name] = content(load(volume.read(inodes[name]), logs))
		except (ValueError, struct.error, IndexError) as e:
			raise ValueError(f'{name}: {e}') from e
	return found


# Of a phase, whatever has reached the disk: pieces of `unit` bytes in any order.
def some(records, unit, noise):
	reached = {}
	for _phase, offset, data in records:
		at = 0
		while at < len(data):
			n = min(unit - (offset + at) % unit, len(data) - at)
			if reached.setdefault((offset + at) // unit, noise.random() < 0.5):
				yield offset + at, data[at:at + n]
			at += n


def main():
	old_path, journal, work, seeds = sys.argv[1:4] + [int(sys.argv[4])]
	start, length, records = journal_records(journal)
	image = bytearray(open(old_path, 'rb').read())
	volume = Volume(image, start, length, work)
	was_sound = volume.consistent()
	old, marked_before = hives(volume), volume.marked()
	original, asleep = bytes(image), volume.hibernated()
	phases = sorted({r[0] for r in records})
	final = bytearray(image)
	for _phase, offset, data in records:
		final[offset:offset + len(data)] = data
	new = hives(Volume(final, start, length, work))
	# a record of the MFT is more than a sector; whether it was torn is chkdsk's to see
	metadata, now = marked_before, bytearray(image)
	for _phase, offset, data in records:
		now[offset:offset + len(data)] = data
		metadata = metadata or marked(now, start)
	unit = BLOCK if metadata else SECTOR
	counts, runs = {'old': 0, 'new': 0}, 0
	for phase in phases:
		mine = [r for r in records if r[0] == phase]
		for seed in range(seeds):
			now = bytearray(image)
			for offset, data in some(mine, unit, random.Random(phase * 1000 + seed)):
				now[offset:offset + len(data)] = data
			volume = Volume(now, start, length, work)
			where = f'phase {phase} of {len(phases)}, seed {seed}'
			if not volume.marked() and was_sound and not volume.consistent():
				sys.exit(f'{where}: the file system is neither consistent nor marked for chkdsk')
			if asleep and volume.hibernated() and now != original:
				sys.exit(f'{where}: Windows would wake up on a volume that has changed')
			try:
				found = hives(volume)
			except ValueError as e:
				sys.exit(f'{where}: {e}')
			for name in HIVES:
				if found[name] not in (old[name], new[name]):
					sys.exit(f'{where}: {name} is neither the old hive nor the new one')
				if old[name] != new[name]:
					counts['old' if found[name] == old[name] else 'new'] += 1
			runs += 1
		for _phase, offset, data in mine:
			image[offset:offset + len(data)] = data
	print(f'{runs} endings in {len(phases)} phases, pieces of {unit} bytes: hives {counts["old"]} old, '
	      f'{counts["new"]} new, 0 else' + (', marked for chkdsk between' if metadata else ''))


if __name__ == '__main__':
	main()
