/** The severities of all formats, so that filters, priorities and correlation mean the same for each. */
import type { Severity } from '../event/unified-event';
import { safeIntegerOf } from './values';

const SYSLOG: readonly Severity[] = [
  'critical',
  'critical',
  'critical',
  'error',
  'warning',
  'low',
  'info',
  'debug',
];

/** syslog's numbers: 0 emergency to 7 debug. */
export function severityOfSyslog(level: number | undefined): Severity | undefined {
  return level === undefined ? undefined : SYSLOG[level];
}

/** OTLP's severity numbers: four of each kind from 1 trace, 5 debug, 9 info to 21 fatal; 0 is none. */
export function severityOfOtlp(number: number | undefined): Severity | undefined {
  if (number === undefined || !(number >= 1 && number <= 24)) return undefined;
  if (number <= 8) return 'debug';
  if (number <= 12) return 'info';
  if (number <= 16) return 'warning';
  return number <= 20 ? 'error' : 'critical';
}

/** The levels of pino and bunyan: 20 debug, 30 info, 40 warning, 50 error, 60 fatal; those between count as the one below. */
export function severityOfLevel(level: number): Severity {
  if (level < 30) return 'debug';
  if (level < 40) return 'info';
  if (level < 50) return 'warning';
  return level < 60 ? 'error' : 'critical';
}

const TRACEE: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

/** Tracee's 0 to 4, or their names. */
export function severityOfTracee(level: unknown): Severity | undefined {
  const number = safeIntegerOf(level);
  return number === undefined ? severityOfWord(level) : TRACEE[number];
}

const WORDS: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['emergency', 'critical'],
  ['emerg', 'critical'],
  ['alert', 'critical'],
  ['critical', 'critical'],
  ['crit', 'critical'],
  ['fatal', 'critical'],
  ['panic', 'critical'],
  ['dpanic', 'critical'],
  ['error', 'error'],
  ['err', 'error'],
  // log15 has four letters for each.
  ['eror', 'error'],
  ['severe', 'error'],
  ['warning', 'warning'],
  ['warn', 'warning'],
  ['notice', 'low'],
  ['informational', 'info'],
  ['information', 'info'],
  ['info', 'info'],
  ['http', 'info'],
  ['debug', 'debug'],
  ['dbug', 'debug'],
  ['verbose', 'debug'],
  ['trace', 'debug'],
  ['silly', 'debug'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
]);

/** As most producers write them: in small letters, in capitals, or with a capital first. */
const SPELT: ReadonlyMap<string, Severity> = new Map(
  [...WORDS].flatMap(([word, severity]): [string, Severity][] => [
    [word, severity],
    [word.toUpperCase(), severity],
    [word[0].toUpperCase() + word.slice(1), severity],
  ]),
);

/** As glog and klog write them. */
const LETTERS: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['D', 'debug'],
  ['I', 'info'],
  ['W', 'warning'],
  ['E', 'error'],
  ['F', 'critical'],
]);

/** Longest word above with a number behind it. */
const LONGEST = 20;
const SLOG = /^([A-Za-z]+)[+-]\d{1,3}$/;

/** The word before, as most lines have the same. */
let lastWord = '';
let lastSeverity: Severity | undefined;

/** A level by its name, in any capitals; Go's `INFO+2` counts as INFO. */
export function severityOfWord(word: unknown): Severity | undefined {
  if (word === lastWord) return lastSeverity;
  if (typeof word !== 'string' || word.length > LONGEST) return undefined;
  lastSeverity = SPELT.get(word) ?? WORDS.get((SLOG.exec(word)?.[1] ?? word).toLowerCase());
  lastWord = word;
  return lastSeverity;
}

const NUMBER = /^[1-9]\d$/;

/** What loggers write as a level in text: a name, the first letter of one, or one of pino's numbers. */
export function severityOfLevelText(level: string): Severity | undefined {
  const severity = severityOfWord(level);
  if (severity !== undefined || level.length > 2) return severity;
  return (
    LETTERS.get(level.toUpperCase()) ?? (NUMBER.test(level) ? severityOfLevel(Number(level)) : undefined)
  );
}
