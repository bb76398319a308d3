#!/bin/sh
':' /*
# The `tapio` command, for the shell up to the end of this comment, and for Node from there on: what has to be known or set before Node begins.

# Node sets the signals back that were ignored when it was started (nohup, a shell's background jobs): lib/collector/signals/ignored-signals.ts.
if [ -r "/proc/$$/status" ]; then
  while read -r key value; do
    if [ "$key" = SigIgn: ]; then export TAPIO_IGNORED_SIGNALS="$value"; fi
  done < "/proc/$$/status"
fi

# Bytes: the least limit of the cgroups that this process is in, if it is below 256 MB. They are looked for where they usually are mounted;
# lib/memory-cgroups.ts has the whole of it.
least_limit() {
  least=268435456
  while IFS=: read -r _ controllers path; do
    case ",$controllers," in
      ,,) folder=/sys/fs/cgroup file=memory.max ;;
      *,memory,*) folder=/sys/fs/cgroup/memory file=memory.limit_in_bytes ;;
      *) continue ;;
    esac
    # A container sees its own where the hierarchy is mounted.
    [ -d "$folder$path" ] || path=
    while
      read -r bytes < "$folder$path/$file" && [ "$bytes" -lt "$least" ] && least=$bytes
      [ "$path" ]
    do
      path=${path%/*}
    done
  done < "/proc/$$/cgroup"
  echo "$least"
} 2> /dev/null

# Where that is little, one heap of the C library serves all threads, and V8 collects early, also in the main thread, for which it would look
# at the limit of its own cgroup alone, as if it had all of that: docs/design.md, "The collector in little memory".
tapio_limit=$(least_limit)
if [ "$tapio_limit" -lt 268435456 ]; then
  tapio_heap=$((tapio_limit * 3 / 8388608))
  if [ "$tapio_heap" -lt 16 ]; then tapio_heap=16; fi
  export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
  exec node --optimize-for-size --no-concurrent-recompilation --max-semi-space-size=1 --max-old-space-size=$tapio_heap "$0" "$@"
fi
exec node "$0" "$@"
*/;
require('../dist/collector/main.js');
