/** The names of protojson, `execId`, as Tetragon itself writes them, `exec_id`. */
import type { JsonObject } from '../format';
import { setKey } from '../values';

/** Maps whose keys are no names of fields. */
const LABELS: ReadonlySet<string> = new Set(['pod_labels', 'node_labels', 'labels']);

/** A copy with the names in snake_case. parseExact bounds how deep it recurses. */
export function snakeCase(value: JsonObject): JsonObject {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // Names that begin with a capital, as `Key` and `ProgType`, are the same in both.
    const name = /^[a-z]/.test(key) ? key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`) : key;
    setKey(copy, name, LABELS.has(name) ? value[key] : convert(value[key]));
  }
  return copy;
}

function convert(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? value.map(convert) : snakeCase(value as JsonObject);
}
