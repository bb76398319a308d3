/** The options of an OtlpSink, checked once. */
import { type RequestOptions, validateHeaderName, validateHeaderValue } from 'node:http';
import type { AgentOptions } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { checkInteger, checkOptions, invalidArgument } from '../../validate';

/** Of Node's `tls.connect`, for https. */
export type OtlpTls = Pick<
  AgentOptions,
  'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>;

export interface OtlpSinkOptions {
  /** Of a receiver of OTLP/HTTP, http or https; without a path, that of logs is taken: `/v1/logs`. */
  url: string | URL;
  /** Further headers, such as an authorization. */
  headers?: Record<string, string>;
  /** Attributes of every resource, such as `host.name`; they replace those of the event, also its `service.name`. */
  resource?: Record<string, string>;
  /** Events of a request, 1 to 65536, default 1024; fewer where it would have more than `maxBytes`. */
  maxBatch?: number;
  /** Bytes of a request before it is compressed, 1024 to 2^28, default 4 MiB. */
  maxBytes?: number;
  /** Requests in flight, and connections, 1 to 256, default 4. */
  maxInFlight?: number;
  /** Milliseconds that an event waits for others at most, 0 to 60000, default 200. */
  maxWaitMs?: number;
  /** Milliseconds for a request and its answer, 1 to 600000, default 10000. */
  timeoutMs?: number;
  /** Compress requests; default false. */
  gzip?: boolean;
  tls?: OtlpTls;
}

export interface CheckedOptions extends Required<
  Pick<
    OtlpSinkOptions,
    'resource' | 'maxBatch' | 'maxBytes' | 'maxInFlight' | 'maxWaitMs' | 'timeoutMs' | 'gzip'
  >
> {
  readonly isSecure: boolean;
  readonly tls: OtlpTls;
  /** What all requests have in common. */
  readonly request: RequestOptions;
}

const LOGS_PATH = '/v1/logs';
const JSON_TYPE = 'application/json';

/** @throws TapioError ERR_INVALID_ARGUMENT */
export function checkSinkOptions(options: OtlpSinkOptions): CheckedOptions {
  const given = checkOptions(options);
  const {
    maxBatch = 1024,
    maxBytes = 4 * 2 ** 20,
    maxInFlight = 4,
    maxWaitMs = 200,
    timeoutMs = 10_000,
  } = given;
  const { gzip = false } = given;
  const url = checkUrl(given.url);
  checkInteger('maxBatch', maxBatch, 1, 65536);
  checkInteger('maxBytes', maxBytes, 1024, 2 ** 28);
  checkInteger('maxInFlight', maxInFlight, 1, 256);
  checkInteger('maxWaitMs', maxWaitMs, 0, 60_000);
  checkInteger('timeoutMs', timeoutMs, 1, 600_000);
  if (typeof gzip !== 'boolean') throw invalidArgument('gzip', gzip, 'a boolean');
  const headers = {
    ...checkHeaders(given.headers),
    'content-type': JSON_TYPE,
    accept: JSON_TYPE,
    ...(gzip && { 'content-encoding': 'gzip' }),
  };
  return {
    ...{ maxBatch, maxBytes, maxInFlight, maxWaitMs, timeoutMs, gzip },
    resource: checkTexts('resource', given.resource),
    isSecure: url.protocol === 'https:',
    tls: checkOptions(given.tls, 'tls'),
    request: { ...urlToHttpOptions(url), headers },
  };
}

function checkUrl(value: unknown): URL {
  const { href = value } = (value ?? {}) as { href?: unknown };
  const url = typeof href === 'string' && URL.canParse(href) ? new URL(href) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw invalidArgument('url', value, 'a URL of http or https');
  if (url.pathname === '/') url.pathname = LOGS_PATH;
  return url;
}

function checkTexts(name: string, value: Record<string, string> | undefined): Record<string, string> {
  const texts = { ...checkOptions(value, name) };
  for (const [key, text] of Object.entries(texts))
    if (typeof text !== 'string') throw invalidArgument(`${name}[${JSON.stringify(key)}]`, text, 'a string');
  return texts;
}

/** In small letters, as ours are, which they cannot replace. */
function checkHeaders(value: Record<string, string> | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(checkTexts('headers', value))) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    } catch {
      // A value may be a secret.
      throw invalidArgument('headers', name, 'names and values that HTTP allows');
    }
    headers[name.toLowerCase()] = text;
  }
  return headers;
}
