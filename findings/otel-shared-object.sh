#!/usr/bin/env bash
# OpenTelemetry JS takes one object that stands twice in a log attribute for a cycle, and drops the whole attribute.
#
# Guess:     an attribute is refused for a real cycle alone; { from: place, to: place } is sent with the place twice.
# Seen:      the attribute is gone, without an error. Its twin with two equal objects is kept.
# Versions:  @opentelemetry/sdk-logs 0.223.1, @opentelemetry/api-logs 0.223.1; 2026-11-28, Node 20.20.2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @opentelemetry/sdk-logs@0.223.1 @opentelemetry/api-logs@0.223.1 @opentelemetry/api@1.9.1
cat > try.js << 'JS'
const { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const exporter = new InMemoryLogRecordExporter();
const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
const place = { zone: 'a' };
provider.getLogger('try').emit({
  attributes: { shared: { from: place, to: place }, equal: { from: { zone: 'a' }, to: { zone: 'a' } } },
});
provider.forceFlush().then(() => console.log(JSON.stringify(exporter.getFinishedLogRecords()[0].attributes)));
JS
seen=$(node try.js 2>&1)
expected='{"equal":{"from":{"zone":"a"},"to":{"zone":"a"}}}'
echo "sdk-logs 0.223.1, node $(node --version): ${seen}"
[ "${seen}" = "${expected}" ] || { echo "changed: expected ${expected}"; exit 1; }
