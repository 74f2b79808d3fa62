#!/bin/sh
# Outlives the agent to kill what a run left behind. Started once per run, in its own session, with a pipe from the
# agent as standard input. Lines: "group N" (a process group of the run began), "done" (the agent cleaned up itself).
# When the pipe closes without "done", the agent is dead: every process of the run is killed.
#
# $1  mark: the text SELFSERVE_RUN_MARK=… that is in the environment of the run's processes
# $2  directory of the run: whoever works in it belongs to the run as well
# $3  empty, or a file with the second of the machine's uptime at which the run must be dead, even if the agent is
#     stopped rather than dead; the agent moves it forward with every confirmed heartbeat
mark=$1 dir=$2 deadline=$3 groups='' clock=''
trap '' HUP INT TERM

members() {
  grep -lsaF -e "$mark" /proc/[0-9]*/environ 2>/dev/null | sed 's|/proc/\([0-9]*\)/environ|\1|'
  # shellcheck disable=SC2012
  ls -ld /proc/[0-9]*/cwd 2>/dev/null | grep -F -e " -> $dir/" | sed 's|.*/proc/\([0-9]*\)/cwd -> .*|\1|'
}

kill_all() {
  for group in $groups; do kill -s "$1" -- "-$group" 2>/dev/null; done
  pids=$(members)
  [ -n "$pids" ] || return 1
  # shellcheck disable=SC2086
  kill -s "$1" $pids 2>/dev/null
}

end_run() {
  kill_all TERM && sleep 1
  tries=0
  while kill_all KILL && [ $tries -lt 50 ]; do tries=$((tries + 1)) && sleep 0.1; done
}

if [ -n "$deadline" ]; then
  (
    while sleep 1; do
      read -r limit <"$deadline" || continue
      IFS=. read -r uptime rest </proc/uptime
      [ "$uptime" -lt "$limit" ] && continue
      for group in $(cat "$deadline.groups" 2>/dev/null); do kill -s KILL -- "-$group" 2>/dev/null; done
      groups='' kill_all KILL
    done
  ) </dev/null &
  clock=$!
fi

while read -r word value; do
  case $word in
    group)
      groups="$groups $value"
      [ -n "$deadline" ] && echo "$value" >>"$deadline.groups"
      ;;
    done)
      [ -n "$clock" ] && kill -s KILL "$clock"
      exit 0
      ;;
  esac
done
[ -n "$clock" ] && kill -s KILL "$clock"
end_run
