#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# curl.sh - curl on our stack: HTTP, HTTPS, a name, 50 at once, 1 GiB each way
#
#   curl + stack 10.77.0.2 ==tap0== 10.77.0.1 http_peer.py :80 and :443
#
# What this script is for
#   Every transfer is compared byte for byte with what the peer has.

. "$(dirname "$0")/net.sh"
need curl python3 openssl unshare
net_up
make_certificate
mkdir "$work/www" "$work/got"
make_file www/page 1
make_file www/big "${NSSHIM_BIG_MIB:-1024}"
make_file many 50
split -n 50 -d -a 2 "$work/many" "$work/www/part"
echo "$KERNEL peer.test" | cat /etc/hosts - >"$work/hosts"
start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
start kernel python3 "$top/integration/http_peer.py" 443 "$work/www" \
  "$work/cert.pem" "$work/key.pem"
kernel_listens 80
kernel_listens 443

# get ARGUMENTS...: curl, with a hosts file of our own.
get()
{
  local prefix
  ours_prefix
  timeout --foreground -k 5 "$limit" unshare --mount sh -c \
    'mount --bind "$0" /etc/hosts && exec "$@"' "$work/hosts" \
    "${prefix[@]}" curl -sS -f --max-time "$limit" "$@" || fail "curl $*"
}

get -o "$work/got/page" "http://$KERNEL/page"
same "$work/www/page" "$work/got/page"
proved "a page over HTTP"

get -o "$work/got/tls" --cacert "$work/cert.pem" "https://peer.test/page"
same "$work/www/page" "$work/got/tls"
proved "a page over HTTPS, by a name from /etc/hosts"

get --parallel --parallel-max 50 --parallel-immediate \
  -o "$work/got/part#1" --no-progress-meter "http://$KERNEL/part[00-49]"
cat "$work"/got/part* | same "$work/many" - "50 transfers"
proved "50 transfers at once"

get -o "$work/got/big" "http://$KERNEL/big"
same "$work/www/big" "$work/got/big"
rm "$work/got/big"
proved "a download of $(du -m --apparent-size "$work/www/big" | cut -f1) MiB"

get -T "$work/www/big" "http://$KERNEL/up"
same "$work/www/big" "$work/www/up"
proved "an upload of the same"

