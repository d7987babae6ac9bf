#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# php_fpm.sh - nginx before php-fpm, by TCP inside the stack and by AF_UNIX
#
#   nginx 10.77.0.2:80 --- 127.0.0.1:9000 of the stack, or a path --- php-fpm
#     |                                       (one family, one stack)
#     ==tap0== 10.77.0.1 curl, load_peer.py
#
# What this script is for
#   FastCGI: two families of processes on one stack, that speak to each other
#   through its loopback and through the kernel's AF_UNIX, uploads included.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
fpm=$(compgen -G '/usr/sbin/php-fpm*' | head -n 1)
[[ -n $fpm ]] || skip "php-fpm is not installed"
need nginx curl python3
net_up
mkdir -p "$work/www"
make_file www/page 1
cat >"$work/www/page.php" <<'PHP'
<?php
$page = $_SERVER['DOCUMENT_ROOT'] . '/page';
header('Content-Length: ' . filesize($page));
readfile($page);
PHP
cat >"$work/www/sum.php" <<'PHP'
<?php echo hash('sha256', file_get_contents('php://input')), "\n";
PHP
cat >"$work/fpm.conf" <<CONF
[global]
pid = $work/fpm.pid
error_log = $work/fpm.err
daemonize = yes
process_control_timeout = 10s
CONF
for pool in tcp=127.0.0.1:9000 unix=$work/fpm.sock; do
  cat >>"$work/fpm.conf" <<CONF
[${pool%%=*}]
user = root
group = root
listen = ${pool#*=}
pm = static
pm.max_children = 3
CONF
done
params="fastcgi_param DOCUMENT_ROOT $work/www;
  fastcgi_param SCRIPT_FILENAME $work/www/\$1;
  fastcgi_param REQUEST_METHOD \$request_method;
  fastcgi_param CONTENT_TYPE \$content_type;
  fastcgi_param CONTENT_LENGTH \$content_length;"
nginx_conf "worker_processes 2" "http: client_max_body_size 64m" \
  "server: location ~ ^/tcp/(.*)\$ { fastcgi_pass 127.0.0.1:9000; $params }" \
  "server: location ~ ^/unix/(.*)\$ { fastcgi_pass unix:$work/fpm.sock; $params }"
start ours sh -c "$fpm -R -y $work/fpm.conf && exec nginx -e $work/error.log \
  -c $work/nginx.conf"
ours_answers 80
eventually test -s "$work/fpm.pid"

for how in tcp unix; do
  kernel curl -sS -f --max-time 20 -o "$work/got" "http://$OURS/$how/page.php" ||
    fail "$how: page"
  same "$work/www/page" "$work/got"
  kernel curl -sS -f --max-time 20 --data-binary "@$work/www/page" \
    -o "$work/got" "http://$OURS/$how/sum.php" || fail "$how: upload"
  [[ $(<"$work/got") == $(sha256sum <"$work/www/page" | cut -d' ' -f1) ]] ||
    fail "$how: the upload arrived differently"
  load_begin "$OURS/$how/page.php" "$work/www/page" --clients 6
done
sleep 1
load_end "nginx and php-fpm"
proved "1 MiB both ways and under load, by TCP; by AF_UNIX: $loaded"

kill -QUIT "$(<"$work/fpm.pid")"
nginx_down
