#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# named.sh - a stack with a name: who starts it, who joins it, who may not
#
#   run-with-stack.sh --name web server   + stack 10.77.0.2 ==tap0== 10.77.0.1
#   run-with-stack.sh --join web curl http://127.0.0.1/
#
# What this script is for
#   Processes that do not descend from each other use one stack: the same
#   loopback, ports and connections to the outside; the stack lives as long as
#   any of them; every wrong way in is one clear line.

. "$(dirname "$0")/net.sh"
need python3 curl setpriv unshare
net_up
[[ $side == tap ]] || skip "needs our stack"
wrapper=$top/run-with-stack.sh
library=$(readlink -f "${NSSHIM_LIB:-$top/build/shim/libnsshim.so}")
mkdir "$work/www"
make_file www/page 2

no_tap()
{
  ! ip -n $ns link show dev tap0
}

join()
{
  kernel "$wrapper" --netns $ns --join "$@"
}

# says TEXT COMMAND...: it fails, and its one line of ours has TEXT in it.
says()
{
  local text=$1
  shift
  ! "$@" >"$work/said" 2>&1 || fail "it works: $*"
  grep -q -- "$text" "$work/said" || fail "$* says: $(<"$work/said")"
  (($(grep -c -E '^(nsshim|run-with-stack)' "$work/said") == 1)) ||
    fail "$* says more than a line: $(<"$work/said")"
}

joined_fetch()
{
  join web curl -sS -f --max-time 20 -o "$work/got.$1" "$2" || fail "--join, $1"
  same "$work/www/page" "$work/got.$1"
}

# --- one stack -------------------------------------------------------------------

ours_options=(--name web)
start ours python3 "$top/integration/http_peer.py" 80 "$work/www"
server=$pid
ours_answers 80
joined_fetch loopback http://127.0.0.1/page
joined_fetch own-address http://$OURS/page
for n in 1 2 3 4 5; do
  joined_fetch $n http://127.0.0.1/page &
  crowd[n]=$!
done
for n in 1 2 3 4 5; do
  wait "${crowd[n]}" || fail "of five that joined at once, number $n"
done
proved "a server with a name, and clients that join it: over the loopback, five at once"

# What joined serves the outside as well, and outlives who started the stack.
start kernel "$wrapper" --netns $ns --join web python3 "$top/integration/http_peer.py" 81 "$work/www"
second=$pid
ours_answers 81
stop "$server"
kernel curl -sS -f --max-time 20 -o "$work/got" http://$OURS:81/page ||
  fail "the first program has ended, and its stack with it"
same "$work/www/page" "$work/got"
joined_fetch later http://127.0.0.1:81/page
says "runs already" ours true
proved "the stack lives as long as any of its processes"
stop "$second"
eventually no_tap

# A process without any socket is one of the stack.
start ours sleep 60
sleeper=$pid
eventually join web true
start kernel "$wrapper" --netns $ns --join web python3 "$top/integration/http_peer.py" 82 "$work/www"
ours_answers 82
joined_fetch sleeping http://127.0.0.1:82/page
stop "$pid"
stop "$sleeper"
eventually no_tap
proved "a process without a socket keeps it, too"

# A daemon: who started the stack has ended.
ours sh -c "setsid python3 '$top/integration/http_peer.py' 83 '$work/www' </dev/null >/dev/null 2>&1 &
  sleep 0.5" || fail "a daemon with a name"
ours_answers 83
joined_fetch daemon http://127.0.0.1:83/page
ip netns pids $ns | while read -r p; do
  ! grep -qz http_peer "/proc/$p/cmdline" || kill "$p"
done
eventually no_tap
proved "a daemon's stack is joined, and its TAP taken back after it"

# --- wrong ways in ---------------------------------------------------------------

# One of that name in another network namespace is not the one that is meant.
new_host 1
timeout --foreground -k 5 "$limit" "$wrapper" --netns "$host" --tap tap0 \
  --addr $OURS/24 --name web sleep 100 >"$work/elsewhere.log" 2>&1 &
elsewhere=$!
started+=($elsewhere)
eventually "$wrapper" --netns "$host" --join web true
says "no stack of that name" join web true
stop $elsewhere
says "letters, digits" join 'we/b' true
says "letters, digits" kernel "$wrapper" --name 'a b' true
says "that stack has a network" join web --tap tap0 true
cat >"$work/bare" <<SH
#!/bin/sh
exec env NSSHIM_JOIN=\$1 LD_PRELOAD=$library /bin/true
SH
chmod 755 "$work/bare"
says "no stack of that name" kernel "$work/bare" nobody
says "not a name" kernel "$work/bare" we/b

start ours python3 "$top/integration/http_peer.py" 84 "$work/www"
ours_answers 84
# The library where anybody can read it.
cp "$library" "$work/libnsshim.so"
says "another user's" kernel setpriv --reuid=65534 --regid=65534 --clear-groups \
  env NSSHIM_JOIN=web "LD_PRELOAD=$work/libnsshim.so" /bin/true
keeper=$(for p in $(ip netns pids $ns); do
  ! grep -q '^nsshim-keeper$' "/proc/$p/comm" || echo "$p"
done)
kill -STOP "$keeper"
says "does not answer" join web true
kill -CONT "$keeper"
joined_fetch continued http://127.0.0.1:84/page
# Without its keeper there is no way in, but the stack goes on.
kill -9 "$keeper"
says "no stack of that name" join web true
kernel curl -sS -f --max-time 20 -o "$work/got" http://$OURS:84/page ||
  fail "the stack ended with its keeper"
same "$work/www/page" "$work/got"
stop "$pid"
eventually no_tap
proved "no such name, bad names, another user's, a keeper that hangs or is dead: one line each"

# --- without root ----------------------------------------------------------------

mknod -m 666 "$work/tun" c 10 200 || fail "mknod"
mkdir "$work/integration"
cp "$top/integration/"{tap,user_net,several_links}.sh "$work/integration/"
cp "$wrapper" "${library%/*}/nsshim-keeper" "$work/"
chmod -R a+rX "$work"
chmod 777 "$work"
# shellcheck disable=SC2016
as_nobody='mount --bind "$0/tun" /dev/net/tun &&
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"'
nobody=(unshare --mount sh -c "$as_nobody" "$work" env
  "NSSHIM_LIB=$work/libnsshim.so" "$work/run-with-stack.sh")
start kernel "${nobody[@]}" --name "mine$$" python3 "$top/integration/http_peer.py" 8080 "$work/www"
fetch_mine()
{
  kernel "${nobody[@]}" --join "mine$$" curl -sS -f --max-time 20 -o "$work/got.mine" \
    http://127.0.0.1:8080/page
}
eventually fetch_mine
same "$work/www/page" "$work/got.mine"
stop "$pid"
proved "without root: joined through the namespaces of who started it"
