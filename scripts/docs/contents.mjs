/** The order of the site: its sections, and the Markdown files of each. What is not listed here is no page, and fails the build. */
export const sections = [
  [
    'Start',
    ['README.md', 'docs/installing.md', 'docs/concepts.md', 'docs/guarantees.md', 'docs/comparison.md'],
  ],
  [
    'Components',
    [
      'docs/guides/ring-buffers.md',
      'docs/guides/per-cpu-buffers.md',
      'docs/guides/streams.md',
      'docs/guides/pools.md',
      'docs/guides/pipelines.md',
      'docs/guides/patterns.md',
      'docs/guides/cpu-pinning.md',
    ],
  ],
  ['Kernel events', ['docs/kernel.md', 'docs/guides/see-your-machine.md', 'docs/proc-source.md']],
  ['Formats', ['docs/formats.md', 'docs/event-json.md', 'docs/event-format.md']],
  [
    'Integrations',
    [
      'docs/guides/prometheus.md',
      'docs/guides/opentelemetry.md',
      'docs/guides/otlp.md',
      'docs/guides/nats.md',
      'docs/guides/grpc.md',
      'docs/guides/many-machines.md',
    ],
  ],
  [
    'Running it',
    [
      'docs/guides/tuning.md',
      'docs/sizing.md',
      'docs/guides/monitoring.md',
      'docs/guides/see-it-live.md',
      'docs/diagnostics.md',
      'docs/guides/troubleshooting.md',
    ],
  ],
  ['Moving here', ['docs/guides/migration.md', 'docs/bundling.md', 'docs/platforms.md']],
  [
    'The project',
    ['docs/design.md', 'bench/README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'prebuilds/README.md'],
  ],
];

export const documents = sections.flatMap(([, files]) => files);

/** Where a file of the repository is in the site. Pages lie as their sources do, so that relative links hold. */
export function placeOf(file) {
  if (!file.endsWith('.md')) return `${file}.html`;
  return file.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html');
}
