#!/bin/sh
':' /*
# The `tapio` command, for the shell up to the end of this comment, and for Node from there on. Node sets the signals back that
# were ignored when it was started (nohup, a shell's background jobs), so they are noted before: lib/collector/signals/ignored-signals.ts.
if [ -r "/proc/$$/status" ]; then
  while read -r key value; do
    if [ "$key" = SigIgn: ]; then export TAPIO_IGNORED_SIGNALS="$value"; fi
  done < "/proc/$$/status"
fi
exec node "$0" "$@"
*/;
require('../dist/collector/main.js');
