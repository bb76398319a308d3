import path from 'node:path';

/** The file that describes the service, for reflection and for clients in other languages. */
export const PROTO_PATH = path.join(__dirname, '..', '..', '..', 'proto', 'tapio', 'v1', 'events.proto');
