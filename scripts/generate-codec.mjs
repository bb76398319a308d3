/**
 * Writes lib/event/generated/ from the UnifiedEvent type, and what is of the protobuf form also from the numbers in
 * proto/tapio/v1/events.proto. Runs before tsc in every build.
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
import { emitEventPlan } from './codec-generator/emit-event-plan.mjs';
import { layOut } from './codec-generator/layout.mjs';
import { numberFields } from './codec-generator/number-fields.mjs';
import { readProto } from './codec-generator/read-proto.mjs';
import { readEventType } from './codec-generator/read-type.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const source = path.join(root, 'lib/event/unified-event.ts');
const target = path.join(root, 'lib/event/generated');

const fields = readEventType(source);
const layout = layOut(fields);
const proto = readProto(path.join(root, 'proto/tapio/v1/events.proto'));
numberFields(fields, proto);
const files = {
  'fields.ts': emitFields(fields),
  'encode.ts': emitEncode(layout),
  'blank.ts': emitBlank(layout),
  'decode.ts': emitDecode(layout),
  'view.ts': emitView(layout),
  'places.ts': emitPlaces(layout),
  'event-plan.ts': emitEventPlan(layout),
  'wire-read.ts': emitWireRead(fields),
  'messages.ts': emitMessages(proto),
};

mkdirSync(target, { recursive: true });
for (const [name, body] of Object.entries(files)) {
  const file = path.join(target, name);
  const text = `// Written by scripts/generate-codec.mjs from lib/event/unified-event.ts; edit those instead.\n${body}`;
  if (readIfThere(file) !== text) writeFileSync(file, text);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
