/** What docs/guides/monitoring.md says fits into 64 MB is what `tapio collect` goes by. */
import fs from 'node:fs';
import path from 'node:path';
import type * as ExportsModule from '../../dist/collector/exports';
import type * as NeedModule from '../../dist/collector/memory-need';
import type * as SourcesModule from '../../dist/collector/sources';
import { internal } from '../collector/cli';

const { CORRELATION, MAIN, memoryNeed, SINK } = internal<typeof NeedModule>('memory-need');
const { parseExports } = internal<typeof ExportsModule>('exports/index');
const { SOURCES } = internal<typeof SourcesModule>('sources/index');

const guide = fs.readFileSync(
  path.join(__dirname, '..', '..', '..', 'docs', 'guides', 'monitoring.md'),
  'utf8',
);
const EXPORTS = parseExports({
  grpc: '0',
  metrics: '0',
  otlp: 'http://localhost/',
  nats: 'nats://localhost',
});
const NODES = { 'Node 20': ['20.20.2'], 'Node 22': ['22.1.0'], 'Node 24, 26': ['24.0.0', '26.3.0'] };
const RUNS = [
  ['file', '--sink'],
  ['file', '--metrics'],
  ['file', 'synthetic'],
  ['file', 'synthetic', '--sink'],
  ['file', '--correlate'],
  ['file', '--otlp'],
  ['file', '--grpc'],
  ['ebpf', '--otlp'],
  ['ebpf', '--grpc'],
];

function outcome(run: readonly string[], node: string): string {
  const parts = {
    sources: run.flatMap((word) => SOURCES.get(word) ?? []),
    outputs: EXPORTS.filter(({ name }) => run.includes(`--${name}`)),
    hasSink: run.includes('--sink'),
    correlates: run.includes('--correlate'),
    extraRingBytes: 0,
  };
  const need = Math.ceil(memoryNeed(parts, node, true) / 2 ** 20);
  return need <= 64 ? 'yes' : `from ${need} MB`;
}

test('what fits into 64 MB', () => {
  const rows = RUNS.map((run) => {
    const cells = Object.values(NODES).map((versions) => {
      const told = new Set(versions.map((node) => outcome(run, node)));
      expect(told.size).toBe(1);
      return [...told][0];
    });
    return [run.map((word) => `\`${word}\``).join(', '), ...cells];
  });
  const head = ['in 64 MB', ...Object.keys(NODES)];
  const lines = [head, head.map(() => '---'), ...rows];
  const table = lines.map((cells) => `  | ${cells.join(' | ')} |\n`).join('');
  expect(guide).toContain(`\n${table}-`);
});

test('what each part takes', () => {
  const parts = [
    { name: 'sink', memory: SINK },
    { name: 'correlate', memory: CORRELATION },
    ...EXPORTS,
    ...[...SOURCES].map(([name, { memory }]) => ({ name, memory })),
  ];
  const [, told] = /With Node 20 the main thread takes(.*?)with Node 22/s.exec(guide)!;
  expect(told).toContain(` up to ${MAIN} MB,`);
  for (const { name, memory } of parts)
    expect(told).toMatch(new RegExp(`\`(--|--source )?${name}\`[^\\d]*${memory}\\b`));
});
