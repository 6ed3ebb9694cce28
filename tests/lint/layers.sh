#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Refuses an include that goes up or sideways between the folders of src/, and a third-party
# header outside the file that is its door.
set -eu
cd "${top_srcdir:-.}"

# folder: the folders it may include, besides itself
layers='
util:
block: util
volume: block util
registry: util
answer: util
logs: util
report: util
windows: volume registry answer logs util
ec2: windows volume registry answer logs util
check: ec2 windows volume registry answer logs report util
keeper: block util
session: check ec2 windows volume registry answer logs report keeper block util
cli: session check ec2 windows registry answer logs report util
'

# start of a header's name = the files that may include it
doors='
ntfs-3g/=^src/volume/ntfs[a-z-]*\.[ch]$
libxml/=^src/answer/xml\.c$
yaml.h=^src/answer/yaml-read\.c$
jansson.h=^src/util/json\.c$
nettle/=^src/util/sha256\.c$
seccomp.h=^src/(volume/ntfs-preload|util/sandbox)\.c$
iconv.h=^src/util/code-page\.c$
pcre2.h=^src/util/pattern\.c$
archive.h=^src/session/bundle\.c$
archive_entry.h=^src/session/bundle\.c$
blkid/=^src/block/partition\.c$
'

find src -name '*.[ch]' -exec grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]' {} + |
	LAYERS=$layers DOORS=$doors awk '
	BEGIN {
		count = split(ENVIRON["LAYERS"], line, "\n")
		for (i = 1; i <= count; i++) {
			folder = line[i]
			if (!sub(/:.*/, "", folder))
				continue
			known[folder] = 1
			words = split(substr(line[i], length(folder) + 2), word, " ")
			for (j = 1; j <= words; j++)
				may[folder, word[j]] = 1
		}
		door_count = split(ENVIRON["DOORS"], door, "\n")
	}
	{
		at = $0
		sub(/:[[:space:]]*#.*/, "", at)         # file:line
		file = at
		sub(/:.*/, "", file)
		split(file, part, "/")
		own = part[2]
		header = $0
		sub(/^[^"<]*["<]/, "", header)
		sub(/[">].*/, "", header)
		if (!(own in known))
			complain(at ": folder " own "/ has no place in the layers")
		if ($0 ~ /include[[:space:]]*"/) {
			if (header !~ /\//)
				complain(at ": write the include from src/: \"" own "/" header "\"")
			other = header
			sub(/\/.*/, "", other)
			if (other != own && !((own, other) in may))
				complain(at ": " own "/ may not include " header)
		} else {
			for (i = 1; i <= door_count; i++) {
				equals = index(door[i], "=")
				if (equals && index(header, substr(door[i], 1, equals - 1)) == 1 &&
				    file !~ substr(door[i], equals + 1))
					complain(at ": <" header "> may be included only by files " \
						 substr(door[i], equals + 1))
			}
		}
	}
	function complain(text) { print text; bad = 1 }
	END {
		if (!NR)
			complain("no include found: looked in the wrong place?")
		exit bad
	}'
