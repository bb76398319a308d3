#!/bin/sh
':' /*
# The `tapio` command, for the shell up to the end of this comment, and for Node from there on: what has to be known or set before Node begins.

# Node sets the signals back that were ignored when it was started (nohup, a shell's background jobs): lib/collector/signals/ignored-signals.ts.
if [ -r "/proc/$$/status" ]; then
  while read -r key value; do
    if [ "$key" = SigIgn: ]; then export TAPIO_IGNORED_SIGNALS="$value"; fi
  done < "/proc/$$/status"
fi

# Whether a cgroup that this process is in may have less than 256 MB, and how many bytes: lib/collector/little-memory.ts has the whole of it.
is_little() {
  while IFS=: read -r _ controllers path; do
    case ",$controllers," in
      ,,) folder=/sys/fs/cgroup file=memory.max ;;
      *,memory,*) folder=/sys/fs/cgroup/memory file=memory.limit_in_bytes ;;
      *) continue ;;
    esac
    # A container sees its own where the hierarchy is mounted.
    [ -d "$folder$path" ] || path=
    while
      read -r bytes < "$folder$path/$file" && [ "$bytes" -lt 268435456 ] && return 0
      [ "$path" ]
    do
      path=${path%/*}
    done
  done < /proc/self/cgroup
  return 1
} 2> /dev/null

# There one heap of the C library serves all threads, and V8 collects early, also in the main thread, for which it would look at the limit of
# its own cgroup alone, as if it had all of that: docs/design.md, "The collector in little memory".
if is_little; then
  export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
  exec node --optimize-for-size --no-concurrent-recompilation --max-semi-space-size=1 --max-old-space-size=$((bytes * 3 / 8388608)) "$0" "$@"
fi
exec node "$0" "$@"
*/;
require('../dist/collector/main.js');
