#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# git_http.sh - git over HTTP and its own protocol
#
#   nginx, fcgiwrap, git daemon, git + stack 10.77.0.2 ==tap0== 10.77.0.1 git
#
# What this script is for
#   Cloning and pushing through a CGI that a web server reaches over AF_UNIX,
#   and through a daemon that runs a program for each client.

. "$(dirname "$0")/net.sh"
need nginx fcgiwrap git
backend=$(git --exec-path)/git-http-backend
[[ -x $backend ]] || skip "$backend is missing"
net_up
make_file file 8
mkdir "$work/tmp" "$work/git"
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \
  GIT_CONFIG_KEY_1=init.defaultBranch GIT_CONFIG_VALUE_1=main \
  GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=e GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=e
git init -q "$work/tree"
cp "$work/file" "$work/tree"
git -C "$work/tree" add file
git -C "$work/tree" commit -qm file
git clone -q --bare "$work/tree" "$work/git/repo.git"
git -C "$work/git/repo.git" config http.receivepack true

cat >"$work/nginx.conf" <<EOF
daemon off;
user root;
worker_processes 2;
pid $work/nginx.pid;
error_log stderr notice;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $work/tmp/body;
  proxy_temp_path $work/tmp/proxy;
  fastcgi_temp_path $work/tmp/fastcgi;
  uwsgi_temp_path $work/tmp/uwsgi;
  scgi_temp_path $work/tmp/scgi;
  server {
    listen 80;
    client_max_body_size 0;
    location ~ ^(/.*)$ {
      fastcgi_pass unix:$work/fcgi;
      fastcgi_param SCRIPT_FILENAME $backend;
      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
      fastcgi_param GIT_PROJECT_ROOT $work/git;
      fastcgi_param GIT_CONFIG_COUNT 1;
      fastcgi_param GIT_CONFIG_KEY_0 safe.directory;
      fastcgi_param GIT_CONFIG_VALUE_0 *;
      fastcgi_param PATH_INFO \$1;
      fastcgi_param REQUEST_METHOD \$request_method;
      fastcgi_param QUERY_STRING \$query_string;
      fastcgi_param CONTENT_TYPE \$content_type;
      fastcgi_param CONTENT_LENGTH \$content_length;
      fastcgi_param REMOTE_USER test;
      fastcgi_param REMOTE_ADDR \$remote_addr;
    }
  }
}
EOF

no_tap()
{
  [[ $side == veth ]] || ! ip -n $ns link show dev tap0
}

# clone CLIENT URL
clone()
{
  rm -rf "$work/clone"
  "$1" git clone -q "$2" "$work/clone" || fail "$1: git clone $2"
  same "$work/file" "$work/clone/file" "what git brought"
}

# push CLIENT BRANCH: what came back through a clone is a new file.
push()
{
  make_file "new.$2" 2
  cp "$work/new.$2" "$work/clone/new"
  git -C "$work/clone" add new
  git -C "$work/clone" commit -qm new
  "$1" git -C "$work/clone" push -q origin "HEAD:refs/heads/$2" || fail "$1: git push"
  git -C "$work/git/repo.git" cat-file blob "$2:new" >"$work/pushed"
  same "$work/new.$2" "$work/pushed" "what git pushed"
}

web()
{
  # shellcheck disable=SC2016
  start "$1" bash -c 'fcgiwrap -c 4 -s "unix:$0/fcgi" &
    exec nginx -e stderr -c "$0/nginx.conf"' "$work"
  web=$pid
}

web ours
ours_answers 80
clone kernel http://$OURS/repo.git
push kernel over_http
proved "nginx and fcgiwrap: git clone and push over HTTP"
kill "$(<"$work/nginx.pid")"
wait "$web"
ip netns pids $ns | xargs -r -I{} sh -c 'grep -qsa ^fcgiwrap /proc/{}/cmdline && kill {}'
eventually no_tap
rm -f "$work/fcgi"

start ours git daemon --export-all --enable=receive-pack --base-path="$work/git" --reuseaddr
daemon=$pid
ours_answers 9418
clone kernel git://$OURS/repo.git
push kernel over_git
stop "$daemon"
eventually no_tap
proved "git daemon: git clone and push"

web kernel
kernel_listens 80
clone ours http://$KERNEL/repo.git
push ours from_ours
proved "git, the client: git clone and push over HTTP"
