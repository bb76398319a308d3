/** `--otlp URL`: events as log records to a receiver of OTLP/HTTP. */
import fs from 'node:fs';
import type { OtlpSinkOptions } from '../../integrations/otlp';
import { MEMORY } from '../memory-plan';
import { checkSinkOptions } from '../../integrations/otlp/sink-options';
import { UsageError } from '../command-line/command';
import type { ExportDefinition } from './export';
import { ThreadExport } from './thread-export';
import { withoutSecret } from './without-secret';

export const otlpExport: ExportDefinition<OtlpSinkOptions> = {
  name: 'otlp',
  memory: 19,
  options: [],
  usage: `  --otlp URL        sends each event also to a receiver of OpenTelemetry logs,
                    as JSON by OTLP/HTTP; a URL without path gets /v1/logs.
                    Reads OTEL_EXPORTER_OTLP_HEADERS, _CERTIFICATE and
                    _COMPRESSION (gzip), and OTEL_RESOURCE_ATTRIBUTES
`,
  parse: (url) => {
    const settings = { url, maxBatch: MEMORY.batch, ...fromEnvironment(process.env) };
    try {
      checkSinkOptions(settings);
    } catch (error) {
      throw new UsageError(
        `--otlp ${JSON.stringify(withoutSecret(url))}: ${(error as Error).message.replace(url, withoutSecret(url))}`,
      );
    }
    return settings;
  },
  open: (settings, context) => ThreadExport.open('otlp', settings, context),
};

/** By the specification of the protocol's exporters; what is of logs only comes first. */
function fromEnvironment(env: NodeJS.ProcessEnv): Omit<OtlpSinkOptions, 'url'> {
  const of = (name: string): string | undefined =>
    env[`OTEL_EXPORTER_OTLP_LOGS_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`] || undefined;
  const [headers, compression, certificate] = [of('HEADERS'), of('COMPRESSION'), of('CERTIFICATE')];
  if (compression !== undefined && compression !== 'gzip' && compression !== 'none')
    throw new UsageError(
      `OTEL_EXPORTER_OTLP_COMPRESSION ${JSON.stringify(compression)}: must be gzip or none`,
    );
  return {
    gzip: compression === 'gzip',
    resource: pairsOf('OTEL_RESOURCE_ATTRIBUTES', env.OTEL_RESOURCE_ATTRIBUTES),
    headers: pairsOf('OTEL_EXPORTER_OTLP_HEADERS', headers),
    tls: certificate === undefined ? {} : { ca: readCertificate(certificate) },
  };
}

/** `key=value,key=value`, values percent-encoded. A value may be a secret, so it is not told. */
function pairsOf(name: string, text = ''): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const pair of text.split(',').filter((each) => each.trim() !== '')) {
    const at = pair.indexOf('=');
    if (at <= 0) throw new UsageError(`${name}: must be key=value pairs between commas`);
    try {
      pairs.push([pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]);
    } catch {
      throw new UsageError(`${name}: the value of ${pair.slice(0, at)} has a wrong %-sequence`);
    }
  }
  return Object.fromEntries(pairs);
}

function readCertificate(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `OTEL_EXPORTER_OTLP_CERTIFICATE ${JSON.stringify(file)}: ${(error as Error).message}`,
    );
  }
}
