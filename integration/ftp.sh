#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ftp.sh - vsftpd with all its isolation, curl and lftp; passive and active
#
#   vsftpd + stack 10.77.0.2 ==tap0== 10.77.0.1 curl
#   curl, lftp + stack 10.77.0.2 ==tap0== 10.77.0.1 vsftpd
#
# What this script is for
#   A server as Debian configures it: namespaces of its own for each session (the
#   network one among them), a seccomp filter, 200 MB of address space; and the
#   protocol that connects back.

. "$(dirname "$0")/net.sh"
need vsftpd curl lftp
net_up
mkdir "$work/www"
make_file www/file 16
chmod -R a+rX "$work"

cat >"$work/vsftpd.conf" <<EOF
listen=YES
background=NO
anonymous_enable=YES
no_anon_password=YES
anon_root=$work/www
run_as_launching_user=NO
EOF

serve()
{
  start "$1" vsftpd "$work/vsftpd.conf"
  server=$pid
}

# fetch WHAT CLIENT COMMAND...: it leaves the file in $work/got.
fetch()
{
  local what=$1
  shift
  rm -f "$work/got"
  "$@" || fail "$what"
  same "$work/www/file" "$work/got" "what came by $what"
  proved "$what: 16 MiB"
}

serve ours
ours_answers 21
fetch "vsftpd, passive" kernel curl -sS -m 60 -o "$work/got" "ftp://$OURS/file"
fetch "vsftpd, active" kernel curl -sS -m 60 -P - -o "$work/got" "ftp://$OURS/file"
for n in 1 2 3 4 5 6 7 8; do
  kernel curl -sS -m 60 -o "$work/got$n" "ftp://$OURS/file" &
  sessions+=($!)
done
wait "${sessions[@]}" || fail "eight sessions"
for n in 1 2 3 4 5 6 7 8; do
  same "$work/www/file" "$work/got$n" "what session $n brought"
done
proved "vsftpd: eight sessions at once"
stop "$server"

serve kernel
kernel_listens 21
fetch "curl, passive" ours curl -sS -m 60 -o "$work/got" "ftp://$KERNEL/file"
fetch "curl, active" ours curl -sS -m 60 -P - -o "$work/got" "ftp://$KERNEL/file"
fetch lftp ours lftp -c "set net:timeout 20; set net:max-retries 1
  open ftp://anonymous:x@$KERNEL; get file -o $work/got"
