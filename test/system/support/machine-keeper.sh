#!/bin/sh
# Keeps one test machine for as long as its standard input stays open, and leaves nothing behind.
# Usage: machine-keeper.sh CONTROL_GROUP BOOT_SCRIPT NAME SHARED_DIRECTORY...
#
# The input is a pipe from the test process: it closes when the machine is stopped, and also when that process is killed.
# Should the keeper itself be killed, then --pdeathsig ends `unshare`, and --kill-child ends the machine with it.
set -eu
group=$1
shift
# A terminal's Ctrl-C must not end the keeper before it has cleaned up.
trap '' INT TERM HUP

mkdir "$group" "$group/visitors"
# The child enters its control group before it unshares that namespace: so the group becomes the root of the machine's
# tree, and the waiting `unshare` outside is not a process in it.
# shellcheck disable=SC2016
setpriv --pdeathsig KILL \
  unshare --mount --uts --ipc --pid --net --fork --kill-child --propagation private \
  /bin/sh -c 'echo 0 >"$0/cgroup.procs" && exec unshare --cgroup /bin/sh "$@"' "$group" "$@" &
machine=$!

while read -r _; do :; done

# Killing the first process of the machine lets `unshare` wait until the last one has gone.
first=
{ read -r first <"/proc/$machine/task/$machine/children"; } 2>/dev/null || :
kill -KILL ${first:-"$machine"} 2>/dev/null || :
wait "$machine" 2>/dev/null || :

tries=0
until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo "control group $group is still in use" >&2; exit 1; }
  sleep 0.05
done
