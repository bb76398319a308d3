import { isTapioError } from '../../errors';

/** Codes of gRPC's status, as far as they are used here. */
export const enum Status {
  INVALID_ARGUMENT = 3,
  RESOURCE_EXHAUSTED = 8,
  UNIMPLEMENTED = 12,
  INTERNAL = 13,
  UNAVAILABLE = 14,
  UNAUTHENTICATED = 16,
}

/** Why a call is refused. grpc-js sends what such an object says. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    readonly details: string,
  ) {
    super(details);
  }

  /** What went wrong is told: of ours it names what the client did; anything else is nobody's business. */
  static of(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    const { message } = error as Error;
    if (isTapioError(error, 'ERR_BUFFER_CLOSED')) return new Refusal(Status.UNAVAILABLE, message);
    for (const code of [
      'ERR_CORRUPT_DATA',
      'ERR_INVALID_ARGUMENT',
      'ERR_INVALID_EVENT',
      'ERR_EVENT_TOO_LARGE',
    ] as const)
      if (isTapioError(error, code)) return new Refusal(Status.INVALID_ARGUMENT, message);
    return new Refusal(Status.INTERNAL, 'the service failed');
  }
}
