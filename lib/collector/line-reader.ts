/** Makes events of the lines of one input. */
import { eventFromJSON, type UnifiedEvent } from '../index';

export interface LineReader {
  /** The events that are whole with this line, often one. */
  push(line: string): UnifiedEvent[];
  /** The events of what is held, as no more lines come. */
  end(): UnifiedEvent[];
  /** How many of the last lines, from the oldest one that is not in an event yet. */
  readonly held: number;
}

/** onSkip: told why the line just pushed gave nothing. */
export function openLineReader(onSkip: (reason: string) => void): LineReader {
  return {
    held: 0,
    push: (line) => {
      try {
        return [eventFromJSON(line)];
      } catch (error) {
        onSkip((error as Error).message);
        return [];
      }
    },
    end: () => [],
  };
}
