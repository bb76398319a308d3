/** What an ExportLogsServiceResponse says (opentelemetry-proto 1.x, logs service), which may come from anybody. */
import { objectOf } from '../../formats/values';

export interface PartialSuccess {
  /** Records that the server did not take. */
  readonly rejected: number;
  /** Of the server; may be a warning although all was taken. */
  readonly message: string;
}

/**
 * @param sent records of the request: a server cannot reject more
 * @returns undefined for what is no such response. An empty one says that all was taken, as does no body: some servers answer so
 */
export function readResponse(body: string | undefined, sent: number): PartialSuccess | undefined {
  if (body === undefined) return undefined;
  if (body.trim() === '') return { rejected: 0, message: '' };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  const response = objectOf(value);
  if (response === undefined) return undefined;
  const partial = objectOf(response.partialSuccess ?? response.partial_success ?? {});
  if (partial === undefined) return undefined;
  const { errorMessage = partial.error_message, rejectedLogRecords = partial.rejected_log_records } = partial;
  const rejected = countOf(rejectedLogRecords ?? 0);
  if (rejected === undefined) return undefined;
  return {
    rejected: Math.min(rejected, sent),
    message: typeof errorMessage === 'string' ? errorMessage : '',
  };
}

/** An int64 of JSON: its specification has it as a text, and producers write numbers, too. */
function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined;
}
