#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# all.sh - install, build and test everything, and count it
#
#   build/        gcc, warnings are errors: unit, sim, house, integration
#   build-clang/  clang, the same warnings: unit, sim
#   build-asan/   address and undefined-behaviour sanitizers: unit, sim, fuzz
#
# What this script is for
#   run-with-stack.sh --test. Its last line is "N passed, N failed"; a build
#   that fails counts as one failed test. Exit status 0 only when none failed.
#   Only installing packages and the integration tests need root, and ask sudo.
#
# Never      stops at the first failure; keeps each build's log in its folder.

set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
passed=0
failed=0
skipped=0
# What the test library leaks is not ours.
export LSAN_OPTIONS=suppressions=$top/integration/lsan.supp:print_suppressions=0
export ASAN_OPTIONS=suppressions=$top/integration/asan.supp

# configure DIR OPTIONS...: sets up DIR, or brings it up to date.
configure()
{
  local dir=$1 how=setup
  shift
  mkdir -p "$dir"
  [[ ! -e $dir/build.ninja ]] || how=configure
  meson $how "$dir" "$@" >"$dir/build.log" 2>&1 || {
    tail -n 20 "$dir/build.log"
    return 1
  }
}

# Everything of DIR, or one failure.
compile()
{
  local dir=$1 log=$1/build.log
  echo "== $dir: build"
  if configure "$@" && ninja -C "$dir" >"$log" 2>&1; then
    passed=$((passed + 1))
    return
  fi
  grep -E ' error:|FAILED|ERROR:|undefined' "$log" | head -n 20
  echo "== $dir: BUILD FAILED, see $log"
  failed=$((failed + 1))
  return 1
}

# One row of meson's JSON log per test.
count()
{
  local counts
  [[ -e $1 ]] || { failed=$((failed + 1)) && return; }
  counts=$(python3 - "$1" <<'EOF'
import json, sys
n = {"passed": 0, "failed": 0, "skipped": 0}
for line in open(sys.argv[1]):
    test = json.loads(line)
    word = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(
        test["result"], "failed")
    n[word] += 1
print(n["passed"], n["failed"], n["skipped"])
EOF
  )
  local p f s
  read -r p f s <<<"$counts"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# run DIR SUITE...: one meson test run per suite, so that each is named.
run()
{
  local dir=$1 suite as=()
  for suite in "${@:2}"; do
    echo "== $dir: $suite"
    as=()
    [[ $suite != integration ]] || ((EUID == 0)) || as=(sudo -E)
    rm -f "$dir/meson-logs/testlog-$suite.json"
    "${as[@]}" meson test -C "$dir" --no-rebuild --print-errorlogs \
      --suite "$suite" --logbase "testlog-$suite" 2>&1 |
      grep -vE '^(ninja:|Full log|$)'
    count "$dir/meson-logs/testlog-$suite.json"
  done
}

"$top/integration/deps.sh" build run demo test || exit 1

built=
compile build -Dwerror=true && built=1 && run build house unit sim
CC=clang compile build-clang -Dwerror=true && run build-clang unit sim
CC=clang compile build-asan -Dwerror=true -Db_lundef=false \
  -Db_sanitize=address,undefined && run build-asan unit sim
[[ -z $built ]] || run build integration

((skipped == 0)) || echo "$skipped skipped"
echo "$passed passed, $failed failed"
((failed == 0))
