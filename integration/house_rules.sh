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
state     stack/tcp/tcp_fsm.c     the one door
state     stack/link/neigh.c       a neighbour's states, not a connection's
clock     stack/process/driver.c      the one clock
clock     stack/ground/sys.h         the wrapper that driver.c calls
clock     stack/ground/log.c         how many lines a second
clock     stack/transport/packet_log.c  how long an answer took, for a reader
dlsym     shim/ground/real.c  finds libc's own functions
dlsym     stack/ground/must.c        finds libunwind
errno     shim/ground/ret.h   the one place where -errno becomes errno
errno     stack/ground/sys_test.c    proves that raw calls leave errno alone
upward    stack/link/eth.c         a switchboard: frames go up
upward    stack/net/ip4.c         a switchboard: datagrams go up
upward    stack/net/ip6.c         a switchboard: datagrams go up
upward    stack/net/icmp.c        a switchboard: errors go up
upward    stack/ground/tx.h>link/cksum.h  arithmetic, no protocol
upward    stack/ground/tx.c>link/cksum.h  arithmetic, no protocol
TABLE
}

# The folders of stack/, which are its floors. What lies in stack/ itself is the
# counter, on top; testkit/ is for tests.
floors()
{
  cat <<'TABLE'
stack/ground 0
stack/link 1
stack/net 2
stack/transport 3
stack/tcp 3
stack/socket 4
stack/netlink 4
stack/process 4
stack 4
TABLE
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
  floors > "$tmp/floors"
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
    compgen -G "$1/$named" > /dev/null && return 0
    compgen -G "${1%%/*}/*/$named" > /dev/null || [ -e "$named" ]
    return
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
  for file in stack/*.c stack/*/*.c shim/*.c shim/*/*.c; do
    folder=${file%/*} room=${file##*/} room=${room%.c}
    case $room in *_test | *_fuzz | testkit* | '*') continue ;; esac
    [ "${folder%%/*}" = shim ] && [ ! -e "$folder/$room.h" ] && continue
    has_test "$folder" "$room" ||
      echo "$file:1: test: no ${room}_test.c, and no 'Proved by'"
  done
}

check_headers()
{
  command -v gcc > /dev/null || { no_tool gcc; return; }
  sources | grep '\.h$' | xargs -r gcc -std=gnu11 -D_GNU_SOURCE -iquote stack -iquote shim -Wall -Wextra \
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

# What a floor plan must mention: rooms, headers that stand alone, scripts. One
# plan serves all folders of stack/, and one those of shim/.
rooms_of()
{
  local depth=1
  case $1 in stack | shim) depth=2 ;; esac
  find "$1" -maxdepth $depth -type f \( -name '*.[ch]' -o -name '*.sh' \
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

good_header()
{
  local guard=${1%%/*}_${1##*/}
  guard=${guard^^}
  guard=${guard//./_}
  good_file "$1" < <(printf '#ifndef %s\n#define %s\n#endif\n' "$guard" "$guard")
}

good_tree()
{
  mkdir -p "$1" && cd "$1" || exit 1
  cp "$here/../.clang-format" . 2> /dev/null ||
    echo 'BasedOnStyle: LLVM' > .clang-format
  for file in ground/base.h net/arp.h tcp/tcp.h tcp/tcp_seq.h tcp/tcp_priv.h \
    testkit/nettest.h stack.h; do
    good_header "stack/$file"
  done
  good_header shim/fd/fdtab.h
  good_file stack/net/arp.c <<< '#include "ground/base.h"'
  good_file stack/net/arp_test.c <<< '#include "ground/base.h"'
  good_file stack/tcp/tcp.c <<< '#include "ground/base.h"'
  good_file stack/tcp/tcp_test.c < /dev/null
  good_file shim/fd/dup.c < /dev/null
  echo 'base.h arp.c tcp.c tcp_seq.h tcp_priv.h nettest.h stack.h' > stack/README.md
  echo 'dup.c fdtab.h' > shim/README.md
}

# expect RULE PATH < TEXT: with TEXT as PATH, that rule and no other speaks.
expect()
{
  local rule=$1 file=$2 said
  rm -rf "$tmp/tree"
  (good_tree "$tmp/tree")
  if [ "${3:-}" = raw ]; then
    mkdir -p "$(dirname "$tmp/tree/$file")"
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
  expect '' stack/ground/base.h < <(printf '#ifndef STACK_BASE_H\n#define %s\n#endif\n' \
    STACK_BASE_H)
  expect opener stack/net/arp.c raw <<< '#include "ground/base.h"'
  expect opener run.sh raw <<< 'echo no license'
  expect file-size stack/net/arp.c < <(lines_of 700 'extern int a;')
  expect '' stack/net/arp_test.c < <(lines_of 700 'extern int a;')
  expect '' stack/net/arp.c < <(echo 'void f(void)' && echo '{' &&
    lines_of 68 '	;' && echo '}')
  expect function-size stack/net/arp.c < <(echo 'void f(void)' && echo '{' &&
    lines_of 69 '	;' && echo '}')
  expect if-in-function stack/net/arp.c < <(printf 'void f(void)\n{\n#if A\n#endif\n}\n')
  expect guard stack/ground/base.h < <(printf '#ifndef BASE_H\n#define BASE_H\n#endif\n')
  expect header stack/ground/base.h < <(printf \
    '#ifndef STACK_BASE_H\n#define STACK_BASE_H\nsize_t f(void);\n#endif\n')
  expect format stack/net/arp.c <<< 'int    a;'
  CI=1 CLANG_FORMAT=/nowhere expect tool stack/net/arp.c < /dev/null
  CI='' CLANG_FORMAT=/nowhere expect '' stack/net/arp.c < /dev/null
  expect name shim/util.c < /dev/null
}

expect_words()
{
  local at='void f(struct c *c)\n{\n\t%s;\n}\n'
  # shellcheck disable=SC2059
  {
    expect state stack/tcp/tcp.c < <(printf "$at" 'c->state = 1')
    expect '' stack/tcp/tcp.c < <(printf "$at" 'g(c->state == 1)')
    expect '' stack/tcp/tcp_fsm.c < <(printf "$at" 'c->state = 1')
    expect clock stack/tcp/tcp.c < <(printf "$at" 'clock_gettime(0, 0)')
    expect clock shim/fd/dup.c < <(printf "$at" 'sys_clock_gettime(0, 0)')
    expect '' stack/tcp/tcp.c < <(printf "$at" '/* clock_gettime(0, 0) */')
    expect dlsym shim/fd/dup.c < <(printf "$at" 'dlsym(0, 0)')
    expect '' shim/ground/real.c < <(printf "$at" 'dlsym(0, 0)')
    expect errno shim/fd/dup.c < <(printf "$at" 'errno = 1')
    expect '' shim/fd/dup.c < <(printf "$at" 'g(errno == 1, "errno = 1")')
    expect sleep stack/tcp/tcp_test.c < <(printf "$at" 'sleep(1)')
  }
}

expect_houses()
{
  expect floor stack/net/arp.c <<< '#include "tcp/tcp.h"'
  expect '' stack/tcp/tcp.c <<< '#include "net/arp.h"'
  expect '' stack/net/arp_test.c <<< '#include "tcp/tcp.h"'
  expect '' stack/tcp/tcp_out.c <<< '#include "tcp_seq.h"'
  expect floor stack/net/arp.c <<< '#include "nowhere.h"'
  expect floor stack/net/arp.c <<< '#include "../shim/fd/fdtab.h"'
  expect door stack/net/arp_test.c <<< '#include "tcp/tcp_priv.h"'
  expect door stack/tcp/tcp.c <<< '#include "testkit/nettest.h"'
  expect door shim/fd/dup.c <<< '#include "../stack/tcp/tcp.h"'
  expect door shim/fd/dup.c <<< '#include "tcp/tcp.h"'
  expect '' shim/fd/dup.c <<< '#include "../stack/stack.h"'
  expect '' shim/io/send.c <<< '#include "fd/fdtab.h"'
  expect test stack/transport/udp.c < /dev/null
  expect '' stack/net/arp_part.c < /dev/null
  expect '' stack/transport/udp.c raw < <(printf '%s\n\n/*\n * udp.c - x\n%s\n */\n' \
    '/* SPDX-License-Identifier: BSD-2-Clause */' \
    ' * Proved by  arp_test.c')
  expect plan stack/tcp/tcp_extra.c < /dev/null
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
