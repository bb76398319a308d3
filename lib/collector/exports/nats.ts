/** `--nats URL`: events to the stream of NATS JetStream that has their subject. */
import os from 'node:os';
import { isSubject } from '../../integrations/nats/subject';
import { UsageError } from '../command-line/command';
import type { ExportDefinition } from './export';
import { ThreadExport } from './thread-export';
import { withoutSecret } from './without-secret';

export interface NatsSettings {
  /** Without what only the connection may know. */
  readonly servers: readonly string[];
  /** Whether a server without TLS is refused, before it is told a password. */
  readonly tls: boolean;
  readonly user?: string;
  readonly pass?: string;
  readonly subject: string;
}

/** What a token of a subject may not have is _ in it. Asked for when it is needed, as Deno may forbid it. */
function host(): string {
  return os.hostname().replace(/[^\w-]/g, '_') || 'host';
}

export const natsExport: ExportDefinition<NatsSettings> = {
  name: 'nats',
  memory: 19,
  options: ['nats-subject'],
  usage: `  --nats URL        publishes each event also to NATS JetStream, in batches; of
                    several servers, URLs between commas. The stream must exist:
                    it is the one that has the subject. Needs the packages
                    @nats-io/transport-node and @nats-io/jetstream
  --nats-subject S  under this subject (default tapio.events.HOST)
`,
  parse: (text, values) => {
    const urls = text.split(',').map((each) => urlOf(each.trim()));
    const { username, password } = urls.find((url) => url.username !== '') ?? { username: '', password: '' };
    return {
      servers: urls.map(({ host }) => host),
      tls: urls.some(({ protocol }) => protocol === 'tls:'),
      ...(username !== '' && { user: decoded(username), pass: decoded(password) }),
      subject: checkSubject(values['nats-subject'] ?? `tapio.events.${host()}`),
    };
  },
  open: (settings, context) => ThreadExport.open('nats', settings, context),
};

function urlOf(text: string): URL {
  const full = text.includes('://') ? text : `nats://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || url.host === '' || !/^(nats|tls):$/.test(url.protocol))
    throw new UsageError(`--nats ${JSON.stringify(withoutSecret(text))}: must be nats://HOST:PORT`);
  return url;
}

function decoded(secret: string): string {
  try {
    return decodeURIComponent(secret);
  } catch {
    throw new UsageError('--nats: the user or the password has a wrong %-sequence');
  }
}

function checkSubject(subject: string): string {
  if (!isSubject(subject))
    throw new UsageError(
      `--nats-subject ${JSON.stringify(subject)}: must be words between dots, without * and >`,
    );
  return subject;
}
