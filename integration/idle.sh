#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# idle.sh - idle means idle: no system call and no wake-up in five seconds
#
#   nc + stack 10.77.0.2 ==tap0== 10.77.0.1:7000 nc -l, and not a word
#
# What this script is for
#   A connected, silent program, first watched through its threads' counts of
#   context switches, which does not disturb it, then through strace.

. "$(dirname "$0")/net.sh"
need nc strace
net_up
start kernel nc -d -l 7000
kernel_listens 7000
start ours nc -d $KERNEL 7000
eventually sh -c "ip netns exec $ns ss -Htn state established sport = :7000 | grep -q ."

# The nc that is not the kernel's: the one with the TAP open, or the plain one.
find_nc()
{
  local p
  for p in $(ip netns pids $ns) $(ip netns pids $ns_plain 2>/dev/null); do
    [[ $(<"/proc/$p/comm") == nc* ]] || continue
    tr '\0' ' ' <"/proc/$p/cmdline" | grep -q -- ' -l ' || { echo "$p" && return; }
  done
}

switches()
{
  cat /proc/"$1"/task/*/status | awk '/_switches:/ { n += $2 } END { print n }'
}

# The kernel asks once more for our hardware address, some five seconds on, and
# tells of itself; delayed acknowledgements come to rest. So it need not be the
# first five seconds, but what wakes by itself finds none that are quiet.
some_time()
{
  local n
  for ((n = 0; n < 8; n++)); do
    "$@" && return
  done
  return 1
}

sleeps_on()
{
  local before
  before=$(switches "$program")
  sleep 5
  woken=$(($(switches "$program") - before))
  ((woken == 0))
}

# Calls begun after strace has settled; what it interrupted is not counted.
makes_no_call()
{
  local began
  timeout -s INT 7 strace -f -qq -ttt -o "$work/strace" -p "$program"
  began=$(awk 'NR == 1 { print $2 }' "$work/strace")
  calls=$(awk -v began="${began:-0}" '$2 > began + 1 && !/resumed|detached|\+\+\+|---/' \
    "$work/strace" | wc -l)
  ((calls == 0))
}

program=$(find_nc)
[[ -n $program ]] || fail "nc is not running"
threads=$(ls "/proc/$program/task" | wc -l)
sleep 3
some_time sleeps_on || fail "woken $woken times in 5 s, $threads threads"
proved "$threads threads, not one woken in 5 s"
some_time makes_no_call ||
  fail "$calls system calls: $(tail -n 5 "$work/strace")"
proved "no system call in 5 s under strace"
