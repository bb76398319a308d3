/** The exports there are, in the order of --help. */
import { UsageError } from '../command-line/command';
import type { AskedExport, ExportDefinition, ExportValues } from './export';
import { grpcExport } from './grpc';
import { metricsExport } from './metrics';
import { natsExport } from './nats';
import { otlpExport } from './otlp';

// `any`: each definition has settings of its own, which only it reads.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const EXPORTS: readonly ExportDefinition<any>[] = [grpcExport, metricsExport, otlpExport, natsExport];

export const EXPORT_OPTIONS: readonly string[] = EXPORTS.flatMap(({ name, options }) => [name, ...options]);

export const EXPORT_USAGE = EXPORTS.map(({ usage }) => usage).join('');

/** Throws UsageError. */
export function parseExports(values: ExportValues): AskedExport[] {
  return EXPORTS.flatMap((definition) => {
    const { name, memory } = definition;
    const value = values[name];
    if (value !== undefined) {
      const settings: unknown = definition.parse(value, values);
      return [{ name, memory, open: (context) => definition.open(settings, context) } satisfies AskedExport];
    }
    const alone = definition.options.find((option) => values[option] !== undefined);
    if (alone === undefined) return [];
    throw new UsageError(`--${alone} ${JSON.stringify(values[alone])}: needs --${name}`);
  });
}
