#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# nginx.sh - nginx on our stack: sendfile, TLS, and many requests
#
#   nginx + stack 10.77.0.2:80, :443 ==tap0== 10.77.0.1 curl, wrk

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need nginx wrk curl openssl
net_up
make_certificate
mkdir -p "$work/www" "$work/got"
make_file www/file 64
head -c 1024 "$work/www/file" >"$work/www/1k"
head -c 102400 "$work/www/file" >"$work/www/100k"
nginx_conf "master_process off" "http: tcp_nopush on" "server: listen 80" \
  "server: listen 443 ssl" "server: ssl_certificate $work/cert.pem" \
  "server: ssl_certificate_key $work/key.pem"
nginx_up

for file in 1k 100k file; do
  kernel curl -sS -f --max-time 60 -o "$work/got/$file" "http://$OURS/$file" ||
    fail "curl $file"
  same "$work/www/$file" "$work/got/$file"
done
proved "1 KiB, 100 KiB and 64 MiB with sendfile"

kernel curl -sS -f --max-time 60 --cacert "$work/cert.pem" -o "$work/got/tls" \
  "https://$OURS/file" || fail "curl over TLS"
same "$work/www/file" "$work/got/tls"
proved "64 MiB over TLS"

for url in http://$OURS/1k http://$OURS/100k https://$OURS/1k; do
  kernel wrk -t 1 -c 50 -d 3 --timeout 60 "$url" >"$work/wrk.log" 2>&1 || fail "wrk $url"
  ! grep -E 'Socket errors|Non-2xx' "$work/wrk.log" || fail "wrk saw errors: $url"
  rate=$(sed -n 's/^Requests\/sec: *//p' "$work/wrk.log")
  [[ ${rate%.*} -gt 0 ]] || fail "wrk: $rate requests a second"
  proved "wrk, 50 connections, $url: $rate requests/s, no errors"
done
kernel curl -sS -f --max-time 60 -o "$work/got/after" "http://$OURS/file" ||
  fail "curl after wrk"
same "$work/www/file" "$work/got/after"
