# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes error-table.c of the tables *.tsv, which come joined and sorted by value (8 digits), keeping their order for each:
#
#   value family name source text
#
# What is said of one name by several tables becomes one entry: the first text, a later one as a note, the sources
# together.  Strings lie one after the other in one pool, each once; entries are numbers, so that nothing is relocated when the
# program starts.

BEGIN {
	FS = "\t"
	family_of["win32"] = "ERROR_WIN32"
	family_of["ntstatus"] = "ERROR_NTSTATUS"
	family_of["hresult"] = "ERROR_HRESULT"
	family_of["stop"] = "ERROR_STOP"
	pool_size = 1 # an empty string at 0: none
	print "/* Made by src/logs/codes/table.awk. */"
	print "#include \"logs/error-table.h\""
	print ""
	print "#include \"util/alloc.h\""
	print ""
	print "const struct error_entry error_table[] = {"
}

/^#/ || NF < 4 { next }

# as text: 00000e01 would be a number, and the same as 00000e02
$1 "" != value "" {
	flush()
	value = $1
}

{
	key = $2 " " toupper($3)
	if (!(key in place)) {
		place[key] = ++count
		family[count] = $2
		name[count] = $3
		text[count] = note[count] = source[count] = ""
		uncertain[count] = 0
	}
	i = place[key]
	from = $4
	if (sub(/^\?/, "", from))
		uncertain[i] = 1
	if (from == "MS-ERREF")
		from = "[MS-ERREF]"
	source[i] = source[i] (source[i] == "" ? "" : "; ") from
	if ($3 ~ /[a-z]/) # NERR_Success rather than NERR_SUCCESS
		name[i] = $3
	if ($5 != "") {
		if (text[i] == "")
			text[i] = $5
		else
			note[i] = $5
	}
}

END {
	flush()
	print "};"
	print "const size_t error_table_count = ARRAY_SIZE(error_table);"
	print ""
	print "const char error_pool[] = \"\\0\""
	for (j = 1; j <= strings; j++) {
		s = string[j]
		gsub(/\\/, "&&", s)
		gsub(/"/, "\\\"", s)
		gsub(/\?\?/, "?\\?", s)
		print "\t\"" s "\\0\""
	}
	print "\t;"
}

function flush(    i) {
	for (i = 1; i <= count; i++)
		printf "\t{ 0x%s, %d, %d, %d, %d, %s, %d },\n", value, pooled(name[i] == "-" ? "" : name[i]), pooled(text[i]),
			pooled(note[i]), pooled(source[i]), family_of[family[i]], uncertain[i]
	count = 0
	split("", place)
}

# Where the string begins in the pool.
function pooled(s) {
	if (s == "")
		return 0
	if (!(s in at)) {
		at[s] = pool_size
		string[++strings] = s
		pool_size += length(s) + 1
	}
	return at[s]
}
