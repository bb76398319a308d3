#!/usr/bin/env bash
# OpenTelemetry JS with cumulative temporality goes on telling what no callback observes any more.
#
# Guess:     a collection tells the attribute sets that were observed in it; a part that is gone ends its series.
# Seen:      with CUMULATIVE the last value of the part that is gone is told in every later collection, for gauges
#            and counters alike; with DELTA it is gone. So a closed buffer looks alive for ever.
# Versions:  @opentelemetry/sdk-metrics 2.12.1, @opentelemetry/api 1.9.1; 2026-11-28, Node 20.20.2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @opentelemetry/sdk-metrics@2.12.1 @opentelemetry/api@1.9.1
cat > try.js << 'JS'
const { AggregationTemporality, MeterProvider, MetricReader } = require('@opentelemetry/sdk-metrics');
class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}
async function parts(temporality) {
  const reader = new Reader({ aggregationTemporalitySelector: () => AggregationTemporality[temporality] });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('try');
  let alive = ['a', 'b'];
  for (const kind of ['ObservableGauge', 'ObservableCounter'])
    meter[`create${kind}`](kind).addCallback((result) => alive.forEach((part) => result.observe(1, { part })));
  await reader.collect();
  alive = ['b'];
  const { resourceMetrics } = await reader.collect();
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return metrics.map(({ dataPoints }) => dataPoints.map(({ attributes }) => attributes.part).join('')).join(' ');
}
(async () => console.log('cumulative', await parts('CUMULATIVE'), 'delta', await parts('DELTA')))();
JS
seen=$(node try.js 2>&1)
expected='cumulative ab ab delta b b'
echo "sdk-metrics 2.12.1, node $(node --version): ${seen}"
[ "${seen}" = "${expected}" ] || { echo "changed: expected ${expected}"; exit 1; }
