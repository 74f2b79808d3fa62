#!/bin/sh
# Outlives the agent to kill what a run left behind. Started once per run, in its own session, with a pipe from the
# agent as standard input. Says "ready", then reads lines: "group N" (a process group of the run began), "ended N" (it
# is empty, its number may be anybody's), "done" (the agent cleaned up itself).
# When the pipe closes without "done", the agent is dead: every process of the run is killed.
#
# $1  mark: the text SELFSERVE_RUN_MARK=UUID that is in the environment of the run's processes
# $2  directory of the run: whoever works in it belongs to the run as well
# $3  empty, or a file with the second of the machine's uptime at which the run must be dead, even if the agent is
#     stopped rather than dead; the agent moves it forward with every confirmed heartbeat
mark=$1 dir=$2 deadline=$3 groups=' ' clock=''

refuse() {
  echo "watchdog.sh: $1" >&2
  exit 2
}

# An empty or short pattern would match, and kill, what is not the run's.
hex='[0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
case $mark in
  SELFSERVE_RUN_MARK=$hex$hex-$hex-$hex-$hex-$hex$hex$hex) ;;
  *) refuse "the mark is '$mark'; it must be SELFSERVE_RUN_MARK= and a UUID." ;;
esac
case $dir/ in
  *//* | */./* | */../*) refuse "the directory is '$dir'; it must be absolute, without empty or dotted parts." ;;
  /*/*/) ;;
  *) refuse "the directory is '$dir'; it must be absolute and below another directory than /." ;;
esac
case $deadline in '' | /*) ;; *) refuse "the deadline file is '$deadline'; it must be absolute." ;; esac
trap '' HUP INT TERM

is_number() {
  case $1 in '' | *[!0-9]* | ??????????*) return 1 ;; esac
}

# 0 would be our own group and 1 everybody.
is_group() {
  is_number "$1" && [ "$1" -gt 1 ]
}

# What ls prints is only a hint, because a directory's name may look like a line of it.
members() {
  {
    grep -lsaF -e "$mark" /proc/[0-9]*/environ | sed -n 's|^/proc/\([0-9][0-9]*\)/environ$|\1|p'
    # shellcheck disable=SC2012
    for pid in $(ls -ld /proc/[0-9]*/cwd | grep -aF -e " -> $dir" | sed -n 's|^[^/]*/proc/\([0-9][0-9]*\)/cwd -> .*|\1|p'); do
      case $(readlink "/proc/$pid/cwd") in "$dir" | "$dir/"* | "$dir (deleted)") echo "$pid" ;; esac
    done
  } 2>/dev/null
}

# False when there was nothing left.
signal_all() {
  for group in $groups; do is_group "$group" && kill -s "$1" -- "-$group" 2>/dev/null; done
  pids=$(members)
  [ -n "$pids" ] || return 1
  for pid in $pids; do is_group "$pid" && kill -s "$1" "$pid" 2>/dev/null; done
  return 0
}

end_run() {
  signal_all TERM && sleep 1
  tries=0
  while signal_all KILL && [ $tries -lt 50 ]; do tries=$((tries + 1)) && sleep 0.1; done
}

# Goes on when the watchdog itself is killed; without the file there is no run to watch.
watch_deadline() {
  while sleep 1 && [ -e "$deadline" ]; do
    read -r limit <"$deadline" && IFS=. read -r uptime rest </proc/uptime || continue
    is_number "$limit" && is_number "$uptime" && [ "$uptime" -ge "$limit" ] || continue
    # Without the dot it is not written to its end yet.
    read -r groups <"$deadline.groups" && case $groups in *.) ;; *) groups='' ;; esac
    signal_all KILL
  done
}

if [ -n "$deadline" ]; then
  watch_deadline </dev/null >/dev/null 2>&1 &
  clock=$!
fi

stop_clock() {
  [ -z "$clock" ] || kill -s KILL "$clock"
}

echo ready
while read -r word value; do
  case $word in
    group) is_group "$value" && groups="$groups$value " ;;
    ended) case $groups in *" $value "*) groups="${groups%%" $value "*} ${groups#*" $value "}" ;; esac ;;
    done)
      stop_clock
      exit 0
      ;;
  esac
  [ -z "$deadline" ] || echo "$groups." >"$deadline.groups"
done
stop_clock
end_run
