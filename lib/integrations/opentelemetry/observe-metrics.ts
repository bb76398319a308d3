import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api';
import { invalidArgument } from '../../validate';
import { type Figure, figures } from '../metrics/figures';
import { Watched, type WatchedParts } from '../metrics/watched';

/**
 * Tells the figures of buffers and pools as observable instruments of a meter: those of `collectMetrics` from
 * `@tapio/performance/prometheus`, with dots for underscores (`tapio.buffer.fill.ratio`), labels as attributes. They are read by one
 * callback when the meter's reader collects: nothing is added to puts and takes.
 *
 * A part that throws, or tells what is no number, is left out of that collection and counted in `tapio.read.errors.total`. A buffer
 * that is closed and drained is left out from then on.
 *
 * @returns `stop`, which removes the callback; idempotent
 * @throws TapioError ERR_INVALID_ARGUMENT
 */
export function observeMetrics(meter: Meter, what: WatchedParts): { stop(): void } {
  if (typeof (meter as Partial<Meter> | null | undefined)?.addBatchObservableCallback !== 'function')
    throw invalidArgument('meter', meter, 'a Meter of @opentelemetry/api');
  const watched = new Watched();
  watched.add(what);
  const instruments = new Map<Figure, Observable>(
    figures.map((figure) => {
      const { name, help: description, unit, kind } = figure;
      const dotted = `tapio.${name.replaceAll('_', '.')}`;
      const create = kind === 'gauge' ? 'createObservableGauge' : 'createObservableCounter';
      return [figure, meter[create](dotted, { description, unit })];
    }),
  );
  const observe: BatchObservableCallback = (result) =>
    watched.read((figure, labels, value) => result.observe(instruments.get(figure)!, value, labels));
  const observables = [...instruments.values()];
  meter.addBatchObservableCallback(observe, observables);
  return { stop: () => meter.removeBatchObservableCallback(observe, observables) };
}
