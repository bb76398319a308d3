/** The live page. What comes from outside is only ever set as text. */
'use strict';

const WINDOW_S = 120;
const CHART_HEIGHT = 170;
const MOST_BARS = 16;
/** Without news for so long, the collector counts as gone. */
const SILENCE_MS = 5000;
const RETRY_MS = 5000;

const byId = (id) => document.getElementById(id);

const grouped = (value) => Math.round(value).toLocaleString('en');

function short(value) {
  const units = ['', 'k', 'M', 'G', 'T'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(3)}${units[unit]}`;
}

function micros(value) {
  if (value === undefined || value === null) return '-';
  if (value === 0) return '0';
  if (value < 1000) return `${value < 10 ? value.toFixed(1) : Math.round(value)} us`;
  if (value < 1e6) return `${(value / 1000).toFixed(value < 1e4 ? 1 : 0)} ms`;
  return `${(value / 1e6).toFixed(1)} s`;
}

function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

const timeOfDay = (seconds) => new Date(seconds * 1000).toLocaleTimeString('en-GB');

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** Seconds since the epoch, events a second, p50, p99. */
const history = [[], [], [], []];

function remember({ now, rate, latency }) {
  const values = [now / 1000, rate, latency?.p50 ?? null, latency?.p99 ?? null];
  values.forEach((value, index) => history[index].push(value));
  while (history[0][0] < now / 1000 - WINDOW_S) for (const column of history) column.shift();
}

let charts = [];

/** Again when the colours of the system change. */
function drawCharts() {
  for (const { chart } of charts) chart.destroy();
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const axis = { stroke: color('faint'), grid: { stroke: color('line') }, ticks: { stroke: color('line') } };
  const make = (id, series, format, data) => {
    const box = byId(id);
    const options = {
      width: box.clientWidth,
      height: CHART_HEIGHT,
      cursor: { drag: { setScale: false } },
      scales: {
        x: { range: (_, min, max) => [Math.min(min ?? 0, (max ?? 0) - WINDOW_S), max ?? WINDOW_S] },
        y: { range: (_, min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
      },
      axes: [
        { ...axis, space: 80, values: (_, values) => values.map(timeOfDay) },
        { ...axis, size: 60, values: (_, values) => values.map(format) },
      ],
      series: [
        { label: 'time', value: (_, value) => (value === null ? '-' : timeOfDay(value)) },
        ...series.map(([label, name, fill]) => ({
          label,
          stroke: color(name),
          width: 2,
          fill: fill ? `${color(name)}22` : undefined,
          points: { show: false },
          value: (_, value) => (value === null || value === undefined ? '-' : format(value)),
        })),
      ],
    };
    return { box, data, chart: new uPlot(options, data(), box) };
  };
  charts = [
    make('rate-chart', [['events/s', 'first', true]], short, () => [history[0], history[1]]),
    make(
      'latency-chart',
      [
        ['p50', 'first'],
        ['p99', 'second'],
      ],
      micros,
      () => [history[0], history[2], history[3]],
    ),
  ];
}

function showFill(fill) {
  const shown = [...fill]
    .sort((a, b) => (b.name === 'overflow') - (a.name === 'overflow') || b.ratio - a.ratio)
    .slice(0, MOST_BARS);
  byId('fill').replaceChildren(
    ...fill
      .filter((each) => shown.includes(each))
      .map(({ name, ratio }) => {
        const row = element('div', undefined, 'fill');
        const track = element('div', undefined, 'track');
        const used = element('div', undefined, ratio > 0.8 ? 'full' : '');
        used.style.width = `${Math.min(100, ratio * 100)}%`;
        track.append(used);
        row.append(element('span', name), track, element('span', `${(ratio * 100).toFixed(1)} %`));
        return row;
      }),
  );
}

function showTable(id, tallies) {
  const head = element('tr');
  head.append(element('th', 'name'), element('th', 'events/s'), element('th', 'in all'));
  const rows = tallies.map(({ name, count, rate }) => {
    const row = element('tr');
    const cell = element('td', name);
    cell.title = name;
    row.append(cell, element('td', grouped(rate)), element('td', short(count)));
    return row;
  });
  if (rows.length === 0) {
    rows.push(element('tr'));
    rows[0].append(element('td', 'none yet'));
  }
  byId(id).replaceChildren(head, ...rows);
}

let startedAt;
let newsAt = 0;
let isEnded = false;

function show(activity) {
  if (startedAt !== activity.startedAt) for (const column of history) column.length = 0;
  startedAt = activity.startedAt;
  remember(activity);
  byId('rate').textContent = grouped(activity.rate);
  byId('delivered').textContent = short(activity.delivered);
  byId('delivered').title = grouped(activity.delivered);
  byId('dropped').textContent = grouped(activity.dropped);
  byId('dropped-box').toggleAttribute('data-lost', activity.dropped > 0);
  byId('p50').textContent = micros(activity.latency?.p50);
  byId('p99').textContent = micros(activity.latency?.p99);
  byId('uptime').textContent = `up ${clock(activity.now - activity.startedAt)}`;
  showFill(activity.fill);
  for (const kind of ['types', 'processes', 'containers']) showTable(kind, activity[kind]);
  for (const { chart, data } of charts) chart.setData(data());
}

function setState(state, text) {
  const place = byId('state');
  if (place.textContent === text) return;
  place.dataset.state = state;
  place.textContent = text;
}

function connect() {
  const source = new EventSource('events');
  source.onmessage = ({ data }) => {
    newsAt = Date.now();
    isEnded = false;
    show(JSON.parse(data));
    setState('live', 'live');
  };
  source.addEventListener('end', () => {
    isEnded = true;
    setState('gone', 'the run is over; waiting for the next one');
  });
  source.onerror = () => {
    if (!isEnded) setState('gone', 'the collector is gone; trying again');
    // Refused: a browser does not try that again by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  };
}

drawCharts();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawCharts);
new ResizeObserver(() => {
  for (const { box, chart } of charts) chart.setSize({ width: box.clientWidth, height: CHART_HEIGHT });
}).observe(document.querySelector('main'));
setInterval(() => {
  if (newsAt > 0 && !isEnded && Date.now() - newsAt > SILENCE_MS)
    setState('gone', 'no news from the collector; waiting');
}, 1000);
connect();
