#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# judge-libregf.py HIVE: every key and value of a hive read by libregf; fails when it finds anything corrupted.
import sys

import pyregf


def walk(key):
	count = 1
	for i in range(key.number_of_values):
		value = key.get_value(i)
		value.name, value.type, value.data
		count += 1
	for i in range(key.number_of_sub_keys):
		count += walk(key.get_sub_key(i))
	return count


sys.setrecursionlimit(5000)
hive = pyregf.file()
hive.open(sys.argv[1])
count = walk(hive.get_root_key())
if hive.is_corrupted():
	sys.exit('libregf calls the hive corrupted')
print(count)
