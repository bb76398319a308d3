/** `tapio collect`. */
import { collect } from './collect';
import type { Command } from './command';
import { COLLECT_USAGE, parseCollectOptions } from './options';

export const collectCommand: Command = {
  summary: 'collect events from sources through per-CPU rings to a sink',
  usage: COLLECT_USAGE,
  run: (args) => collect(parseCollectOptions(args)),
};
