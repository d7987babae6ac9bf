#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# family.sh - one stack, many processes: fork, exec, daemons and death
#
#   python's forking servers, socat + cat by exec, redis-server as a daemon,
#   nginx with workers, all + stack 10.77.0.2 ==tap0== 10.77.0.1 clients
#
# What this script is for
#   The same descriptors in several processes at once, handed on, killed, and
#   idle. Servers that are replaced under load have scripts of their own.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need nginx curl socat redis-server redis-cli redis-benchmark python3
net_up
mkdir -p "$work/www"
make_file www/file 1

# Context switches of all threads of the family.
switches()
{
  local p
  for p in "$(<"$work/nginx.pid")" $(children "$work/nginx.pid"); do
    cat /proc/"$p"/task/*/status
  done | awk '/_switches:/ { n += $2 } END { print n }'
}

try_idle()
{
  local before woken n
  nginx_conf "worker_processes 7"
  nginx_up
  kernel curl -sS -f --max-time 20 -o "$work/got" "http://$OURS/file" || fail "curl"
  same "$work/www/file" "$work/got"
  # The kernel asks for our hardware address once more, some five seconds on.
  sleep 8
  # What comes from outside comes once, and later where much else is to do.
  for n in 1 2 3; do
    before=$(switches)
    sleep 5
    woken=$(($(switches) - before))
    ((woken > 0)) || break
  done
  ((woken == 0)) || fail "an idle family was woken $woken times in 5 s"
  proved "8 idle processes, not one woken in 5 s"
  nginx_down
}

# --- handed on --------------------------------------------------------------------

# echo_once PORT TEXT: sends a line, prints the one that comes back.
echo_once()
{
  # shellcheck disable=SC2016
  kernel timeout 10 bash -c \
    'exec 3<>/dev/tcp/$0/$1; echo "$2" >&3; read -r a <&3; echo "$a"' \
    $OURS "$1" "$2"
}

python_servers()
{
  cat >"$work/servers.py" <<'EOF'
import multiprocessing, os, socket, socketserver, sys

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(b"%d " % os.getpid() + line)

class Forking(socketserver.ForkingMixIn, socketserver.TCPServer):
    request_queue_size = 100

def worker(listener):
    while True:
        c, _ = listener.accept()
        c.sendall(b"%d " % os.getpid() + c.recv(1000))
        c.close()

if sys.argv[1] == "fork":
    Forking(("", 7001), Handler).serve_forever()
s = socket.create_server(("", 7002), backlog=100)
crew = [multiprocessing.Process(target=worker, args=(s,)) for _ in range(4)]
for p in crew: p.start()
for p in crew: p.join()
EOF
}

try_python()
{
  local n answers
  python_servers
  start ours python3 "$work/servers.py" fork
  ours_answers 7001
  answers=$(for ((n = 0; n < 20; n++)); do echo_once 7001 "hello $n"; done)
  [[ $(cut -d' ' -f1 <<<"$answers" | sort -u | wc -l) == 20 &&
    $(grep -c hello <<<"$answers") == 20 ]] || fail "ForkingMixIn: $answers"
  stop "$pid"
  proved "python's ForkingMixIn: 20 children answered"

  start ours python3 "$work/servers.py" shared
  ours_answers 7002
  answers=$(for ((n = 0; n < 40; n++)); do echo_once 7002 "hello $n"; done)
  [[ $(grep -c hello <<<"$answers") == 40 ]] || fail "shared listener: $answers"
  end_all
  proved "python's multiprocessing: 4 processes accept on one listener"
}

# The family, and the keeper of its network after it.
end_all()
{
  local n
  ours_pids | while read -r n; do
    ! grep -qz servers.py "/proc/$n/cmdline" || kill "$n"
  done
  wait "$pid"
  stack_ended
}

try_exec()
{
  local n
  start ours socat TCP-LISTEN:7003,fork,reuseaddr EXEC:/bin/cat,nofork
  ours_answers 7003
  for n in 1 2 3 4 5; do
    [[ $(echo_once 7003 "hello $n") == "hello $n" ]] || fail "cat by exec, $n"
  done
  stop "$pid"
  stack_ended
  proved "cat, executed with a connection as 0 and 1"
}

is_rewritten()
{
  kernel redis-cli -h $OURS info persistence |
    grep -q aof_rewrite_in_progress:0
}

has_value()
{
  kernel redis-cli -h $OURS get key | grep -q value
}

try_redis()
{
  local load options=(--bind $OURS --port 6379 --save '' --appendonly yes
    --protected-mode no --dir "$work" --pidfile "$work/redis.pid")
  start ours redis-server "${options[@]}" --daemonize yes --logfile "$work/redis.out"
  eventually kernel redis-cli -h $OURS ping
  kernel redis-benchmark -h $OURS -q -n 30000 -c 50 -t set,get >"$work/bench.out" &
  load=$!
  kernel redis-cli -h $OURS bgsave >/dev/null || fail "BGSAVE"
  sleep 0.3
  kernel redis-cli -h $OURS bgrewriteaof >/dev/null || fail "BGREWRITEAOF"
  wait $load || fail "redis-benchmark during BGSAVE"
  eventually is_rewritten
  kernel redis-cli -h $OURS set key value >/dev/null
  has_value || fail "redis lost a value"
  kill -9 "$(<"$work/redis.pid")"
  stack_ended
  start ours redis-server "${options[@]}"
  eventually has_value
  stop "$pid"
  proved "redis as a daemon: BGSAVE and AOF rewrite under load, SIGKILL, again"
}

try_python
try_exec
try_idle
try_redis
