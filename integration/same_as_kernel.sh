#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# same_as_kernel.sh - every test-app behaves on our stack as on the kernel's
#
#   app + stack 10.77.0.2 ==tap0== 10.77.0.1 peer     and, for the oracle,
#   app         10.78.0.2 ==veth== 10.78.0.1 peer
#
# What this script is for
#   Each line of test-apps/cases names an app, its arguments, and after a | what
#   its peer runs on the kernel's end. Both transcripts of both runs must be
#   the same, and so must the exit status. Addresses are written OURS and
#   KERNEL there, and turned back into these words in the transcripts.

. "$(dirname "$0")/net.sh"
need diff sed
limit=60
net_up both
apps=$build/test-apps
failures=0

# run_case NAME APP PEER, on the side chosen: $work/NAME.$side and .status
run_case()
{
  local out=$work/$1.$side app peer peer_pid=
  read -ra app <<<"$2"
  read -ra peer <<<"$3"
  app=("${app[@]//KERNEL/$KERNEL}") && app=("${app[@]//OURS/$OURS}")
  peer=("${peer[@]//KERNEL/$KERNEL}") && peer=("${peer[@]//OURS/$OURS}")
  if ((${#peer[@]} > 0)); then
    start kernel "$apps/${peer[0]}" "${peer[@]:1}"
    peer_pid=$pid
  fi
  ours "$apps/${app[0]}" "${app[@]:1}" >"$out.app" 2>&1 </dev/null
  echo "exit status $?" >>"$out.app"
  if [[ -n $peer_pid ]]; then
    wait "$peer_pid"
    echo "exit status $?" >>"$log"
    sed 's/^/peer: /' "$log" >>"$out.app"
  fi
  sed -e "s/${OURS//./\\.}/OURS/g" -e "s/${KERNEL//./\\.}/KERNEL/g" "$out.app" >"$out"
}

while IFS='|' read -r app peer; do
  [[ -n ${app// /} && $app != \#* ]] || continue
  name=$(tr -s ' /' '_' <<<"$app")
  name=${name%_}
  use_veth
  run_case "$name" "$app" "$peer"
  use_tap
  run_case "$name" "$app" "$peer"
  if diff -u --label kernel --label ours "$work/$name.veth" "$work/$name.tap"; then
    proved "$app: the same $(wc -l <"$work/$name.tap") lines"
  else
    echo "$test_name: $app: DIFFERS"
    failures=$((failures + 1))
  fi
done <"$top/test-apps/cases"
((failures == 0)) || fail "$failures apps differ"
