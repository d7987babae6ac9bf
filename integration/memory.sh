#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# memory.sh - too little memory, too few descriptors: slower, never wrong
#
#   echo_peer.py + stack, 32 MiB ==tap0== 10.77.0.1    2,000 who only send
#   nginx + stack, 64 descriptors ==tap0== 10.77.0.1   200 at once
#
# What this script is for
#   When the stack's memory is used up, windows close and senders wait; nobody
#   loses a byte, others still get an answer, and afterwards all is as before:
#   the kernel has its memory back, too.
#   When the program has no descriptor left it hears EMFILE, and goes on when
#   it has. Under a limit of address space that it may not raise it has the
#   stack in a part of that.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need python3 curl nginx prlimit setpriv
# The kernel's own patience counts, too: what it measures as a round trip here may
# be ten seconds, and what it sends again then waits for a minute.
limit=300
ulimit -n 8192 2>/dev/null || skip "needs 8,192 descriptors"
net_up

# crowd PEOPLE BYTES: all send until nothing moves any more, then all read. The
# bytes of each are its own. Says how much was stuck, and how many got all back.
crowd()
{
  kernel python3 - "$OURS" "$@" <<'PY'
import hashlib, select, socket, sys, time
host, people, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
poll = select.epoll()
socks, sent, got, sums, want = {}, {}, {}, {}, {}
for n in range(people):
    s = socket.create_connection((host, 7), 60)
    # Not what this machine has chosen: BBR takes long to forget losses.
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    s.setblocking(False)
    socks[s.fileno()], sent[s.fileno()], got[s.fileno()] = s, 0, 0
    want[s.fileno()] = (hashlib.sha256(b"%d" % n).digest() * (size // 32 + 1))[:size]
    poll.register(s, select.EPOLLOUT)

def push(fd):
    while sent[fd] < size:
        try:
            sent[fd] += socks[fd].send(want[fd][sent[fd]:sent[fd] + 65536])
        except BlockingIOError:
            return

quiet, begin = time.time(), time.time()
while time.time() - quiet < 1 and time.time() - begin < 15:
    for fd, what in poll.poll(0.2):
        before = sent[fd]
        push(fd)
        if sent[fd] != before:
            quiet = time.time()
        if sent[fd] == size:
            poll.modify(fd, 0)
print(sum(sent.values()) >> 20, "MiB sent before all stood still", flush=True)
if sys.argv[4:]:  # Somebody else has a question now.
    s = socket.create_connection((host, 7), 60)
    s.settimeout(60)
    s.sendall(b"hello")
    print("a newcomer hears", s.recv(5).decode(), flush=True)
    s.close()
for fd in socks:
    poll.modify(fd, select.EPOLLIN | (select.EPOLLOUT if sent[fd] < size else 0))
left, wrong, died, end = people, 0, 0, time.time() + 200
while left and time.time() < end:
    for fd, what in poll.poll(1):
        try:
            if what & select.EPOLLOUT:
                push(fd)
                if sent[fd] == size:
                    poll.modify(fd, select.EPOLLIN)
            data = socks[fd].recv(1 << 18)
        except BlockingIOError:
            continue
        except OSError as e:
            data = b""
        if data != want[fd][got[fd]:got[fd] + len(data)]:
            wrong += 1
        got[fd] += len(data)
        if not data or got[fd] == size:
            died += got[fd] < size
            left -= 1
            poll.unregister(fd)
print("%d of %d got all back, %d wrong, %d died" % (
    people - left - died, people, wrong, died))
sys.exit(left or wrong or died)
PY
}

# Pages behind the stack's memory, in units of 512 bytes.
held()
{
  local p f
  for p in $(ip netns pids $ns); do
    for f in /proc/"$p"/fd/*; do
      [[ $(readlink "$f") == /memfd:nsshim* ]] || continue
      stat -L -c %b "$f"
      return
    done
  done
}

# A quarter of what it takes with the crowd, 64 MiB; by the time we look, part of
# it may be back already.
is_given_back()
{
  (($(held) / 2 < 16 * 1024))
}

# The stack's memory.
export NSSHIM_MEMORY=32m
ours_options=(--log "info,$work/stack.log")
start ours python3 "$top/integration/echo_peer.py" server $OURS 7
wrapper=$pid
ours_answers 7
crowd 2000 200000 newcomer >"$work/crowd.log" 2>&1 || fail "the crowd: $(cat "$work/crowd.log")"
proved "32 MiB, 2,000 senders: $(paste -sd, "$work/crowd.log")"
crowd 50 2000000 >"$work/crowd.log" 2>&1 || fail "after the crowd: $(cat "$work/crowd.log")"
most=$(held)
proved "and after them 50: $(paste -sd, "$work/crowd.log")"
eventually is_given_back
proved "of $((most / 2)) KiB that the kernel had to hold for them $(($(held) / 2)) are left"
stop $wrapper
unset NSSHIM_MEMORY

# The program's descriptors.
# In nginx's memory: a file of its own would be one more descriptor.
openssl rand -hex 1500 | tr -d '\n' >"$work/file"
nginx_conf "master_process off" "events: worker_connections 512" \
  "http: keepalive_timeout 0" "server: listen 80 backlog=512" \
  "server: location = /slow { limit_rate 1500; return 200 $(<"$work/file"); }" \
  "server: location / { return 200 $(<"$work/file"); }"
start ours bash -c "ulimit -n 64; exec nginx -e $work/error.log -c $work/nginx.conf"
ours_answers 80
kernel curl -sS -f --max-time 200 --parallel --parallel-immediate --parallel-max 200 \
  --no-progress-meter -o "$work/got#1" "http://$OURS/slow?[1-200]" 2>"$work/curl.log" ||
  fail "200 at once, 64 descriptors: $(tail -n 1 "$work/curl.log")"
for ((n = 1; n <= 200; n++)); do
  same "$work/file" "$work/got$n"
done
grep -q 'Too many open files' "$work/error.log" || fail "nginx never heard EMFILE"
kernel curl -sS -f --max-time 60 -o "$work/got" "http://$OURS/file" || fail "afterwards"
same "$work/file" "$work/got"
proved "64 descriptors, 200 clients: EMFILE, and all were served"
stop $pid

# Addresses: of 1.5 GB, which a child may not raise either.
start kernel nginx -e "$work/kernel_error.log" -c "$work/nginx.conf"
kernel_listens 80
ours_options=()
ours_prefix
timeout -k 5 $limit prlimit --as=1500000000:1500000000 setpriv --bounding-set=-sys_resource \
  "${prefix[@]}" sh -c "curl -sS -f --max-time 60 -o $work/got http://$KERNEL/file; cat /proc/self/maps" \
  >"$work/maps" || fail "a fetch with 1.5 GB of address space"
same "$work/file" "$work/got"
if [[ $side == tap ]]; then
  range=$(awk '/memfd:nsshim/ { print $1; exit }' "$work/maps")
  mapped=$(((16#${range#*-} - 16#${range%-*}) >> 20))
  ((mapped >= 128 && mapped <= 768)) || fail "$mapped MiB of it are the stack's"
  proved "a limit of 1.5 GB of address space: $mapped MiB are the stack's, in a child, too"
fi
