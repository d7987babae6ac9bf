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
#   A script of integration/ drives other people's programs on a machine that
#   may be busy: one that failed is run once more at the end. If it passes then
#   it counts as passed, and is named: an unstable test, to be looked into.
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

# results LOG: "WORD NAME" for each test in meson's JSON log; WORD is passed,
# failed or skipped.
results()
{
  python3 - "$1" <<'EOF'
import json, sys
words = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
for line in open(sys.argv[1]):
    test = json.loads(line)
    name = test["name"].split(" / ")[-1]
    print(words.get(test["result"], "failed"), name)
EOF
}

# count LOG: adds to the sums, and the names of what failed to `broken`.
broken=()
count()
{
  local word name
  [[ -e $1 ]] || { failed=$((failed + 1)) && return; }
  while read -r word name; do
    case $word in
      passed) passed=$((passed + 1)) ;;
      skipped) skipped=$((skipped + 1)) ;;
      failed) failed=$((failed + 1)) && broken+=("$name") ;;
    esac
  done < <(results "$1")
}

# tests DIR SUITE LOGBASE NAME...: one meson test run, as root where it must.
tests()
{
  local dir=$1 suite=$2 log=$3 as=()
  shift 3
  [[ $suite != integration ]] || ((EUID == 0)) || as=(sudo -E)
  rm -f "$dir/meson-logs/$log.json"
  "${as[@]}" meson test -C "$dir" --no-rebuild --print-errorlogs \
    --suite "$suite" --logbase "$log" "$@" 2>&1 |
    grep -vE '^(ninja:|Full log|$)'
}

# run DIR SUITE...: one test run per suite, so that each is named.
run()
{
  local dir=$1 suite
  for suite in "${@:2}"; do
    echo "== $dir: $suite"
    tests "$dir" "$suite" "testlog-$suite"
    count "$dir/meson-logs/testlog-$suite.json"
  done
}

# run_again DIR: the integration tests that failed, once more. What does not
# pass then, or does not run, has failed.
run_again()
{
  local word name
  ((${#broken[@]} > 0)) || return 0
  echo "== $1: integration, once more: ${broken[*]}"
  tests "$1" integration testlog-again "${broken[@]}"
  [[ -e $1/meson-logs/testlog-again.json ]] || return 0
  while read -r word name; do
    [[ $word == passed ]] || continue
    passed=$((passed + 1)) failed=$((failed - 1))
    unstable+=("$name")
  done < <(results "$1/meson-logs/testlog-again.json")
}

"$top/integration/deps.sh" build run demo test || exit 1

built=
compile build -Dwerror=true && built=1 && run build house unit sim
CC=clang compile build-clang -Dwerror=true && run build-clang unit sim
CC=clang compile build-asan -Dwerror=true -Db_lundef=false \
  -Db_sanitize=address,undefined && run build-asan unit sim
unstable=()
broken=()
[[ -z $built ]] || { run build integration && run_again build; }

((${#unstable[@]} == 0)) || echo "unstable, passed when run again: ${unstable[*]}"
((skipped == 0)) || echo "$skipped skipped"
echo "$passed passed, $failed failed"
((failed == 0))
