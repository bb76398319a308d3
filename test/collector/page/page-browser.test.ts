/** The live page in a real browser: Chromium, where one is installed. */
import { spawnSync } from 'node:child_process';
import type * as ServerModule from '../../../dist/collector/page/page-server';
import { internal } from '../cli';

const { PageServer } = internal<typeof ServerModule>('page/page-server');

/** What is used of puppeteer-core, whose own types need those of a browser. */
interface Page {
  on(event: 'pageerror', listener: (error: unknown) => void): void;
  on(event: 'request', listener: (request: { url(): string }) => void): void;
  evaluate(code: string): Promise<unknown>;
  waitForFunction(code: string, options?: { timeout: number }): Promise<unknown>;
  setViewport(size: { width: number; height: number }): Promise<void>;
  emulateMediaFeatures(features: { name: string; value: string }[]): Promise<void>;
  goto(url: string): Promise<unknown>;
  title(): Promise<string>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
// eslint-disable-next-line @typescript-eslint/no-require-imports -- without its types
const puppeteer = require('puppeteer-core') as {
  launch(options: { executablePath: string; args: string[] }): Promise<Browser>;
};

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const executablePath = NAMES.map((name) =>
  spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim(),
).find((path) => path !== '');

/** A test that needs a browser; where there is none it says so, and does nothing. */
function browserTest(name: string, run: (browser: Browser) => Promise<void>): void {
  if (executablePath === undefined) {
    test(`${name} (skipped)`, () => console.log(`skipped: none of ${NAMES.join(', ')} is installed`));
    return;
  }
  test(name, async () => {
    const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      await run(browser);
    } finally {
      await browser.close();
    }
  });
}

const HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>\u202e';

const state = (delivered: number): string =>
  JSON.stringify({
    startedAt: Date.now() - 83_000,
    now: Date.now(),
    delivered,
    dropped: 3,
    rate: 1234,
    latency: { p50: 320, p99: 5700 },
    fill: [
      { name: 'cpu 0', ratio: 0.5 },
      { name: 'overflow', ratio: 0 },
    ],
    types: [{ name: HOSTILE, count: 9, rate: 1 }],
    processes: [{ name: 'x'.repeat(500), count: 9, rate: 1 }],
    containers: [],
  });

browserTest('shows what it is sent, as text, and finds a collector again', async (browser) => {
  let delivered = 1;
  const content = {
    metrics: () => Promise.resolve({ type: 'text/plain', text: '' }),
    state: () => state(delivered++),
  };
  let server = await PageServer.open({ host: '127.0.0.1', port: 0 }, content);
  const { url } = server;
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) problems.push(request.url());
  });
  // A text, as the page has its own globals.
  const text = (id: string): Promise<string> =>
    page.evaluate(`document.getElementById('${id}').textContent`) as Promise<string>;
  const until = (id: string, what: string): Promise<unknown> =>
    page.waitForFunction(`document.getElementById('${id}').textContent.includes('${what}')`, {
      timeout: 60_000,
    });
  try {
    for (const [width, scheme] of [
      [1200, 'light'],
      [360, 'dark'],
    ] as const) {
      await page.setViewport({ width, height: 740 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(url);
      await until('state', 'live');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate('document.querySelectorAll("canvas").length')).toBe(2);
    }
    expect(await text('rate')).toBe('1,234');
    expect(await text('p99')).toBe('5.7 ms');
    expect(await text('types')).toContain(HOSTILE);
    expect(await page.evaluate('document.querySelectorAll("img").length')).toBe(0);
    expect(await page.title()).toBe('tapio collect');
    const before = await text('delivered');
    server.refresh();
    await page.waitForFunction(`document.getElementById('delivered').textContent !== '${before}'`);

    await server.close();
    await until('state', 'the run is over');
    server = await PageServer.open({ host: '127.0.0.1', port: Number(new URL(url).port) }, content);
    await until('state', 'live');
    expect(problems).toEqual([]);
  } finally {
    await server.close();
  }
});
