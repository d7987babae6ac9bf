# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: BSD-2-Clause
#
# several_links.sh - the part of run-with-stack.sh for more than one link
#
# What this script is for
#   Options that may be given several times, and values that belong to one of
#   the links (VALUE@DEVICE): the wrapper's own network is made by those without.
#
# Never      runs by itself: run-with-stack.sh sources it.

# An option that may be given several times: the first takes the place of the
# variable, the next are added. `given` is read_options' own.
add_option()
{
  if [[ $given == *" $1 "* ]]; then
    printf -v "$1" %s "${!1},$2"
  else
    printf -v "$1" %s "$2"
    given+="$1 "
  fi
}

# What names another link (@DEVICE) is passed on as it is; what the kernel's end
# of our own TAP has to know stays in the variables.
split_links()
{
  local name part
  for name in addr mtu mac; do
    local own='' others=''
    for part in ${!name//,/ }; do
      if [[ $part == *@* ]]; then
        others+=${others:+,}$part
      else
        own+=${own:+,}$part
      fi
    done
    printf -v "$name" %s "$own"
    printf -v "${name}_of_links" %s "$others"
  done
}

# For the library: our own TAP first, and what belongs to the other links.
join_links()
{
  local name others
  [[ -z $tap ]] || link=tap:$tap${link:+,$link}
  for name in addr mtu mac; do
    others=${name}_of_links
    printf -v "$name" %s "${!name}${!name:+${!others:+,}}${!others}"
  done
}
