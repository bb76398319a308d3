import { OtlpSink, type OtlpSinkOptions } from '../../integrations/otlp';
import type { OpenExportWork } from './export-work';

export const openOtlp: OpenExportWork<OtlpSinkOptions> = (settings, buffer) => {
  const sink = new OtlpSink(buffer, settings);
  return Promise.resolve({
    counts: () => {
      const { exported, rejected, retried, problem } = sink.getStats();
      return { delivered: exported, refused: rejected, retried, note: problem };
    },
    run: (signal) => sink.run({ signal }),
  });
};
