#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# deps.sh - install what is missing, and only that
#
# What this script is for
#   deps.sh [build] [run] [test] [demo]: the Debian 12 packages behind those
#   words that are not there yet. A package whose command is there already, from
#   wherever, is not asked for. Asks sudo only when something is missing.
#
# Never      starts a service: the servers we install are only ever run by our
#            own tests, in namespaces.

set -u -f

# package=file-or-command that proves it is there
declare -A needs=(
  [build]="gcc=gcc libc6-dev=/usr/include/stdio.h meson=meson
    ninja-build=ninja pkg-config=pkg-config uthash-dev=/usr/include/uthash.h
    libunwind-dev=/usr/include/*/libunwind.h
    libcriterion-dev=/usr/include/criterion/criterion.h"
  [run]="iproute2=ip util-linux=nsenter"
  [demo]="curl=curl python3=python3"
  [test]="clang=clang clang-format-14=clang-format-14
    libclang-rt-14-dev=/usr/lib/llvm-14/lib/clang/*/lib/linux/*fuzzer*
    binutils=nm curl=curl wget=wget openssl=openssl netcat-openbsd=nc.openbsd
    socat=socat python3=python3 nodejs=node nginx-light=nginx wrk=wrk
    redis-server=redis-server redis-tools=redis-benchmark
    memcached=memcached iperf3=iperf3 iputils-ping=ping tcpdump=tcpdump
    tshark=tshark xxd=xxd strace=strace ethtool=ethtool nftables=nft procps=ps
    apache2=apache2 haproxy=haproxy gunicorn=gunicorn php-fpm=/usr/sbin/php-fpm*
    ncat=ncat dnsmasq-base=dnsmasq radvd=radvd isc-dhcp-server=dhcpd passt=passt traceroute=traceroute mtr-tiny=mtr net-tools=netstat busybox=busybox
    python3-pyroute2=/usr/lib/python3/dist-packages/pyroute2
    openssh-server=sshd openssh-client=ssh git=git
    nmap=nping hping3=hping3 iputils-arping=arping isc-dhcp-client=dhclient
    postgresql=/usr/lib/postgresql/*/bin/postgres xinetd=xinetd fcgiwrap=fcgiwrap
    bind9-dnsutils=dig
    bind9-host=host
    ldnsutils=drill
    php-cli=php
    vsftpd=vsftpd
    lftp=lftp
    rsh-redone-server=in.rshd
    rsh-redone-client=rsh-redone-rsh
    inetutils-telnetd=telnetd inetutils-telnet=telnet systemd=systemd-socket-activate"
)

is_there()
{
  case $1 in
  /*) compgen -G "$1" >/dev/null ;;
  *) command -v "$1" >/dev/null || [[ -x /usr/sbin/$1 || -x /sbin/$1 ]] ;;
  esac
}

missing=()
for group in "${@:-build}"; do
  [[ -n ${needs[$group]-} ]] ||
    { echo "deps.sh: no group $group; there are: ${!needs[*]}" >&2 && exit 2; }
  # set -f above: the stars are for is_there().
  for need in ${needs[$group]}; do
    is_there "${need#*=}" || missing+=("${need%%=*}")
  done
done
((${#missing[@]} > 0)) || exit 0

command -v apt-get >/dev/null ||
  { echo "deps.sh: no apt-get here; install these yourself: ${missing[*]}" >&2 && exit 1; }
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    { echo "deps.sh: needs root to install: ${missing[*]}" >&2 && exit 1; }
  echo "deps.sh: sudo, to install: ${missing[*]}" >&2
  exec sudo "$0" "$@"
fi

# Debian starts what it installs, unless this file says no (101: forbidden).
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then
  apt-get update >"$log" 2>&1 ||
    { tail -n 5 "$log" && echo "deps.sh: apt-get update failed" >&2; }
fi
echo "deps.sh: installing ${missing[*]}" >&2
if ! apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "deps.sh: apt-get install failed, its log is $log" >&2
  exit 1
fi
rm -f "$log"
