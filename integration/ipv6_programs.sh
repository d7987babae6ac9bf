#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ipv6_programs.sh - unmodified programs over IPv6, against a kernel
#
#   program + stack fd00:77::2 ==tap0== fd00:77::1 the same programs
#
# What this script is for
#   Clients and servers in both directions; listeners on [::] that take IPv4 as
#   well; names with AAAA records in /etc/hosts; a small MTU; a link without
#   offload; a link that loses frames. Contents are compared byte for byte.
#   Programs that are not installed are left out.

. "$(dirname "$0")/net.sh"
need curl python3 openssl unshare
with_ipv6
net_up
make_certificate
mkdir "$work/www" "$work/got"
make_file www/page 1
make_file www/big "${NSSHIM_BIG_MIB:-32}"
printf '%s peer.test\n%s peer.test\n' "$KERNEL" "$KERNEL6" |
  cat /etc/hosts - >"$work/hosts"

have()
{
  command -v "$1" >/dev/null
}

# get OUT ARGUMENTS...: curl on our stack, with a hosts file of our own.
get()
{
  local prefix out=$work/got/$1
  shift
  ours_prefix
  timeout --foreground -k 5 "$limit" unshare --mount sh -c \
    'mount --bind "$0" /etc/hosts && exec "$@"' "$work/hosts" \
    "${prefix[@]}" curl -sS -f -g --max-time "$limit" -o "$out" "$@" ||
    fail "curl $*"
}

# fetch ADDRESS PORT: the kernel's curl reads the page from our server.
fetch()
{
  rm -f "$work/got/page"
  kernel curl -sS -f -g --max-time "$limit" -o "$work/got/page" \
    "http://$1:$2/page" || fail "the kernel's curl from $1:$2"
  same "$work/www/page" "$work/got/page"
}

ours_answers6()
{
  eventually kernel timeout 2 bash -c "exec 3<>/dev/tcp/$OURS6/$1"
}

# both NAME PORT: a server of ours answers over both families.
both()
{
  ours_answers6 "$2"
  fetch "[$OURS6]" "$2"
  fetch $OURS "$2"
  stop "$pid"
  proved "$1: one listener takes IPv6 and IPv4"
}

# --- clients -------------------------------------------------------------------

start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
peer=$pid
kernel_listens 80

get page "http://[$KERNEL6]/page"
same "$work/www/page" "$work/got/page"
get page -6 -w '%{remote_ip}' http://peer.test/page >"$work/got/log"
same "$work/www/page" "$work/got/page"
get big "http://[$KERNEL6]/big"
same "$work/www/big" "$work/got/big"
get answer -T "$work/www/big" "http://[$KERNEL6]/up"
same "$work/www/big" "$work/www/up"
proved "curl -6: by address and by name; a large file each way"

if have wget; then
  ours wget -q -6 -O "$work/got/page" "http://[$KERNEL6]/page" || fail "wget -6"
  same "$work/www/page" "$work/got/page"
  proved "wget -6"
fi

for options in "--mtu 1280" "--impair loss=1%,reorder=1%,seed=6"; do
  # shellcheck disable=SC2206
  ours_options=($options)
  get page "http://[$KERNEL6]/page"
  same "$work/www/page" "$work/got/page"
  get answer -T "$work/www/page" "http://[$KERNEL6]/up"
  same "$work/www/page" "$work/www/up"
  proved "both ways with $options"
done
ours_options=()
NSSHIM_OFFLOAD=off get big "http://[$KERNEL6]/big"
same "$work/www/big" "$work/got/big"
NSSHIM_OFFLOAD=off get answer -T "$work/www/big" "http://[$KERNEL6]/up"
same "$work/www/big" "$work/www/up"
proved "both ways without offload"
stop "$peer"

start kernel python3 "$top/integration/http_peer.py" 443 "$work/www" \
  "$work/cert.pem" "$work/key.pem"
kernel_listens 443
printf 'GET /page HTTP/1.0\r\n\r\n' |
  ours openssl s_client -6 -quiet -verify_quiet -CAfile "$work/cert.pem" \
    -verify_return_error -connect "[$KERNEL6]:443" >"$work/got/answer" \
    2>"$work/s_client.log"
tail -c 1048576 "$work/got/answer" | same "$work/www/page" - "s_client's answer"
stop "$pid"
proved "openssl s_client -6"

# A name server that is asked over IPv6, by UDP and after truncation by TCP.
start kernel python3 "$top/integration/dns_peer.py" $KERNEL6 53
kernel_listens 53
ours_options=(--dns "$KERNEL6")
ours python3 -c 'import socket
for name in "a.test", "big.test":
    found = socket.getaddrinfo(name, 80, 0, socket.SOCK_STREAM)
    print(name, len(found), found[0][4][0])' >"$work/got/names" || fail "names over IPv6"
printf 'a.test 3 192.0.2.1\nbig.test 45 192.0.2.1\n' |
  same - "$work/got/names" "names over IPv6"
ours_options=()
stop "$pid"
proved "names from a server on $KERNEL6"

# --- servers -------------------------------------------------------------------

start ours python3 "$top/integration/http_peer.py" 8000 "$work/www"
both "python3 on [::]" 8000

if have node; then
  cat >"$work/server.js" <<'JS'
require('http').createServer((request, response) =>
  require('fs').createReadStream(process.argv[2]).pipe(response)).listen(8001);
JS
  start ours node "$work/server.js" "$work/www/page"
  both "node's own choice" 8001
fi

if have nginx; then
  cat >"$work/nginx.conf" <<CONF
daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx.err;
events {}
http {
  access_log off;
  server { listen [::]:8002 ipv6only=off; root $work/www; sendfile on; }
}
CONF
  start ours nginx -c "$work/nginx.conf"
  both "nginx, ipv6only=off" 8002
fi

if have redis-server; then
  start ours redis-server --port 6379 --bind '::' --protected-mode no --save ''
  ours_answers6 6379
  [[ $(kernel redis-cli -h $OURS6 ping) == PONG ]] || fail "redis over IPv6"
  stop "$pid"
  proved "redis-server on [::]"
fi

# --- datagrams, and both ends ------------------------------------------------------

if have iperf3; then
  for options in "" "-R" "-u -b 100M -l 1400"; do
    start kernel iperf3 -s -1 --forceflush
    kernel_listens 5201
    # shellcheck disable=SC2086
    ours iperf3 -6 -c $KERNEL6 -t 1 --connect-timeout 5000 $options \
      >"$work/got/iperf" 2>&1 || fail "iperf3 -6 $options: $(tail -n 3 "$work/got/iperf")"
    wait "$pid"
  done
  proved "iperf3 -6: out, in, datagrams"
fi

if have nc; then
  start kernel sh -c 'exec nc -6 -d -l 5000 >"$0"' "$work/got/nc"
  kernel_listens 5000
  ours nc -6 -N -w 20 $KERNEL6 5000 <"$work/www/page" || fail "nc -6"
  wait "$pid"
  same "$work/www/page" "$work/got/nc"
  start ours sh -c 'exec nc -6 -d -l 5001 >"$0"' "$work/got/nc"
  for ((n = 0; n < 300; n++)); do
    kernel nc -6 -N -w 20 $OURS6 5001 <"$work/www/page" 2>/dev/null && break
    sleep 0.1
  done
  wait "$pid"
  same "$work/www/page" "$work/got/nc"
  proved "nc -6: both ways"
fi
