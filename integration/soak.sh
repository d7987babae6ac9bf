#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# soak.sh - a week in short: after each round all is as it was before
#
#   nginx master + 4 workers :80, joined by soak_server.py :7001 (a process for
#   each connection) + stack 10.77.0.2 ==tap0, loss== 10.77.0.1 soak_peer.py
#
# What this script is for
#   A round is a few hundred connections that end well, are reset, time out,
#   are closed by halves, or lose their process; a worker that is killed; and
#   programs that come, join, ask over the loopback and go. After the first
#   rounds it is written down what the stack has in use and what its processes
#   hold; after each later one there must be no more: sockets, connections,
#   packets, sleepers, timers, small objects, memory; descriptors and threads,
#   names of sockets, processes. At the end something is left behind on purpose,
#   and must be noticed.
#   For some seconds; for an hour with NSSHIM_FULL=1, or NSSHIM_SOAK_SECONDS.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need nginx curl python3
[[ ${NSSHIM_SIDE-} != veth ]] || skip "needs our stack"
seconds=${NSSHIM_SOAK_SECONDS:-$((full ? 3600 : 0))}
((seconds > 0)) && long=yes || long=
limit=$((seconds + 600))
many=$((seconds > 0 ? 30 : 4)) programs=$((seconds > 0 ? 100 : 5))
# Fragments that are lost are waited for, for half a minute: not in a short run.
datagram=$((seconds > 0 ? 5000 : 1000))
patience=$((seconds > 0 ? 240 : 30))
net_up
wrapper=$top/run-with-stack.sh
mkdir -p "$work/www"
make_file www/file 1

# --- what there is ---------------------------------------------------------------

# A shell on the stack that is there all the time, and tells without a socket
# or a process of its own.
probe_up()
{
  # shellcheck disable=SC2016
  coproc PROBE { kernel "$wrapper" --netns $ns --join soak bash -c '
    while read -r what; do
      [[ $what != hold ]] || exec 7<>/dev/udp/127.0.0.1/9
      mapfile -t lines </proc/net/nsshim
      mapfile -t -O ${#lines[@]} lines </proc/net/sockstat
      printf "%s\n" "${lines[@]}" .
    done'; }
  # bash takes its own away from subshells.
  exec {to_probe}>&"${PROBE[1]}" {from_probe}<&"${PROBE[0]}"
  eval "exec ${PROBE[1]}>&- ${PROBE[0]}<&-"
}

# probe [hold]: lines NAME NUMBER.
probe()
{
  local line=
  echo "${1-tell}" >&"$to_probe"
  while read -r -t 30 -u "$from_probe" line && [[ $line != . ]]; do
    echo "$line"
  done
  [[ $line == . ]] || echo "silence 1"
}

# What the stack has in use. Connections in TIME-WAIT stay a minute: in a short
# run each is an object that is expected, and memory is not looked at.
in_use()
{
  probe "$@" | awk -v long="$long" '
    $1 == "UDP:" { print "datagram-sockets", $3 }
    $1 == "FRAG:" { print "fragments", $3 }
    $1 == "TCP:" { print "orphans", $5; tw = $7; if (long) print "time-wait", tw }
    $1 == "OTHERS" { others = $2 }
    $1 == "TABLES" || $1 == "MEMORY_BYTES" { if (long) print $1, $2; next }
    $1 ~ /^[A-Z_]+$/ && $1 != "OTHERS" || $1 == "silence" { print $1, $2 }
    END { print "OTHERS", others - tw }'
}

# Descriptors of a process: its own, and those that watch other processes, for
# which any of them may have the duty.
hold()
{
  find "/proc/$1/fd" -type l ! -lname '*pidfd*' | wc -l
}

watching()
{
  local p
  for p in $(ip netns pids $ns); do
    find "/proc/$p/fd" -type l -lname '*pidfd*' 2>/dev/null
  done | wc -l
}

state()
{
  local p name
  in_use "$@"
  for name in master server keeper; do
    p=${!name}
    echo "descriptors-of-$name $(hold "$p")"
    echo "threads-of-$name $(find "/proc/$p/task" -mindepth 1 -maxdepth 1 | wc -l)"
  done
  echo "watching $(watching)"
  echo "processes $(ip netns pids $ns | wc -l)"
  echo "names $(kernel grep -c @ /proc/net/unix)"
}

# A worker's memory grows with its tables, once.
memory_of()
{
  awk '$1 == "RssAnon:" { print $2 }' "/proc/$1/status"
}

# more_than FILE FILE: what there is more of in the second.
more_than()
{
  awk 'NR == FNR { was[$1] = $2; next } $2 > was[$1] {
    printf "%s%s %d, was %d", n++ ? "; " : "", $1, $2, was[$1] }' "$1" "$2"
}

# Rest comes by itself: within seconds, or when TIME-WAIT is over.
as_before()
{
  local until=$((SECONDS + patience))
  while :; do
    state >"$work/now"
    more=$(more_than "$work/before" "$work/now")
    [[ -n $more ]] || return 0
    ((SECONDS < until)) || return 1
    sleep 0.2
  done
}

# Nothing changes any more.
at_rest()
{
  local until=$((SECONDS + patience)) same=0
  : >"$work/before"
  while ((same < 3 && SECONDS < until)); do
    mv "$work/before" "$work/earlier"
    state >"$work/before"
    same=$((same + 1))
    cmp -s "$work/before" "$work/earlier" || same=0
    ! grep -qE '^(time-wait|fragments|PACKETS) [1-9]' "$work/before" || same=0
    sleep 0.2
  done
  ((same == 3)) || fail "no rest: $(tr '\n' ' ' <"$work/before")"
}

# --- what is done ----------------------------------------------------------------

# COUNT programs that join one after the other, each with children.
come_and_go()
{
  # shellcheck disable=SC2016
  kernel "$wrapper" --netns $ns --join soak bash -c '
    for ((n = 0; n < $0; n++)); do
      (exec 3<>/dev/tcp/127.0.0.1/80
      printf "GET /file HTTP/1.0\r\n\r\n" >&3
      cat <&3 | tail -c 1048576 | cmp - "$1") || exit 1
    done' "$1" "$work/www/file" >>"$work/programs.log" 2>&1 ||
    fail "over the loopback: $(tail -n 1 "$work/programs.log")"
}

round()
{
  local going
  come_and_go "$2" &
  going=$!
  kernel "$top/integration/soak_peer.py" $OURS $KERNEL "$work/www/file" "$1" \
    >"$work/peer.log" 2>&1 || fail "round $rounds: $(<"$work/peer.log")"
  wait $going || exit 1
  # One that is killed while it sends, and a worker with what it has open.
  kernel timeout -s KILL 0.3 "$wrapper" --netns $ns --join soak \
    curl -sS --limit-rate 100k -o /dev/null http://127.0.0.1/file 2>/dev/null
  kill -9 "$(pgrep -P "$master" | shuf -n 1)"
  eventually children_are 4 "$work/nginx.pid"
  rounds=$((rounds + 1))
}

# soak SECONDS OPTION...: one stack, with those options of the wrapper.
soak()
{
  local until=$((SECONDS + $1)) memory
  shift
  ours_options=(--name soak "$@")
  nginx_conf "worker_processes 4" "http: reset_timedout_connection on"
  nginx_up
  master=$(<"$work/nginx.pid")
  start kernel "$wrapper" --netns $ns --join soak \
    "$top/integration/soak_server.py" 7001 $KERNEL $datagram
  ours_answers 7001
  server=$(of_ns soak_server)
  keeper=$(of_ns nsshim-keeper)
  probe_up

  # More at once than ever later: tables keep the size they once had.
  rounds=0
  round $((many * 2)) "$programs"
  round "$many" "$programs"
  at_rest
  memory=$(memory_of "$master")
  while :; do
    round "$many" "$programs"
    as_before || fail "after $rounds rounds there is more: $more"
    (($(memory_of "$master") <= memory + 1024)) ||
      fail "the master has $(memory_of "$master") KiB, $memory before"
    ((rounds < 4 || SECONDS < until)) || break
  done
  proved "$rounds rounds ${*:+with ${*} }left nothing:" \
    "$(tr '\n' ',' <"$work/now" | sed 's/,$//; s/,/, /g')"

  state hold >"$work/now"
  more=$(more_than "$work/before" "$work/now")
  [[ $more == *SOCKETS* ]] || fail "a socket that was kept was not noticed"
  proved "and one that was kept is noticed: $more"
  exec {to_probe}>&- {from_probe}<&-
  kill "$server"
  nginx_down
}

# of_ns WORD: the one process of the namespace with that word in its command.
of_ns()
{
  local p
  for p in $(ip netns pids $ns); do
    # It may end this moment.
    ! { tr '\0' ' ' <"/proc/$p/cmdline"; } 2>/dev/null | grep -q "$1" || echo "$p"
  done | tail -n 1
}

soak $((seconds / 2)) --impair "loss=0.5%,reorder=1%,dup=0.5%"
[[ -z $long ]] || soak $((seconds / 2))
