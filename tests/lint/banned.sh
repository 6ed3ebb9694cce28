#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Refuses calls and habits that are never right here.  Comments are not looked at, except for
# the words that mark unfinished work.
set -eu
cd "${top_srcdir:-.}"
bad=0

# refuse WHY PATTERN: among "file:line: code" on standard input
refuse() {
	if found=$(grep -E "$2"); then
		printf '%s:\n%s\n' "$1" "$found"
		bad=1
	fi
}

# The code of the named folders without comments and string contents, as "file:line: code".
code() {
	find "$@" -name '*.[ch]' -exec awk '
	FNR == 1 { inside = 0 }
	{
		text = $0
		gsub(/\\\\/, "", text)
		gsub(/\\"/, "", text)
		gsub(/"[^"]*"/, "\"\"", text)
		out = ""
		while (text != "") {
			if (inside) {
				end = index(text, "*/")
				if (!end) { text = ""; break }
				text = substr(text, end + 2)
				inside = 0
			} else {
				start = index(text, "/*")
				if (!start) { out = out text; break }
				out = out substr(text, 1, start - 1)
				text = substr(text, start + 2)
				inside = 1
			}
		}
		sub(/\/\/.*/, "", out)
		if (out ~ /[^ \t]/)
			print FILENAME ":" FNR ": " out
	}' {} +
}

unbounded='strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strncpy|strncat|strtok|alloca'
shell='system|popen'
racy='tmpnam|tempnam|mktemp'
shared='localtime|gmtime|ctime|asctime|strerror_l|rand|srand'
unchecked='atoi|atol|atoll|atof|scanf|sscanf|fscanf'
refuse 'banned function' "(^|[^A-Za-z0-9_>.])($unbounded|$shell|$racy|$shared|$unchecked)[[:space:]]*\(" <<-END
	$(code src tests fuzz)
END

lower=$(for folder in util block volume registry answer logs windows ec2 check; do
	[ ! -d "src/$folder" ] || echo "src/$folder"
done)
# shellcheck disable=SC2086 # a list of words
refuse 'printing below session/ (return an error, or a finding)' \
	'(^|[^A-Za-z0-9_])((v?printf|puts|putchar|perror|warnx?|errx?)[[:space:]]*\(|stdout|stderr)' <<-END
	$(code $lower | grep -vE '^src/util/(log|alloc|progress)\.c:')
END
refuse 'only main and the out-of-memory path end the program' \
	'(^|[^A-Za-z0-9_])(exit|abort)[[:space:]]*\(' <<-END
	$(code src | grep -vE '^src/(cli/main|util/alloc)\.c:')
END
refuse 'a dry run is the same code over an overlay that is not committed' \
	'(if|while)[[:space:]]*\(.*dry_?run.*\).*(write|commit)' <<-END
	$(code src)
END

# Spelled so that this script does not find itself.
if grep -rnIE '(^|[^A-Za-z])(TO[D]O|FIX[M]E|X[X]X)([^A-Za-z]|$)' \
	src tests fuzz docs completions README.md HACKING.md configure.ac Makefile.am; then
	echo 'unfinished work is named in an issue, not in the tree'
	bad=1
fi

long=$(find src -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }')
if [ -n "$long" ]; then
	printf 'over 600 lines (which module wants to get out?):\n%s\n' "$long"
	bad=1
fi
exit $bad
