/**
 * Writes lib/event/generated/ and native/core/unified_event_plan.h, which is committed, from the UnifiedEvent type, and what is of the protobuf form also from
 * the numbers in proto/tapio/v1/events.proto. Runs first in every build.
 *
 *   node scripts/generate-codec.mjs
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { emitBlank } from './codec-generator/emit-blank.mjs';
import { emitDecode } from './codec-generator/emit-decode.mjs';
import { emitEncode } from './codec-generator/emit-encode.mjs';
import { emitFields } from './codec-generator/emit-fields.mjs';
import { emitMessages } from './codec-generator/emit-messages.mjs';
import { emitPlaces } from './codec-generator/emit-places.mjs';
import { emitView } from './codec-generator/emit-view.mjs';
import { emitWireRead } from './codec-generator/emit-wire-read.mjs';
import { emitEventPaths, emitEventPlan } from './codec-generator/emit-event-plan.mjs';
import { layOut } from './codec-generator/layout.mjs';
import { numberFields } from './codec-generator/number-fields.mjs';
import { readProto } from './codec-generator/read-proto.mjs';
import { readEventType } from './codec-generator/read-type.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const source = path.join(root, 'lib/event/unified-event.ts');

const fields = readEventType(source);
const layout = layOut(fields);
const proto = readProto(path.join(root, 'proto/tapio/v1/events.proto'));
numberFields(fields, proto);
const files = {
  'lib/event/generated/fields.ts': emitFields(fields),
  'lib/event/generated/encode.ts': emitEncode(layout),
  'lib/event/generated/blank.ts': emitBlank(layout),
  'lib/event/generated/decode.ts': emitDecode(layout),
  'lib/event/generated/view.ts': emitView(layout),
  'lib/event/generated/places.ts': emitPlaces(layout),
  'lib/event/generated/event-paths.ts': emitEventPaths(layout),
  'lib/event/generated/wire-read.ts': emitWireRead(fields),
  'lib/event/generated/messages.ts': emitMessages(proto),
  'native/core/unified_event_plan.h': emitEventPlan(layout),
};

for (const [name, body] of Object.entries(files)) {
  write(
    name,
    `// Written by scripts/generate-codec.mjs from lib/event/unified-event.ts; edit those instead.\n${body}`,
  );
}

/** What has not changed keeps its time, so that nothing is compiled again. */
function write(name, text) {
  if (read(name) === text) return;
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
}

function read(name) {
  try {
    return readFileSync(path.join(root, name), 'utf8');
  } catch {
    return undefined;
  }
}
