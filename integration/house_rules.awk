# SPDX-License-Identifier: BSD-2-Clause
#
# house_rules.awk - the rules that one file alone can break
#
# What this script is for
#   house_rules.sh gives it every .c, .h and .sh and two tables:
#     -v allowed=FILE   "rule path reason": exceptions
#     -v floors=FILE    "folder floor": the floors of stack/
#   It prints file:line: rule: what is wrong.
#
# Never      parses C: comments and strings are taken out, then a brace in the
#            first column begins and ends a function, as kernel style has it.

BEGIN {
	while ((getline line < allowed) > 0) {
		split(line, word, " ")
		is_allowed[word[1], word[2]] = 1
	}
	while ((getline line < floors) > 0) {
		split(line, word, " ")
		floor_of[word[1]] = word[2]
	}
	LINES_MAX = 700
	FUNCTION_MAX = 70
}

function say(line, rule, text)
{
	if (!((rule, path) in is_allowed))
		printf "%s:%d: %s: %s\n", path, line, rule, text
}

# A test, or what only tests share.
function is_for_tests()
{
	return room ~ /_(test|fuzz)$/ || folder ~ /^(stack|shim)\/testkit$/
}

function begin_file()
{
	path = FILENAME
	folder = path
	sub(/\/[^\/]*$/, "", folder)
	name = path
	sub(/.*\//, "", name)
	room = name
	sub(/\.[a-z]+$/, "", room)
	is_c = name ~ /\.[ch]$/
	is_test = is_for_tests()
	in_comment = 0
	begun = 0
	has_opener = 0
	has_license = 0
	lines = 0
}

function end_file()
{
	if (path == "")
		return
	if (!has_license)
		say(1, "opener", "no SPDX line for BSD-2-Clause at the top")
	if (!has_opener)
		say(1, "opener", "does not introduce itself: " name " - ...")
	if (lines > LINES_MAX && room !~ /_test$/)
		say(lines, "file-size", lines " lines, split at " LINES_MAX)
}

# The SPDX line is first (or behind #!), a blank, then the opener.
function look_at_opener(raw)
{
	if (FNR <= 2 && raw ~ /SPDX-License-Identifier: BSD-2-Clause/)
		has_license = 1
	if (index(raw, (is_c ? " * " : "# ") name " - ") != 1)
		return
	if (is_c ? FNR == 4 : FNR <= 4)
		has_opener = 1
}

# Line without comments and without what strings say.
function code_of(raw,    at, out)
{
	gsub(/\\./, "", raw)
	gsub(/"[^"]*"/, "\"\"", raw)
	gsub(/'[^']*'/, "0", raw)
	out = ""
	while (raw != "") {
		if (in_comment) {
			at = index(raw, "*/")
			if (!at)
				return out
			raw = substr(raw, at + 2)
			in_comment = 0
		} else {
			at = index(raw, "/*")
			if (!at)
				return out raw
			out = out substr(raw, 1, at - 1)
			raw = substr(raw, at + 2)
			in_comment = 1
		}
	}
	return out
}

function look_at_functions(code)
{
	if (is_c ? code ~ /^\{/ : code ~ /^[A-Za-z_0-9]+\(\)[ \t]*\{?$/)
		begun = FNR
	if (is_c && begun && code ~ /^#[ \t]*(if|ifdef|ifndef|elif)/)
		say(FNR, "if-in-function", "#if inside a function body")
	if (begun && code ~ /^\}/) {
		if (FNR - begun + 1 > FUNCTION_MAX)
			say(begun, "function-size", (FNR - begun + 1) \
			    " lines, stop at " FUNCTION_MAX)
		begun = 0
	}
}

# Calls that belong to one room, and what they are for.
function look_at_words(code)
{
	if (code ~ /(->|[A-Za-z0-9_)\]]\.)state[ \t]*([-+|&^]?=[^=]|\+\+|--|=$)/)
		say(FNR, "state", "only tcp_fsm.c moves a connection's state")
	if (code ~ /(^|[^A-Za-z0-9_])(sys_)?(clock_gettime|gettimeofday)[ \t]*\(/)
		say(FNR, "clock", "only driver.c asks what time it is")
	if (code ~ /(^|[^A-Za-z0-9_])dlv?sym[ \t]*\(/)
		say(FNR, "dlsym", "only real.c and must.c look symbols up")
	if (code ~ /(^|[^A-Za-z0-9_.>])errno[ \t]*(=[^=]|=$)/)
		say(FNR, "errno", "only ret.h writes errno")
	if (room ~ /_test$/ &&
	    code ~ /(^|[^A-Za-z0-9_])(u|nano|clock_nano)?sleep[ \t]*\(/)
		say(FNR, "sleep", "a unit test waits for nothing")
}

function is_there(file,    line, found)
{
	found = (getline line < file) >= 0
	close(file)
	return found
}

# "net/ip4.h" is looked for from stack/, "ip4.h" beside the file itself first.
function path_of(file)
{
	if (file !~ /\// && is_there(folder "/" file))
		return folder "/" file
	return "stack/" file
}

function look_at_stack_include(file,    other, mine, theirs)
{
	other = path_of(file)
	if (file ~ /^\.\.?\// || !is_there(other)) {
		say(FNR, "floor", "includes " file ": nothing outside stack/")
		return
	}
	sub(/\/[^\/]*$/, "", other)
	if (file ~ /tcp_priv\.h$/ && folder !~ /\/(tcp|testkit)$/)
		say(FNR, "door", "tcp_priv.h is for tcp/ and testkit/ only")
	if (is_test)
		return
	if (other == "stack/testkit") {
		say(FNR, "door", file " is for tests only")
		return
	}
	mine = floor_of[folder]
	theirs = floor_of[other]
	if (mine == "")
		say(FNR, "floor", folder " is no floor: name it in house_rules.sh")
	else if (theirs == "")
		say(FNR, "floor", other " is no floor: name it in house_rules.sh")
	else if (theirs > mine && !(("upward", path) in is_allowed) &&
		 !(("upward", path ">" file) in is_allowed))
		say(FNR, "floor", "floor " mine " includes " file \
		    " of floor " theirs)
}

# "fd/fdtab.h" is looked for from shim/; of the stack only its counter.
function look_at_shim_include(file)
{
	if (file ~ /\// && file != "../stack/stack.h" &&
	    (file ~ /^\./ || !is_there("shim/" file)))
		say(FNR, "door", "includes " file ": only ../stack/stack.h")
}

function look_at_include(raw,    file)
{
	if (raw !~ /^#[ \t]*include[ \t]*"/)
		return
	file = raw
	sub(/^[^"]*"/, "", file)
	sub(/".*/, "", file)
	if (folder ~ /^stack(\/|$)/)
		look_at_stack_include(file)
	else if (folder ~ /^shim(\/|$)/)
		look_at_shim_include(file)
}

# STACK_ARP_H, SHIM_FDTAB_H.
function look_at_guard(code,    want)
{
	if (name !~ /\.h$/ || code !~ /^#[ \t]*(ifndef|define)/ || has_guard[path])
		return
	has_guard[path] = 1
	want = folder
	sub(/\/.*/, "", want)
	want = toupper(want "_" room "_H")
	gsub(/-/, "_", want)
	if (code !~ ("^#[ \t]*ifndef " want "$"))
		say(FNR, "guard", "the guard is not " want)
}

FNR == 1 {
	end_file()
	begin_file()
}

{
	lines++
	look_at_opener($0)
	if (!is_c) {
		look_at_functions($0)
		next
	}
	look_at_include($0)
	code = code_of($0)
	look_at_functions(code)
	look_at_guard(code)
	if (folder ~ /^(stack|shim)(\/|$)/)
		look_at_words(code)
}

END {
	end_file()
}
