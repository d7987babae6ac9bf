#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# house_rules.sh - keeps the promises that can be checked by reading
#
# What this script is for
#   house_rules.sh               checks this tree
#   house_rules.sh --self-test   proves that every rule can fail
#   house_rules.sh --root DIR    checks another tree
#
#   Prints file:line: rule: what is wrong, one line each, then how many. The
#   table below is the only place for exceptions, each with its reason.
#
# Never      changes a file, or needs a build directory.

set -u
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# rule, path, reason. "upward a.c>b.h" lets one file look up to one header.
allowed()
{
  cat <<'TABLE'
state     stack/tcp_fsm.c     the one door
state     stack/neigh.c       a neighbour's states, not a connection's
clock     stack/driver.c      the one clock
clock     stack/sys.h         the wrapper that driver.c calls
clock     stack/log.c         how many lines a second
clock     stack/packet_log.c  how long an answer took, for a reader
dlsym     shim/real.c         finds libc's own functions
dlsym     stack/must.c        finds libunwind
errno     shim/ret.h          the one place where -errno becomes errno
errno     stack/sys_test.c    proves that raw calls leave errno alone
upward    stack/eth.c         a switchboard: frames go up
upward    stack/ip4.c         a switchboard: datagrams go up
upward    stack/ip6.c         a switchboard: datagrams go up
upward    stack/icmp.c        a switchboard: errors go up
upward    stack/tx.h>cksum.h  arithmetic, no protocol
upward    stack/tx.c>cksum.h  arithmetic, no protocol
TABLE
}

# What has no line in stack/meson.build, because it is a header alone.
header_floors()
{
  cat <<'TABLE'
base 0
drop 0
limits 0
list 0
sys 0
wire 1
TABLE
}

# "room floor", from the comments in the list of rooms.
meson_floors()
{
  [ -r stack/meson.build ] || return 0
  awk '/^rooms = \[/ { on = 1 } /^\]/ { on = 0 }
    on && /# floor [0-9]/ { sub(/.*# floor /, ""); floor = $1 + 0; next }
    on { sub(/#.*/, ""); gsub(/[^a-z0-9_]+/, " ")
         for (n = split($0, w, " "); n > 0; n--)
           if (w[n] != "rooms") print w[n], floor }' stack/meson.build
}

# Sources of the four folders and of the root: never a build directory's.
sources()
{
  local folder
  for folder in stack shim test-apps integration; do
    [ -d "$folder" ] && find "$folder" -type f -name "*.[ch]"
  done
}

scripts()
{
  find . -maxdepth 1 -type f -name '*.sh' | sed 's|^\./||'
  for folder in stack shim test-apps integration; do
    [ -d "$folder" ] && find "$folder" -type f -name '*.sh'
  done
}

in_ci()
{
  [ -n "${CI:-}" ]
}

# A tool that is missing is an excuse at home, not in CI.
no_tool()
{
  if in_ci; then
    echo "integration/house_rules.sh:1: tool: $1 is missing"
  else
    echo "house_rules.sh: $1 is missing, its rule is skipped" >&2
  fi
}

check_lines()
{
  allowed > "$tmp/allowed"
  { header_floors; meson_floors; } > "$tmp/floors"
  { sources; scripts; } | xargs -r awk -f "$here/house_rules.awk" \
    -v allowed="$tmp/allowed" -v floors="$tmp/floors" --
}

check_names()
{
  sources | awk -F/ '$NF ~ /^(util|utils|common|types|misc|helpers?)\.[ch]$/ {
    print $0 ":1: name: a helper lives in the room whose noun it handles" }'
}

# Is there a test for room $2 of folder $1? A .c without a header is a part of
# the room that its name begins with; an opener may name another test or script
# in a line "Proved by  FILE".
has_test()
{
  local room=$2 named
  [ -e "$1/${room}_test.c" ] && return 0
  named=$(sed -n 's/^ \* Proved by  *\([a-z0-9_/.-]*\).*/\1/p;/^ \*\//q' \
    "$1/$room.c" | head -1)
  if [ -n "$named" ]; then
    [ -e "$1/$named" ] || [ -e "$named" ] && return 0
    return 1
  fi
  [ -e "$1/$room.h" ] && return 1
  while [ "$room" != "${room%_*}" ]; do
    room=${room%_*}
    [ -e "$1/${room}_test.c" ] && return 0
  done
  return 1
}

# In stack/ everything is a room; in shim/ an interposer without a header is
# proved by the test-apps, which compare it with the kernel.
check_tests()
{
  local file folder room
  for file in stack/*.c shim/*.c; do
    folder=${file%%/*} room=${file##*/} room=${room%.c}
    case $room in *_test | *_fuzz | testkit* | '*') continue ;; esac
    [ "$folder" = shim ] && [ ! -e "shim/$room.h" ] && continue
    has_test "$folder" "$room" ||
      echo "$file:1: test: no ${room}_test.c, and no 'Proved by'"
  done
}

check_headers()
{
  command -v gcc > /dev/null || { no_tool gcc; return; }
  sources | grep '\.h$' | xargs -r gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra \
    -Wundef -Werror -fsyntax-only -x c 2>&1 |
    sed -n 's/^\([^: ]*\):\([0-9]*\):[0-9]*: \(fatal \)*error: /\1:\2: header: /p'
}

check_format()
{
  local tool=${CLANG_FORMAT:-clang-format-14}
  command -v "$tool" > /dev/null || { no_tool "$tool"; return; }
  [ -e .clang-format ] || { echo ".clang-format:1: format: missing"; return; }
  sources | xargs -r "$tool" --dry-run --Werror 2>&1 |
    awk -F: '/: error: code should be clang-formatted/ && !($1 in first) {
      first[$1] = $2 } /code should be/ { count[$1]++ }
      END { for (f in first) printf "%s:%d: format: %d places\n", f,
        first[f], count[f] }'
}

# What a floor plan must mention: rooms, headers that stand alone, scripts.
rooms_of()
{
  find "$1" -maxdepth 1 -type f \( -name '*.[ch]' -o -name '*.sh' \
    -o -name '*.py' -o -name '*.awk' \) | sed 's|.*/||' |
    awk '!/_(test|fuzz)\.c$/ { base = $0; sub(/\..*/, "", base)
      if (!(base in seen) || /\.c$/) seen[base] = $0 }
      END { for (b in seen) print seen[b] }'
}

check_plans()
{
  local folder
  for folder in stack shim test-apps integration; do
    [ -n "$(rooms_of "$folder" 2> /dev/null)" ] || continue
    if [ ! -e "$folder/README.md" ]; then
      echo "$folder/README.md:1: plan: missing"
      continue
    fi
    rooms_of "$folder" | awk -v plan="$folder/README.md" '
      BEGIN { while ((getline line < plan) > 0) {
          gsub(/[^A-Za-z0-9_.-]+/, " ", line)
          for (n = split(line, w, " "); n > 0; n--) {
            sub(/\.+$/, "", w[n]); known[w[n]] = 1 } } }
      !($0 in known) { print plan ":1: plan: does not mention " $0 }'
  done
}

check_all()
{
  check_lines
  check_names
  check_tests
  check_headers
  check_format
  check_plans
}

check_tree()
{
  local count
  cd "$1" || exit 1
  check_all | sort -t: -k1,1 -k2,2n > "$tmp/found"
  cat "$tmp/found"
  count=$(wc -l < "$tmp/found")
  echo "house_rules.sh: $count violations in $(sources | wc -l) sources"
  [ "$count" -eq 0 ]
}

# A small tree that keeps every rule, for the self-test to spoil.
good_file()
{
  mkdir -p "$(dirname "$1")"
  printf '/* SPDX-License-Identifier: BSD-2-Clause */\n\n/*\n * %s - x\n */\n' \
    "${1##*/}" > "$1"
  cat >> "$1"
}

good_tree()
{
  mkdir -p "$1" && cd "$1" || exit 1
  cp "$here/../.clang-format" . 2> /dev/null ||
    echo 'BasedOnStyle: LLVM' > .clang-format
  good_file stack/base.h < <(printf '#ifndef STACK_BASE_H\n#define %s\n#endif\n' \
    STACK_BASE_H)
  good_file stack/arp.c <<< '#include "base.h"'
  good_file stack/arp_test.c <<< '#include "base.h"'
  good_file stack/tcp.c <<< '#include "base.h"'
  good_file stack/tcp_test.c < /dev/null
  good_file shim/dup.c < /dev/null
  printf "rooms = [\n  # floor 2: network\n  'arp',\n" > stack/meson.build
  printf "  # floor 3: transport\n  'tcp',\n]\n" >> stack/meson.build
  echo 'base.h arp.c tcp.c' > stack/README.md
  echo 'dup.c' > shim/README.md
}

# expect RULE PATH < TEXT: with TEXT as PATH, that rule and no other speaks.
expect()
{
  local rule=$1 file=$2 said
  rm -rf "$tmp/tree"
  (good_tree "$tmp/tree")
  if [ "${3:-}" = raw ]; then
    cat > "$tmp/tree/$file"
  else
    (cd "$tmp/tree" && good_file "$file")
  fi
  for plan in stack shim; do
    [ "$rule" = plan ] || echo "${file##*/}" >> "$tmp/tree/$plan/README.md"
  done
  said=$("$here/house_rules.sh" --root "$tmp/tree" 2> /dev/null |
    awk -F': ' '!/^house_rules.sh:/ { print $2 }' | sort -u | tr '\n' ' ')
  if [ "$said" = "${rule:+$rule }" ]; then
    printf 'ok    %-15s %s\n' "${rule:-nothing}" "$file"
  else
    printf 'FAIL  %-15s %s: said "%s"\n' "${rule:-nothing}" "$file" "$said"
    echo x >> "$tmp/failed"
  fi
}

# N lines of a statement.
lines_of()
{
  yes "$2" | head -n "$1"
}

expect_form()
{
  expect '' stack/base.h < <(printf '#ifndef STACK_BASE_H\n#define %s\n#endif\n' \
    STACK_BASE_H)
  expect opener stack/arp.c raw <<< '#include "base.h"'
  expect opener run.sh raw <<< 'echo no license'
  expect file-size stack/arp.c < <(lines_of 700 'extern int a;')
  expect '' stack/arp_test.c < <(lines_of 700 'extern int a;')
  expect '' stack/arp.c < <(echo 'void f(void)' && echo '{' &&
    lines_of 68 '	;' && echo '}')
  expect function-size stack/arp.c < <(echo 'void f(void)' && echo '{' &&
    lines_of 69 '	;' && echo '}')
  expect if-in-function stack/arp.c < <(printf 'void f(void)\n{\n#if A\n#endif\n}\n')
  expect guard stack/base.h < <(printf '#ifndef BASE_H\n#define BASE_H\n#endif\n')
  expect header stack/base.h < <(printf \
    '#ifndef STACK_BASE_H\n#define STACK_BASE_H\nsize_t f(void);\n#endif\n')
  expect format stack/arp.c <<< 'int    a;'
  CI=1 CLANG_FORMAT=/nowhere expect tool stack/arp.c < /dev/null
  CI='' CLANG_FORMAT=/nowhere expect '' stack/arp.c < /dev/null
  expect name shim/util.c < /dev/null
}

expect_words()
{
  local at='void f(struct c *c)\n{\n\t%s;\n}\n'
  # shellcheck disable=SC2059
  {
    expect state stack/tcp.c < <(printf "$at" 'c->state = 1')
    expect '' stack/tcp.c < <(printf "$at" 'g(c->state == 1)')
    expect '' stack/tcp_fsm.c < <(printf "$at" 'c->state = 1')
    expect clock stack/tcp.c < <(printf "$at" 'clock_gettime(0, 0)')
    expect clock shim/dup.c < <(printf "$at" 'sys_clock_gettime(0, 0)')
    expect '' stack/tcp.c < <(printf "$at" '/* clock_gettime(0, 0) */')
    expect dlsym shim/dup.c < <(printf "$at" 'dlsym(0, 0)')
    expect '' shim/real.c < <(printf "$at" 'dlsym(0, 0)')
    expect errno shim/dup.c < <(printf "$at" 'errno = 1')
    expect '' shim/dup.c < <(printf "$at" 'g(errno == 1, "errno = 1")')
    expect sleep stack/tcp_test.c < <(printf "$at" 'sleep(1)')
  }
}

expect_houses()
{
  expect floor stack/arp.c <<< '#include "tcp.h"'
  expect '' stack/tcp.c <<< '#include "arp.h"'
  expect '' stack/arp_test.c <<< '#include "tcp.h"'
  expect '' stack/tcp_out.c <<< '#include "tcp_seq.h"'
  expect floor stack/arp.c <<< '#include "nowhere.h"'
  expect floor stack/arp.c <<< '#include "../shim/fdtab.h"'
  expect door stack/arp_test.c <<< '#include "tcp_priv.h"'
  expect door stack/tcp.c <<< '#include "nettest.h"'
  expect door shim/dup.c <<< '#include "../stack/tcp.h"'
  expect '' shim/dup.c <<< '#include "../stack/stack.h"'
  expect test stack/udp.c < /dev/null
  expect '' stack/arp_part.c < /dev/null
  expect '' stack/udp.c raw < <(printf '%s\n\n/*\n * udp.c - x\n%s\n */\n' \
    '/* SPDX-License-Identifier: BSD-2-Clause */' \
    ' * Proved by  arp_test.c')
  expect plan stack/tcp_extra.c < /dev/null
}

self_test()
{
  expect_form
  expect_words
  expect_houses
  [ ! -e "$tmp/failed" ]
}

case ${1:-} in
--self-test) self_test ;;
--root) check_tree "$2" ;;
'') check_tree "$here/.." ;;
*)
  echo "usage: $0 [--self-test | --root DIR]" >&2
  exit 2
  ;;
esac
