/** The formats there are. Their order is that in which a line is tried when it is not of the format of the line before. */
import type { Format, FormatName } from './format';
import { auditdFormat } from './readers/auditd';
import { bpftraceFormat } from './readers/bpftrace';
import { bunyanFormat } from './readers/bunyan';
import { cloudeventsFormat } from './readers/cloudevents';
import { falcoFormat } from './readers/falco';
import { journaldFormat } from './readers/journald';
import { k8sAuditFormat } from './readers/k8s-audit';
import { k8sEventsFormat } from './readers/k8s-events';
import { otlpFormat } from './readers/otlp';
import { logfmtFormat } from './readers/logfmt';
import { pinoFormat } from './readers/pino';
import { tapioFormat } from './readers/tapio';
import { tetragonFormat } from './readers/tetragon';
import { traceeFormat } from './readers/tracee';

const ALL: readonly Format[] = [
  tapioFormat,
  tetragonFormat,
  falcoFormat,
  traceeFormat,
  otlpFormat,
  cloudeventsFormat,
  k8sEventsFormat,
  k8sAuditFormat,
  bpftraceFormat,
  journaldFormat,
  bunyanFormat,
  pinoFormat,
  auditdFormat,
  logfmtFormat,
];

export const FORMATS: ReadonlyMap<FormatName, Format> = new Map(ALL.map((format) => [format.name, format]));

/** The names of all formats. */
export const FORMAT_NAMES: readonly FormatName[] = [...FORMATS.keys()];
