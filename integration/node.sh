#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# node.sh - node on our stack: an http server and an http client
#
#   node + stack 10.77.0.2 ==tap0== 10.77.0.1 curl, http_peer.py

. "$(dirname "$0")/net.sh"
need node curl python3
net_up
mkdir "$work/www"
make_file www/file 16
cat >"$work/server.js" <<'EOF'
const http = require('http'), fs = require('fs');
http.createServer((request, response) => {
  if (request.method === 'POST') request.pipe(response);
  else fs.createReadStream(process.argv[2]).pipe(response);
}).listen(80, '0.0.0.0');
EOF
cat >"$work/client.js" <<'EOF'
const http = require('http'), fs = require('fs');
const [url, out, up] = process.argv.slice(2);
http.get(url, answer => answer.pipe(fs.createWriteStream(out)).on('finish', () => {
  const request = http.request(up, {
    method: 'PUT', headers: { 'Content-Length': fs.statSync(out).size } },
    answer => { answer.resume(); process.exitCode = answer.statusCode === 201 ? 0 : 1; });
  fs.createReadStream(out).pipe(request);
}));
EOF

start ours node "$work/server.js" "$work/www/file"
ours_answers 80
kernel curl -sS -f --max-time 60 -o "$work/got" "http://$OURS/" || fail "GET from node"
same "$work/www/file" "$work/got"
kernel curl -sS -f --max-time 60 -H Expect: --data-binary "@$work/www/file" \
  -o "$work/echo" "http://$OURS/" || fail "POST to node"
same "$work/www/file" "$work/echo"
stop "$pid"
proved "server: 16 MiB by GET, 16 MiB echoed by POST"

start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
kernel_listens 80
ours node "$work/client.js" "http://$KERNEL/file" "$work/client" \
  "http://$KERNEL/up" || fail "node client"
same "$work/www/file" "$work/client"
same "$work/www/file" "$work/www/up"
proved "client: 16 MiB by GET, the same back by PUT"
