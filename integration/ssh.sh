#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ssh.sh - sshd and ssh on our stack, and what goes through them
#
#   sshd, ssh, scp, git + stack 10.77.0.2 ==tap0== 10.77.0.1 ssh, scp, git, sshd
#
# What this script is for
#   sshd executes itself, changes user, goes into a chroot and a seccomp filter
#   for each client; ssh runs proxies and forwards ports. Files are compared
#   byte for byte.

. "$(dirname "$0")/net.sh"
need sshd ssh scp ssh-keygen git nc python3
id sshd >/dev/null 2>&1 || skip "no user sshd"
net_up
mkdir -p /run/sshd
make_file file 8
for key in host id; do
  ssh-keygen -q -t ed25519 -N '' -f "$work/$key" || fail "ssh-keygen"
done
cat >"$work/sshd_config" <<EOF
HostKey $work/host
AuthorizedKeysFile $work/id.pub
StrictModes no
PidFile none
UsePAM no
PasswordAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp
# Keeps bash from reading .bashrc.
SetEnv SHLVL=2
EOF
cat >"$work/ssh_config" <<EOF
IdentityFile $work/id
UserKnownHostsFile /dev/null
StrictHostKeyChecking no
LogLevel ERROR
BatchMode yes
ConnectTimeout 20
EOF
o=(-F "$work/ssh_config")
export GIT_SSH_COMMAND="ssh -F $work/ssh_config"

# A web server with the file, where forwarded connections end: WHERE PORT.
web()
{
  start "$1" python3 -m http.server --directory "$work" "$2"
}

# The file, by curl of the kernel's side.
fetch()
{
  eventually kernel curl -sS -f --max-time 30 -o "$work/got" "$1"
  same "$work/file" "$work/got" "what came through the tunnel"
}

no_tap()
{
  ! ip -n $ns link show dev tap0
}

# What a client of CLIENT does with the server at ADDRESS.
work_with()
{
  local client=$1 address=$2 n
  [[ $("$client" ssh "${o[@]}" root@"$address" 'echo hello; cat') == "hello
from here" ]] <<<"from here" || fail "$client: ssh"
  "$client" ssh "${o[@]}" root@"$address" cat "$work/file" >"$work/got" ||
    fail "$client: ssh cat"
  same "$work/file" "$work/got" "what ssh brought"
  "$client" scp "${o[@]}" "$work/file" root@"$address:$work/up" || fail "$client: scp up"
  same "$work/file" "$work/up" "what scp sent"
  "$client" scp -O "${o[@]}" root@"$address:$work/file" "$work/down" ||
    fail "$client: scp down"
  same "$work/file" "$work/down" "what scp -O brought"
  rm "$work/up" "$work/down"

  rm -rf "$work/clone"
  "$client" git clone -q "root@$address:$work/repo" "$work/clone" || fail "$client: git clone"
  same "$work/file" "$work/clone/file" "what git brought"
  "$client" git -C "$work/clone" push -q origin "HEAD:refs/heads/$client" ||
    fail "$client: git push"

  # shellcheck disable=SC2016
  "$client" bash -c 'for n in 1 2 3 4 5 6; do
    ssh -F "$0/ssh_config" "root@$1" sha256sum <"$0/file" >"$0/sum.$n" &
  done; wait' "$work" "$address"
  for n in 1 2 3 4 5 6; do
    same "$work/sum" "$work/sum.$n" "the sum by session $n"
    rm "$work/sum.$n"
  done
}

sha256sum <"$work/file" >"$work/sum"
git -c init.defaultBranch=main init -q "$work/repo"
cp "$work/file" "$work/repo"
git -C "$work/repo" add file
git -C "$work/repo" -c user.name=n -c user.email=e commit -qm file

# --- the server is ours -------------------------------------------------------

start ours /usr/sbin/sshd -D -e -p 22 -f "$work/sshd_config"
sshd=$pid
ours_answers 22
work_with kernel $OURS
proved "sshd: commands, scp, git, six sessions at once"

# The process that speaks before the client has proved who it is.
start kernel bash -c "exec 3<>/dev/tcp/$OURS/22; echo SSH-2.0-test >&3; exec cat <&3"
waiting=$pid
is_confined()
{
  local p
  for p in $(ip netns pids $ns); do
    grep -qa 'sshd: .*\[net\]' "/proc/$p/cmdline" 2>/dev/null &&
      grep -q '^Seccomp:.2' "/proc/$p/status" &&
      [[ ! /proc/$p/root -ef / ]] && return 0
  done
  return 1
}
[[ $side == veth ]] || {
  eventually is_confined
  proved "sshd: a client is met in a chroot and a seccomp filter"
}

web kernel 8000
kernel_listens 8000
start kernel ssh "${o[@]}" -N -L 8001:$KERNEL:8000 root@$OURS
forward=$pid
fetch http://127.0.0.1:8001/file
stop "$forward"
proved "sshd: a forwarded connection (-L), which the server opens"
stop "$waiting"
stop "$sshd"
eventually no_tap

# --- the client is ours -------------------------------------------------------

start kernel /usr/sbin/sshd -D -e -p 22 -f "$work/sshd_config"
kernel_listens 22
work_with ours $KERNEL
proved "ssh: commands, scp, git, six at once"

start ours ssh "${o[@]}" -N -L "$OURS:8002:$KERNEL:8000" root@$KERNEL
forward=$pid
fetch "http://$OURS:8002/file"
stop "$forward"
proved "ssh: a forwarded connection (-L), which the client accepts"

[[ $(ours ssh "${o[@]}" -o "ProxyCommand nc %h %p" root@$KERNEL echo hello) == hello ]] ||
  fail "ssh with ProxyCommand"
[[ $(ours ssh "${o[@]}" -o "ProxyCommand ssh ${o[*]} -W %h:%p root@$KERNEL" \
  root@$KERNEL echo hello) == hello ]] || fail "ssh through ssh"
proved "ssh: through nc, and through another ssh, as ProxyCommand"
