/** The .proto file as descriptors, made without protoc: for other implementations of protobuf. */
import path from 'node:path';
import protobuf from 'protobufjs';
import { FileDescriptorSet } from 'protobufjs/ext/descriptor';

interface Field {
  typeName?: string;
}
interface Message {
  name: string;
  field: Field[];
  nestedType: Message[];
  options?: { mapEntry?: boolean };
}
interface File {
  package: string;
  messageType: Message[];
  service: { method: { inputType: string; outputType: string }[] }[];
}

export const PROTO_FILE = path.join(__dirname, '../../../proto/tapio/v1/events.proto');

/** A FileDescriptorSet in its own encoding. */
export function descriptorSet(): Uint8Array {
  const root = protobuf.loadSync(PROTO_FILE);
  root.resolveAll();
  const set = (root as unknown as { toDescriptor(edition: string): protobuf.Message }).toDescriptor('proto3');
  for (const file of (set as unknown as { file: File[] }).file) {
    for (const message of file.messageType) completeNames(root, `.${file.package}`, message);
    for (const { method } of file.service) {
      for (const each of method) {
        each.inputType = `.${file.package}.${lastPart(each.inputType)}`;
        each.outputType = `.${file.package}.${lastPart(each.outputType)}`;
      }
    }
  }
  return FileDescriptorSet.encode(set).finish();
}

/** protobufjs writes names as they are in the file, others want them whole. */
function completeNames(root: protobuf.Root, scope: string, message: Message): void {
  const name = `${scope}.${message.name}`;
  const holder = root.lookupType(name.slice(1));
  const entries = message.nestedType.filter(({ options }) => options?.mapEntry);
  for (const field of [...message.field, ...entries.flatMap((entry) => entry.field)]) {
    if (!field.typeName) continue;
    const isEntry = entries.some((entry) => entry.name === field.typeName);
    field.typeName = isEntry
      ? `${name}.${field.typeName}`
      : holder.lookupTypeOrEnum(field.typeName.replace(/^\./, '')).fullName;
  }
  for (const nested of message.nestedType) if (!entries.includes(nested)) completeNames(root, name, nested);
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
