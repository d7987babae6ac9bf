#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# openssl.sh - openssl s_client and s_server on our stack
#
#   s_client + stack 10.77.0.2 ==tap0== 10.77.0.1 http_peer.py :443
#   s_server + stack 10.77.0.2 ==tap0== 10.77.0.1 curl

. "$(dirname "$0")/net.sh"
need openssl curl python3
net_up
make_certificate
mkdir "$work/www"
make_file www/file 8
start kernel python3 "$top/integration/http_peer.py" 443 "$work/www" \
  "$work/cert.pem" "$work/key.pem"
kernel_listens 443

printf 'GET /file HTTP/1.0\r\n\r\n' |
  ours openssl s_client -quiet -verify_quiet -CAfile "$work/cert.pem" \
    -verify_return_error -connect "$KERNEL:443" >"$work/answer" 2>"$work/s_client.log"
grep -qa '^HTTP/1.1 200' "$work/answer" || fail "s_client got no answer"
tail -c $((8 * 1048576)) "$work/answer" | same "$work/www/file" - "s_client's answer"
proved "s_client reads 8 MiB over TLS"

cd "$work/www" || fail "no folder"
start ours openssl s_server -quiet -accept 4433 -WWW \
  -cert "$work/cert.pem" -key "$work/key.pem"
ours_answers 4433
kernel curl -sS -f --max-time 60 --cacert "$work/cert.pem" -o "$work/got" \
  "https://$OURS:4433/file" || fail "curl from s_server"
same "$work/www/file" "$work/got"
proved "s_server gives 8 MiB over TLS"
