/** An event as an OTLP log record in a request of its own, as JSON. */
import { eventToJSON } from '../../event/json';
import type { UnifiedEvent } from '../../event/unified-event';
import { OTLP_PLACE_END, OTLP_REQUEST_END, OTLP_REQUEST_START, otlpPlace, otlpRecord } from './otlp-record';

/**
 * One line. What a record has a place for is there; the attributes of the event are attributes under their own names; every other field is an
 * attribute by the semantic conventions, as in docs/guides/opentelemetry.md; source, entity and cluster are the resource, the logger the scope.
 *
 * @throws TapioError ERR_INVALID_EVENT as eventToJSON does
 */
export function eventToOtlp(event: UnifiedEvent): string {
  // What JSON has no form for is refused.
  eventToJSON(event);
  return OTLP_REQUEST_START + otlpPlace(event) + otlpRecord(event) + OTLP_PLACE_END + OTLP_REQUEST_END;
}
