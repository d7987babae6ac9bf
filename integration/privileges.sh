#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# privileges.sh - set-user-ID programs, servers that change user, hostile users
#
#   server + stack 10.77.0.2 ==tap0== 10.77.0.1 curl
#   the user nobody, in the same namespace, at every name of ours
#
# What this script is for
#   Who has other privileges gets nothing of the stack, and the log says so. A
#   server that starts as root and changes its user keeps it, also when its
#   master dies and when it executes another program. A local user without any
#   right to the stack does no harm with what he can reach of it.

. "$(dirname "$0")/net.sh"
need python3 curl setpriv ldconfig
net_up
[[ $side == tap ]] || skip "needs our stack"
mkdir "$work/www"
# One that everybody may execute.
python=$(PATH=/usr/bin:/bin command -v python3) || skip "no python3 in /usr/bin"
make_file www/page 8

no_tap()
{
  ! ip -n $ns link show dev tap0
}

get()
{
  kernel curl -sS -f --max-time 30 -o "$work/got" "http://$OURS:$1/page" || fail "$2"
  same "$work/www/page" "$work/got"
}

# --- programs with other privileges ------------------------------------------------

cp "$(command -v ls)" "$work/plain"
cp "$(command -v ls)" "$work/setuid"
chmod 4755 "$work/setuid"
printf '#!%s -l\n' "$work/setuid" >"$work/script"
chmod 755 "$work/script"

# The user nobody, on a stack that root has made.
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# sees COMMAND...: does the executed program find the arena or the device?
sees()
{
  ours "${nobody[@]}" "$@" >"$work/seen" 2>"$work/said" || fail "$*: $(<"$work/said")"
  grep -q -e memfd:nsshim -e net/tun "$work/seen"
}

by_shell()
{
  # shellcheck disable=SC2016
  sees sh -c '"$0" -l /proc/self/fd; true' "$1"
}

by_exec()
{
  sees env "$1" -l /proc/self/fd
}

by_spawn()
{
  sees "$python" -c '
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' \
    "$1" -l /proc/self/fd
}

for way in by_shell by_exec by_spawn; do
  $way "$work/plain" || fail "$way: this test cannot see the stack where it is"
  ! grep -q privileges "$work/said" || fail "$way: a plain program is reported"
  ! $way "$work/setuid" || fail "$way: a set-user-ID program has $(<"$work/seen")"
  grep -q "setuid runs with other privileges" "$work/said" ||
    fail "$way: not reported: $(<"$work/said")"
done
# shellcheck disable=SC2016
! sees sh -c '"$0" /proc/self/fd; true' "$work/script" || fail "a set-user-ID script"
proved "set-user-ID programs inherit neither arena nor device, and are reported"

ours "${nobody[@]}" "$python" -c "
import os, subprocess, urllib.request
try: os.execv('$work/setuid', ['x'] * 1000000)
except OSError: pass
subprocess.run(['$work/setuid', '/'], stdout=subprocess.DEVNULL)
print(subprocess.run(['$work/plain', '-l', '/proc/self/fd'], capture_output=True, text=True).stdout)
" >"$work/seen" 2>/dev/null || fail "after a failed exec"
grep -q memfd:nsshim "$work/seen" || fail "after a set-user-ID program nobody inherits"
proved "what comes after one inherits as before"

ours sh -c 'ldconfig --version >/dev/null; true' 2>"$work/said"
grep -q "ldconfig is statically linked: it runs on the host's network" "$work/said" ||
  fail "a static program is not reported: $(<"$work/said")"
proved "a statically linked program is reported"

# --- a server that changes its user ------------------------------------------------

cat >"$work/server.py" <<'PY'
import http.server, os, socket, sys

# server.py ROOT: listens as root; its worker is nobody, and executes itself
# again, with the number of the listener.
class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *a, **k):
        super().__init__(*a, directory=sys.argv[1], **k)
    def log_message(self, *_):
        pass

def serve(s):
    server = http.server.ThreadingHTTPServer(("", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = s
    server.serve_forever()

if len(sys.argv) > 2:
    print("executed as", os.getuid(), os.getpid(), flush=True)
    serve(socket.socket(fileno=int(sys.argv[2])))
s = socket.create_server(("", 80), backlog=50)
pid = os.fork()
if pid == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
    if os.fork() == 0:
        s.set_inheritable(True)
        os.execv(sys.executable, [sys.executable, *sys.argv, str(s.fileno())])
    print("worker as", os.getuid(), os.getpid(), flush=True)
    serve(s)
print("master as", os.getuid(), os.getpid(), flush=True)
os.wait()
PY
chmod 755 "$work/www"
chmod 644 "$work/www/page" "$work/server.py"
start ours "$python" "$work/server.py" "$work/www"
server_log=$log
ours_answers 80
eventually grep -q 'executed as 65534' "$server_log"
eventually grep -q 'worker as 65534' "$server_log"
get 80 "a server that changed its user"
number_of()
{
  sed -n "s/^$1 as [0-9]* //p" "$server_log"
}
kill -9 "$(number_of master)"
for n in 1 2 3; do
  get 80 "after its master, root, was killed"
done
kill -9 "$(number_of worker)"
for n in 1 2 3; do
  get 80 "what the worker had executed, alone"
done
proved "root listens, nobody serves; master killed, worker killed; the program that nobody executed goes on"
ours_prefix
kill -9 "$(number_of executed)"
eventually no_tap

# --- a hostile user -----------------------------------------------------------------

cat >"$work/hostile.py" <<'PY'
import os, socket, sys, time

# Everything that anybody may do with the abstract names of ours.
def names():
    with open("/proc/net/unix") as f:
        return {l.split()[-1][1:] for l in f if "@nsshim" in l}

end = time.monotonic() + float(sys.argv[1])
tried = 0
kept = []
while time.monotonic() < end:
    for name in names():
        for kind in socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_STREAM:
            s = socket.socket(socket.AF_UNIX, kind)
            s.setblocking(False)
            try:
                s.connect("\0" + name)
                for text in b"", b"x", b"\x01Dmihsn\x6e" * 5, os.urandom(64):
                    socket.send_fds(s, [text], [0, 1])
            except OSError:
                pass
            s.close()
            tried += 1
    # Names that will be wanted, taken first.
    for n in range(1, 200):
        for name in names():
            if "/bell/" not in name or len(kept) > 300:
                continue
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                s.bind("\0" + name.rsplit("/", 1)[0] + "/%d" % n)
                kept.append(s)
            except OSError:
                s.close()
print("tried", tried, "took", len(kept))
PY
ours_options=(--name guarded)
start ours python3 "$top/integration/http_peer.py" 81 "$work/www"
server=$pid
ours_answers 81
kernel "${nobody[@]}" "$python" "$work/hostile.py" 4 >"$work/hostile.out" 2>&1 &
hostile=$!
for n in 1 2 3 4 5 6; do
  get 81 "with a hostile user, transfer $n"
done
wait $hostile || fail "the hostile user: $(<"$work/hostile.out")"
grep -q 'tried [1-9]' "$work/hostile.out" || fail "he found nothing to try"
get 81 "after the hostile user"
kernel "$top/run-with-stack.sh" --netns $ns --join guarded \
  curl -sS -f --max-time 20 -o "$work/got" http://127.0.0.1:81/page ||
  fail "the door after the hostile user"
same "$work/www/page" "$work/got"
stop "$server"
eventually no_tap
proved "a hostile user in the same namespace: $(<"$work/hostile.out"); transfers and door unharmed"
