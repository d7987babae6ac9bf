#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# bad_config.sh - bad input stops the program before it has done anything
#
#   touch + libnsshim.so, with one thing wrong at a time
#
# What this script is for
#   Each case: exit status not 0, exactly one line on stderr that names what is
#   wrong, nothing on stdout, and the program has left no mark.

. "$(dirname "$0")/net.sh"
need gcc
net_up
lib=${NSSHIM_LIB:-$top/build/shim/libnsshim.so}
[[ -r $lib ]] || skip "no $lib"
ip -n $ns tuntap add dev tap0 mode tap vnet_hdr
ip -n $ns tuntap add dev tap1 mode tap vnet_hdr user 65534
ip -n $ns link set tap0 up
ip -n $ns link set tap1 up

good=(NSSHIM_TAP=tap0 NSSHIM_ADDR=10.77.0.2/24 NSSHIM_GATEWAY=10.77.0.1)
launcher=()
preload=$lib

# attempt VARIABLES...: the good ones, changed by these, on touch.
attempt()
{
  rm -f "$work/mark"
  # shellcheck disable=SC2016
  timeout 20 ip netns exec $ns "${launcher[@]}" env "${good[@]}" "$@" \
    LD_PRELOAD="$preload" touch "$work/mark" >"$work/out" 2>"$work/err"
}

# refused WORD VARIABLES...: and the line must have WORD in it.
refused()
{
  local word=$1
  shift
  ! attempt "$@" || fail "$*: not refused"
  [[ ! -e $work/mark ]] || fail "$*: the program ran all the same"
  [[ ! -s $work/out ]] || fail "$*: something on stdout"
  [[ $(wc -l <"$work/err") == 1 ]] || fail "$*: not one line: $(cat "$work/err")"
  grep -qi -- "$word" "$work/err" || fail "$*: does not say $word: $(cat "$work/err")"
  proved "$(cat "$work/err")"
}

attempt || fail "the good configuration was refused: $(cat "$work/err")"
[[ -e $work/mark ]] || fail "the good configuration did nothing"

refused NSSHIM_ADDR NSSHIM_ADDR=
refused NSSHIM_ADDR NSSHIM_ADDR=10.77.0.2
refused NSSHIM_ADDR NSSHIM_ADDR=10.77.0.256/24
refused NSSHIM_ADDR NSSHIM_ADDR=10.77.0.2/33
refused NSSHIM_ADDR NSSHIM_ADDR=10.77.0.2/24,nonsense
refused NSSHIM_TAP NSSHIM_TAP=
refused NSSHIM_TAP NSSHIM_TAP=a-name-that-is-too-long
refused NSSHIM_GATEWAY NSSHIM_GATEWAY=10.77.0
refused NSSHIM_DNS NSSHIM_DNS=nobody
refused NSSHIM_MTU NSSHIM_MTU=12
refused NSSHIM_MTU NSSHIM_MTU=1500x
refused NSSHIM_MAC NSSHIM_MAC=02:00:00
refused NSSHIM_MAC NSSHIM_MAC=01:00:00:00:00:01
refused NSSHIM_HOST NSSHIM_HOST=10.0.0.0/99
refused NSSHIM_MEMORY NSSHIM_MEMORY=lots
refused NSSHIM_LOG NSSHIM_LOG=loud
refused NSSHIM_IMPAIR NSSHIM_IMPAIR=loss=200%
refused NSSHIM_IMPAIR NSSHIM_IMPAIR=gremlins=1
refused NSSHIM_OFFLOAD NSSHIM_OFFLOAD=maybe
refused no/such NSSHIM_PCAP=/no/such/folder/x.pcap
refused lo NSSHIM_TAP=lo

# A TAP in use by somebody else.
start kernel env "${good[@]}" LD_PRELOAD="$lib" sleep 60
holder=$pid
eventually sh -c "ip -n $ns link show tap0 | grep -q LOWER_UP"
refused tap0
stop "$holder"

# The arena's address is taken before we come.
cat >"$work/taker.c" <<'EOF'
#include <sys/mman.h>
__attribute__((constructor)) static void take(void)
{
	mmap((void *)0x200000000000ull, 1 << 20, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}
EOF
gcc -D_GNU_SOURCE -shared -fPIC -o "$work/taker.so" "$work/taker.c" || fail "gcc"
preload=$lib:$work/taker.so
refused address
preload=$lib

# No permission: somebody else's TAP, as a user without rights.
launcher=(setpriv --reuid=65533 --regid=65533 --clear-groups --inh-caps=-all)
cp "$lib" "$work/lib.so" && preload=$work/lib.so && chmod 777 "$work"
refused permission NSSHIM_TAP=tap1
