/** What the loggers of applications have in common: level, time, message, error, request. */
import { jsonText, quoted } from '../event/json-text';
import { keptText } from '../event/known-json';
import type { UnifiedEvent } from '../event/unified-event';
import type { InputLine, JsonObject } from './format';
import { entityOf, kernelOf, newEvent } from './new-event';
import { severityOfLevel, severityOfWord } from './severity';
import { timeOfAny } from './time';
import { traceContextOf } from './trace-context';
import {
  objectOf,
  portOf,
  restOf,
  safeIntegerOf,
  scalarText,
  setKey,
  textMapOf,
  textOf,
  u32Of,
} from './values';

type Application = NonNullable<UnifiedEvent['application']>;
type Network = NonNullable<UnifiedEvent['network']>;

/** Keys that have a field of their own. */
const MAPPED = new Set([
  ...['level', 'time', 'pid', 'hostname', 'name', 'msg', 'message', 'v', 'err', 'error', 'req', 'res'],
  ...[
    'reqId',
    'requestId',
    'req_id',
    'responseTime',
    'trace_id',
    'span_id',
    'trace_flags',
    'timestamp',
    'ts',
    '@timestamp',
  ],
]);
const MAPPED_OF_ERROR = new Set(['type', 'stack']);
const MAPPED_OF_REQUEST = new Set(['id', 'method', 'url', 'headers', 'remoteAddress', 'remotePort']);
const MAPPED_OF_RESPONSE = new Set(['statusCode']);

/** Of 10, 20, and so on. */
const LEVEL_NAMES: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/**
 * The event of one log record. What has no field, or does not fit its field, is in the attributes under its own key.
 *
 * @param rest where `value` has only what may have a field: the text of all else, without the braces
 * @param restOfError likewise of its `err`
 */
export function readLog(
  value: JsonObject,
  source: string,
  line: InputLine,
  rest?: string,
  restOfError?: string,
): UnifiedEvent {
  return new LogRecord(value, source, line, rest, restOfError).event;
}

class LogRecord {
  readonly event: UnifiedEvent;
  private readonly application: Application;
  private attributes: Record<string, unknown> | undefined;

  constructor(
    private readonly value: JsonObject,
    source: string,
    line: InputLine,
    /** The attributes, without the braces, where they are text and no object. */
    private texts: string | undefined,
    private readonly restOfError: string | undefined,
  ) {
    this.attributes = texts === undefined ? restOf(value, MAPPED) : undefined;
    this.event = newEvent('log', source, this.readTime() ?? line.arrival());
    this.application = {
      level: undefined,
      message: undefined,
      logger: this.takeText('name', value.name),
      errorType: undefined,
      stackTrace: undefined,
      userId: undefined,
      sessionId: undefined,
      requestId: undefined,
      custom: undefined,
    };
    this.event.application = this.application;
    this.event.entity = entityOf('host', this.takeText('hostname', value.hostname));
    this.readLevel();
    this.readMessage();
    this.readIds();
    if (value.err === undefined) {
      if (value.error !== undefined) this.readError('error');
    } else {
      this.readError('err');
      this.keep('error', value.error);
    }
    if (value.req !== undefined || value.res !== undefined) this.readRequest();
    else if (value.responseTime !== undefined) this.keep('responseTime', value.responseTime);
    this.event.attributes = this.texts ? keptText(`{${this.texts}}`) : this.attributes;
  }

  private keep(key: string, value: unknown): void {
    if (value === undefined || value === null) return;
    if (this.texts === undefined) setKey((this.attributes ??= {}), key, value);
    else this.keepText(key, typeof value === 'string' ? quoted(value) : jsonText(value, key, Infinity)!);
  }

  /** key: one that is the same in JSON. */
  private keepText(key: string, text: string): void {
    const before = this.texts;
    this.texts = before ? `${before},"${key}":${text}` : `"${key}":${text}`;
  }

  /** What is text; another value goes to the attributes. */
  private takeText(key: string, value: unknown): string | undefined {
    if (typeof value === 'string') return value === '' ? undefined : value;
    this.keep(key, value);
    return undefined;
  }

  /** The first that can be read; the others are kept as they are. */
  private readTime(): bigint | undefined {
    const { time, timestamp, ts, '@timestamp': at } = this.value;
    let found = timeOfAny(time);
    if (found === undefined) this.keep('time', time);
    if (timestamp !== undefined) found = this.orKeep(found, 'timestamp', timestamp);
    if (ts !== undefined) found = this.orKeep(found, 'ts', ts);
    return at === undefined ? found : this.orKeep(found, '@timestamp', at);
  }

  private orKeep(found: bigint | undefined, key: string, value: unknown): bigint | undefined {
    const time = found === undefined ? timeOfAny(value) : undefined;
    if (time === undefined) this.keep(key, value);
    return found ?? time;
  }

  private readLevel(): void {
    const { level } = this.value;
    if (typeof level === 'number') {
      this.event.severity = severityOfLevel(level);
      this.application.level = LEVEL_NAMES[level / 10 - 1] ?? String(level);
    } else if (level !== undefined) {
      this.application.level = this.takeText('level', level);
      this.event.severity = severityOfWord(level);
    }
  }

  /** Of two messages the first one of `msg` and `message` that says something. */
  private readMessage(): void {
    const { msg, message } = this.value;
    this.event.message = scalarText(msg) ?? scalarText(message);
    if (typeof msg === 'object') this.keep('msg', msg);
    if (message !== undefined && message !== this.event.message) this.keep('message', message);
  }

  private readIds(): void {
    const { pid, v, reqId, requestId, req_id: request, trace_id: trace, span_id: span } = this.value;
    const id = u32Of(pid);
    if (id === undefined) this.keep('pid', pid);
    else this.event.kernel = kernelOf(id);
    if (v !== 0) this.keep('v', v);
    this.application.requestId = scalarText(reqId) ?? scalarText(requestId) ?? scalarText(request);
    if (trace === undefined && span === undefined) return;
    this.event.traceContext = traceContextOf(trace, span, flagsOf(this.value.trace_flags));
    if (this.event.traceContext !== undefined) return;
    this.keep('trace_id', trace);
    this.keep('span_id', span);
  }

  private readError(key: 'err' | 'error'): void {
    const error = objectOf(this.value[key]);
    if (error === undefined) {
      this.keep(key, this.value[key]);
      return;
    }
    // pino tells the class as `type`; bunyan has a code where there is one, and a name which mostly says Error.
    this.application.errorType = textOf(error.type) ?? scalarText(error.code) ?? textOf(error.name);
    this.application.stackTrace = textOf(error.stack);
    if (this.restOfError === undefined) this.keep(key, restOf(error, MAPPED_OF_ERROR));
    else if (this.restOfError !== '') this.keepText(key, `{${this.restOfError}}`);
  }

  private readRequest(): void {
    const { req, res, responseTime } = this.value;
    const request = objectOf(req);
    const response = objectOf(res);
    if (request === undefined) this.keep('req', req);
    if (response === undefined) this.keep('res', res);
    const network: Network = {
      method: textOf(request?.method),
      path: textOf(request?.url),
      sourceIP: textOf(request?.remoteAddress),
      sourcePort: portOf(request?.remotePort),
      headers: textMapOf(request?.headers),
      statusCode: safeIntegerOf(response?.statusCode),
      latencyNs: latencyOfMillis(responseTime),
    };
    this.event.network = network;
    this.application.requestId ??= scalarText(request?.id);
    if (network.latencyNs === undefined) this.keep('responseTime', responseTime);
    if (request !== undefined) this.keep('req', restOf(request, MAPPED_OF_REQUEST));
    if (response !== undefined) this.keep('res', restOf(response, MAPPED_OF_RESPONSE));
  }
}

function flagsOf(value: unknown): number {
  return typeof value === 'number' ? value : typeof value === 'string' ? parseInt(value, 16) : 0;
}

function latencyOfMillis(value: unknown): number | undefined {
  const nanos = typeof value === 'number' ? Math.round(value * 1e6) : -1;
  return Number.isSafeInteger(nanos) && nanos >= 0 ? nanos : undefined;
}
