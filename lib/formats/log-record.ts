/** What the loggers of applications have in common: level, time, message, error, request. */
import { jsonText, quoted } from '../event/json-text';
import { keptText } from '../event/known-json';
import type { UnifiedEvent } from '../event/unified-event';
import type { InputLine, JsonObject } from './format';
import { entityOf, kernelOf, newEvent } from './new-event';
import { severityOfLevel, severityOfLevelText } from './severity';
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
  unlessEmpty,
  withItem,
} from './values';

const OTHER_LEVELS = ['severity', 'log.level', 'lvl'] as const;

function isNone(value: unknown): boolean {
  return value === undefined || value === null;
}

/** What tells how bad it is, under whatever name. */
export function levelOf(value: JsonObject): unknown {
  if (!isNone(value.level)) return value.level;
  const key = OTHER_LEVELS.find((name) => !isNone(value[name]));
  return key === undefined ? nestedLevelOf(value) : value[key];
}

/** Elastic's `log.level` as an object in the object. */
function nestedLevelOf({ log }: JsonObject): string | undefined {
  return log === undefined ? undefined : textOf(objectOf(log)?.level);
}

type Application = NonNullable<UnifiedEvent['application']>;

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
const LEVEL = new Set(['level']);

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
    if (isEmpty(this.application)) this.event.application = undefined;
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

  /** Text that is not empty; another value goes to the attributes. */
  private takeText(key: string, value: unknown): string | undefined {
    if (typeof value === 'string' && value !== '') return value;
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
    if (isNone(level)) {
      if (this.attributes !== undefined) this.readOtherLevel(this.attributes);
    } else if (typeof level === 'number') {
      this.event.severity = severityOfLevel(level);
      this.application.level = LEVEL_NAMES[level / 10 - 1] ?? String(level);
    } else this.setLevel(this.takeText('level', level));
  }

  private setLevel(level: string | undefined): void {
    this.application.level = level;
    this.event.severity = level === undefined ? undefined : severityOfLevelText(level);
  }

  /** In Google's logs, Elastic's and those of some Go programs. */
  private readOtherLevel(attributes: Record<string, unknown>): void {
    const key = OTHER_LEVELS.find((name) => textOf(attributes[name]) !== undefined);
    if (key !== undefined) {
      this.setLevel(attributes[key] as string);
      delete attributes[key];
    } else {
      const level = nestedLevelOf(attributes);
      if (level === undefined) return;
      this.setLevel(level);
      const rest = restOf(attributes.log as JsonObject, LEVEL);
      if (rest === undefined) delete attributes.log;
      else attributes.log = rest;
    }
    this.attributes = unlessEmpty(attributes);
  }

  /** Of two messages the first one of `msg` and `message` that says something. */
  private readMessage(): void {
    const { msg, message } = this.value;
    const first = scalarText(msg);
    this.event.message = first ?? scalarText(message);
    if (first === undefined) this.keep('msg', msg);
    if (message === undefined) return;
    const isTold = first === undefined ? this.event.message !== undefined : first === message;
    if (!isTold) this.keep('message', message);
  }

  private readIds(): void {
    const { pid, v, reqId, requestId, req_id: request } = this.value;
    const { trace_id: trace, span_id: span, trace_flags: flags } = this.value;
    const id = u32Of(pid);
    if (id === undefined) this.keep('pid', pid);
    else this.event.kernel = kernelOf(id);
    if (v !== 0 || this.event.source !== 'bunyan') this.keep('v', v);
    if (reqId !== undefined) this.takeRequestId('reqId', reqId);
    if (requestId !== undefined) this.takeRequestId('requestId', requestId);
    if (request !== undefined) this.takeRequestId('req_id', request);
    if (trace !== undefined || span !== undefined || flags !== undefined) this.readTrace(trace, span, flags);
  }

  /** The first one is the request's; the others are kept. */
  private takeRequestId(key: string, value: unknown): void {
    const id = this.application.requestId === undefined ? scalarText(value) : undefined;
    if (id === undefined) this.keep(key, value);
    else this.application.requestId = id;
  }

  private readTrace(trace: unknown, span: unknown, flags: unknown): void {
    const bits = flagsOf(flags);
    const context = traceContextOf(trace, span, bits ?? 0);
    this.event.traceContext = context;
    if (context === undefined) this.keep('trace_id', trace);
    if (context === undefined || context.spanId === '') this.keep('span_id', span);
    // A context has room for one bit.
    if (context === undefined || bits === undefined || bits > 1) this.keep('trace_flags', flags);
  }

  private readError(key: 'err' | 'error'): void {
    const error = objectOf(this.value[key]);
    if (error === undefined) {
      this.keep(key, this.value[key]);
      return;
    }
    // pino tells the class as `type`; bunyan has a code where there is one, and a name which mostly says Error.
    const type = textOf(error.type);
    const stack = textOf(error.stack);
    this.application.errorType = type ?? scalarText(error.code) ?? textOf(error.name);
    this.application.stackTrace = stack;
    if (this.restOfError !== undefined) {
      if (this.restOfError !== '') this.keepText(key, `{${this.restOfError}}`);
      return;
    }
    let rest = restOf(error, MAPPED_OF_ERROR);
    if (type === undefined) rest = withItem(rest, 'type', error.type);
    if (stack === undefined) rest = withItem(rest, 'stack', error.stack);
    this.keep(key, rest ?? emptyOf(error));
  }

  private readRequest(): void {
    const { req, res, responseTime } = this.value;
    const request = objectOf(req);
    const response = objectOf(res);
    const method = textOf(request?.method);
    const url = textOf(request?.url);
    const remoteAddress = textOf(request?.remoteAddress);
    const remotePort = portOf(request?.remotePort);
    const headers = textMapOf(request?.headers);
    const statusCode = safeIntegerOf(response?.statusCode);
    const latencyNs = latencyOfMillis(responseTime);
    const id = this.application.requestId === undefined ? scalarText(request?.id) : undefined;
    if (id !== undefined) this.application.requestId = id;
    if ((method ?? url ?? remoteAddress ?? remotePort ?? headers ?? statusCode ?? latencyNs) !== undefined) {
      const sourceIP = remoteAddress;
      const sourcePort = remotePort;
      this.event.network = { method, path: url, sourceIP, sourcePort, headers, statusCode, latencyNs };
    }
    if (latencyNs === undefined || latencyNs / 1e6 !== responseTime) this.keep('responseTime', responseTime);
    if (request === undefined) this.keep('req', req);
    else {
      let rest = restOf(request, MAPPED_OF_REQUEST);
      if (id === undefined) rest = withItem(rest, 'id', request.id);
      if (method === undefined) rest = withItem(rest, 'method', request.method);
      if (url === undefined) rest = withItem(rest, 'url', request.url);
      if (headers === undefined) rest = withItem(rest, 'headers', request.headers);
      if (remoteAddress === undefined) rest = withItem(rest, 'remoteAddress', request.remoteAddress);
      if (remotePort === undefined) rest = withItem(rest, 'remotePort', request.remotePort);
      this.keep('req', rest ?? emptyOf(request));
    }
    if (response === undefined) this.keep('res', res);
    else {
      let rest = restOf(response, MAPPED_OF_RESPONSE);
      if (statusCode === undefined) rest = withItem(rest, 'statusCode', response.statusCode);
      this.keep('res', rest ?? emptyOf(response));
    }
  }
}

/** Of what lines of loggers have. */
function isEmpty({ level, logger, errorType, stackTrace, requestId }: Application): boolean {
  return (level ?? logger ?? errorType ?? stackTrace ?? requestId) === undefined;
}

/** Undefined for one that has something. */
function emptyOf(object: JsonObject): JsonObject | undefined {
  return unlessEmpty(object) === undefined ? object : undefined;
}

const FLAGS = /^[\da-fA-F]{1,2}$/;

function flagsOf(value: unknown): number | undefined {
  if (typeof value === 'string') return FLAGS.test(value) ? parseInt(value, 16) : undefined;
  return typeof value === 'number' && (value & 0xff) === value ? value : undefined;
}

function latencyOfMillis(value: unknown): number | undefined {
  const nanos = typeof value === 'number' ? Math.round(value * 1e6) : -1;
  return Number.isSafeInteger(nanos) && nanos >= 0 ? nanos : undefined;
}
