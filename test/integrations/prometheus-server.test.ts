/** A real Prometheus scrapes the figures and answers questions about them. Needs the program `prometheus` (Debian package). */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { EventBuffer, PerCPUEventBuffer } from '@tapio/performance';
import { collectMetrics } from '@tapio/performance/prometheus';
import { Registry } from 'prom-client';
import { numbered, range } from '../support/events';
import { freePort, killServer, startServer } from '../support/servers';

const isInstalled = spawnSync('prometheus', ['--version']).status === 0;
const needsPrometheus = isInstalled
  ? test
  : (name: string, _run: unknown, _timeout: number): void =>
      test(`${name} (skipped)`, () => console.log('skipped: no prometheus (Debian package: prometheus)'));

/** A Prometheus that scrapes `target`, and waits for an answer as long as from one scrape to the next; ready when it says so. */
async function startPrometheus(
  folder: string,
  target: number,
): Promise<{ child: ChildProcess; url: string }> {
  const port = await freePort();
  const config = path.join(folder, 'prometheus.yml');
  fs.writeFileSync(
    config,
    `{ global: { scrape_interval: 1s }, scrape_configs: [{ job_name: tapio, static_configs: [{ targets: ['127.0.0.1:${target}'] }] }] }`,
  );
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${path.join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = await startServer('prometheus', args, 'ready to receive web requests');
  return { child, url: `http://127.0.0.1:${port}` };
}

needsPrometheus(
  'Prometheus scrapes all figures and answers PromQL about them',
  async () => {
    const registry = new Registry();
    const events = new EventBuffer(16, { slotSize: 128 });
    const perCpu = new PerCPUEventBuffer();
    collectMetrics(registry, { buffers: { 'a "b"\\\n': events, perCpu } });
    range(0, 20).forEach((n) => events.tryPut(numbered(n)));
    range(0, 7).forEach((n) => perCpu.put(numbered(n)));

    let scrapes = 0;
    const scraped = { told: (): void => {} };
    const server = http.createServer((_request, response) => {
      void registry.metrics().then((text) => {
        response.setHeader('Content-Type', registry.contentType).end(text);
        scrapes++;
        scraped.told();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-prometheus-'));
    const { child, url } = await startPrometheus(folder, (server.address() as AddressInfo).port);
    const ask = async (query: string): Promise<number[]> => {
      const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result.map(({ value }) => Number(value[1]));
    };
    /** A scrape is stored by the time that the one after the next begins. */
    const nextScrapes = async (count: number): Promise<void> => {
      const until = scrapes + count;
      await new Promise<void>((resolve) => {
        scraped.told = () => {
          if (scrapes >= until) resolve();
        };
      });
    };
    try {
      await nextScrapes(2);
      expect(await ask('tapio_buffer_puts_total{buffer="a \\"b\\"\\\\\\n"}')).toEqual([16]);
      expect(await ask('tapio_buffer_rejected_total / tapio_buffer_capacity')).toEqual([0.25]);
      expect(await ask('sum(tapio_percpu_writes_total{buffer="perCpu"})')).toEqual([7]);
      expect(await ask('tapio_buffer_fill_ratio > 0.9')).toEqual([1]);
      expect(await ask('up{job="tapio"}')).toEqual([1]);
      events.clear();
      events.close();
      await nextScrapes(2);
      // A series that is told no more is stale, and no answer.
      expect(await ask('tapio_buffer_size')).toEqual([]);
    } finally {
      await killServer(child);
      server.closeAllConnections();
      server.close();
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
