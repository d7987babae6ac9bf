#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# shell.sh - shells and pipelines whose input and output is a connection
#
#   bash's /dev/tcp, nc -e, socat EXEC + stack 10.77.0.2 ==tap0== 10.77.0.1
#
# What this script is for
#   A connection as 0, 1 or 2 of programs that never heard of sockets: what bash's
#   built-in commands print, what a pipeline of five programs reads and writes, and
#   a shell at the other end of the line.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need socat ncat python3 gzip
net_up
make_file file 4
sha256sum <"$work/file" >"$work/sum"

# --- clients: bash's own sockets -------------------------------------------------

# peer PORT: the kernel's end takes one connection; what arrives is in $work/PORT.
peer()
{
  start kernel socat -u "TCP-LISTEN:$1,reuseaddr" "CREATE:$work/$1"
  kernel_listens "$1"
}

cat >"$work/talk.sh" <<'SH'
exec 3<>"/dev/tcp/$1/$2"
echo "echo to a descriptor" >&3
printf '%s %d\n' "printf with a number" 42 >&3
{ echo "a group"; seq 3; } >&3
(echo "a subshell") >&3
cat <<<"another program" >&3
for n in a b c; do echo "loop $n"; done >&3
echo "piped" | tr a-z A-Z >&3
exec 4>&1 >&3
echo "standard output, for good"
pwd >/dev/null
exec >&4 3>&-
echo "and back"
SH
peer 7001
ours bash "$work/talk.sh" $KERNEL 7001 >"$work/back" || fail "talk.sh"
wait "$pid"
cat >"$work/wanted" <<'TEXT'
echo to a descriptor
printf with a number 42
a group
1
2
3
a subshell
another program
loop a
loop b
loop c
PIPED
standard output, for good
TEXT
same "$work/wanted" "$work/7001" "what bash printed"
[[ $(<"$work/back") == "and back" ]] || fail "standard output did not come back"
proved "bash: echo, printf, groups, loops and pipelines to /dev/tcp"

peer 7002
ours bash -c "gzip -c <$work/file | tee >(wc -c >$work/count) |
  gzip -dc | cat >/dev/tcp/$KERNEL/7002" || fail "pipeline"
wait "$pid"
same "$work/file" "$work/7002" "4 MiB of a pipeline"
proved "4 MiB out of a pipeline of four programs"

start kernel socat -u "OPEN:$work/file" TCP-LISTEN:7003,reuseaddr
kernel_listens 7003
ours bash -c "exec 3<>/dev/tcp/$KERNEL/7003
  head -c 1000000 <&3 >$work/part; cat <&3 >>$work/part" || fail "reading"
same "$work/file" "$work/part" "4 MiB read by two programs in turn"
proved "4 MiB into two programs, one after the other"

start kernel socat TCP-LISTEN:7004,reuseaddr EXEC:cat
kernel_listens 7004
# shellcheck disable=SC2016
ours bash -c 'exec 3<>/dev/tcp/$0/7004
for ((n = 0; n < 200; n++)); do
  echo "line $n with \"words\"" >&3
  IFS= read -r -t 10 -u 3 answer && [[ $answer == "line $n with \"words\"" ]] || exit 1
done' $KERNEL || fail "200 lines there and back with read -u"
proved "200 lines there and back, echo and read in turn"

# --- servers: programs that were given a connection ------------------------------

# ask PORT FILE [OPTION]: sends it, ends the sending direction, prints what comes.
ask()
{
  kernel socat -t 20 - "TCP:$OURS:$1${3-}" <"$2"
}

# serve PORT CMD...: a server of ours; the connection is 0 and 1 of what it runs.
serve()
{
  local port=$1
  shift
  start ours "$@"
  ours_answers "$port"
}

printf '%s\n' 'echo "I am $0"' 'seq 100000 | sha256sum' 'x=$(echo inner)' \
  'printf "%s\n" "$x" | cat' 'exit' >"$work/commands"
bash -c "$(<"$work/commands")" bash >"$work/said"

try_shell()
{
  local n
  for n in 1 2 3; do
    # ncat forgets what its program still has to say when our direction ends.
    ask "$1" "$work/commands" ,shut-none >"$work/got" || fail "$2"
    same "$work/said" "$work/got" "$2"
  done
  stop "$pid"
  stack_ended
  proved "a shell by $2"
}

serve 7011 ncat -l -k -e /bin/bash 7011
sed -i 's,I am bash,I am /bin/bash,' "$work/said"
try_shell 7011 "ncat -e"
sed -i 's,I am /bin/bash,I am sh,' "$work/said"
serve 7012 ncat -l -k -c 'exec sh' 7012
try_shell 7012 "ncat -c"
serve 7013 socat TCP-LISTEN:7013,fork,reuseaddr EXEC:sh,nofork
try_shell 7013 "socat EXEC, nofork"
serve 7014 socat TCP-LISTEN:7014,fork,reuseaddr EXEC:sh
try_shell 7014 "socat EXEC through a socket pair"

# inetd's manner, with what programs of all kinds do to their standard streams.
cat >"$work/inetd.py" <<'PY'
import socket, subprocess, sys
s = socket.create_server(("", 7015), backlog=20)
while True:
    c, _ = s.accept()
    subprocess.Popen(sys.argv[1:], stdin=c, stdout=c, stderr=c)
    c.close()
PY
filter()
{
  serve 7015 python3 "$work/inetd.py" "$@"
  ask 7015 "$work/file" >"$work/got" || fail "$*"
  stop "$pid"
  stack_ended
}

filter sha256sum
same "$work/sum" "$work/got" "sha256sum"
filter gzip -c
gzip -dc <"$work/got" | cmp - "$work/file" || fail "gzip"
filter sh -c 'gzip -c | gzip -dc | cat'
same "$work/file" "$work/got" "sh with a pipeline"
filter python3 -c 'import sys, shutil; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)'
same "$work/file" "$work/got" "python"
filter perl -pe 1
same "$work/file" "$work/got" "perl"
filter awk 'END { print NR, "lines" > "/dev/stderr"; print "bye" }'
printf '%s lines\nbye\n' "$(awk 'END { print NR }' "$work/file")" | same - "$work/got" "awk"
proved "sha256sum, gzip, sh, python, perl, awk with a connection as 0, 1 and 2"
