#!/usr/bin/env bash
# OpenTelemetry JS drops a whole map of a log attribute when one of its keys is called "constructor".
#
# Guess:     a map whose keys come from outside (labels, parsed JSON) is kept, whatever the keys are called.
# Seen:      the attribute is gone, without an error: the SDK tells plain objects by asking for their constructor.
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
provider.getLogger('try').emit({
  attributes: { labels: JSON.parse('{"app":"cart","constructor":"acme"}'), others: JSON.parse('{"app":"cart","maker":"acme"}') },
});
provider.forceFlush().then(() => console.log(JSON.stringify(exporter.getFinishedLogRecords()[0].attributes)));
JS
seen=$(node try.js 2>&1)
expected='{"others":{"app":"cart","maker":"acme"}}'
echo "sdk-logs 0.223.1, node $(node --version): ${seen}"
[ "${seen}" = "${expected}" ] || { echo "changed: expected ${expected}"; exit 1; }
