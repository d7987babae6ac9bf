#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# demo.sh - an unmodified curl fetches a page with TCP that is ours
#
#   curl + libnsshim.so ==TAP== namespace nsst<pid>: kernel, web server
#      10.77.0.2                     10.77.0.1
#
# What this script is for
#   run-with-stack.sh --demo. Shows the page, and the proof that the kernel had
#   no part in curl's connection: its count of opened connections stays 0,
#   that of accepted ones becomes 1.
#
# Never      touches the host's network. Without root it works in namespaces of
#            its own.

here=$(cd "$(dirname "$0")" && pwd)
"$here/deps.sh" build run demo || exit 1

if ((EUID != 0)); then
  # ip-netns wants to write to /run: give it one of our own.
  exec unshare --user --map-root-user --net --mount -- \
    sh -c 'mount -t tmpfs run /run && exec "$0"' "$0"
fi

. "$here/net.sh"

# One of the kernel's own counters in the namespace: column NAME of Tcp.
tcp_counter()
{
  kernel awk -v name="$1" '$1 == "Tcp:" && !n { for (n = 1; $n != name; n++); next }
    $1 == "Tcp:" { print $n }' /proc/net/snmp
}

echo "1. building libnsshim.so"
"$top/run-with-stack.sh" --build || exit 1

echo "2. a namespace with a kernel, and an ordinary web server in it"
net_up
mkdir "$work/www"
cat >"$work/www/index.html" <<'EOF'
<!doctype html>
<title>It works</title>
<p>This page came by a TCP that lives inside curl's own process.</p>
EOF
start kernel python3 -u -m http.server --directory "$work/www" 80
server_log=$log
kernel_listens 80
opened=$(tcp_counter ActiveOpens)

echo "3. $ ./run-with-stack.sh --netns $ns -- curl http://$KERNEL/"
ours curl -sS --max-time 20 "http://$KERNEL/" >"$work/page" || fail "curl failed"
sed 's/^/     /' "$work/page"
same "$work/page" "$work/www/index.html" "the page"

echo "4. what the kernel saw"
grep GET "$server_log" | sed 's/^/     the server:  /'
opened=$(($(tcp_counter ActiveOpens) - opened))
echo "     its kernel:  $(tcp_counter PassiveOpens) connection accepted," \
  "$opened opened: curl's end was not the kernel's"
((opened == 0)) || fail "the kernel opened a connection: curl did not use the stack"
echo "demo: the page arrived, byte for byte"
