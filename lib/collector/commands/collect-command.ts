/** `tapio collect`. */
import { collect } from '../run/collect';
import type { Command } from '../command-line/command';
import { COLLECT_USAGE } from '../options/collect-usage';
import { parseCollectOptions } from '../options/collect-options';

export const collectCommand: Command = {
  usage: COLLECT_USAGE,
  run: (args) => collect(parseCollectOptions(args)),
};
