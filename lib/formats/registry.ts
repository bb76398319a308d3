/** The formats there are. Their order is that in which a line is tried when it is not of the format of the line before. */
import type { Format, FormatName } from './format';
import { bunyanFormat } from './readers/bunyan';
import { pinoFormat } from './readers/pino';
import { tapioFormat } from './readers/tapio';

const ALL: readonly Format[] = [tapioFormat, pinoFormat, bunyanFormat];

export const FORMATS: ReadonlyMap<FormatName, Format> = new Map(ALL.map((format) => [format.name, format]));
