/**
 * What happens to the objects of one kind, by the list and watch of @kubernetes/client-node: an async iterable of
 * `{ type: 'ADDED' | 'MODIFIED' | 'DELETED', object }`, each version of an object once, for as long as it is iterated.
 *
 * - Whoever iterates does the work. The callback of a watch only queues: the client swallows what it throws, and does not wait for it.
 * - Back-pressure: when `maxWaiting` changes wait, the watch is ended, and taken up again behind the last of them. The server keeps
 *   the rest for about five minutes; beyond that it answers 410.
 * - After 410, in either of its forms, all is listed again: what is new or has another version is told, and what has gone is told
 *   as DELETED (its metadata only). Versions in between are lost, as is what came and went.
 * - A watch ends for many reasons: its time, a proxy, a restart, a line cut in two. It goes on behind the last version that was told.
 *   No answer of any kind can hang: a watch that outlives its `timeoutSeconds` is given up by us.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Observable, Watch } from '@kubernetes/client-node';

const PAGE = 500;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
const GRACE_SECONDS = 3;

export class Changes {
  /** uid -> metadata of the version that was told last. */
  #told = new Map();
  /** What the next watch begins behind. undefined: list first. */
  #version;
  #failures = 0;
  /** Whether the list or watch that ended last told anything. */
  #moved = false;

  /**
   * @param config a KubeConfig
   * @param kind `path`, as /api/v1/events; `list(page, options)`, which calls the same kind's method of the client's API
   * @param options timeoutSeconds of a watch, default 25: client-node 2 ends one that is silent for 30. onRetry(error) is told why
   *   a list or a watch begins anew
   */
  constructor(config, kind, { maxWaiting = 1024, timeoutSeconds = 25, onRetry = () => {}, signal } = {}) {
    Object.assign(this, { watch: new Watch(config), ...kind, maxWaiting, timeoutSeconds, onRetry, signal });
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      this.signal?.throwIfAborted();
      this.#moved = false;
      try {
        yield* this.#version === undefined ? this.#listed() : this.#watched();
        this.#failures = 0;
      } catch (error) {
        this.signal?.throwIfAborted();
        // client-node has the status of a list in code, that of a watch in statusCode.
        const status = error.statusCode ?? error.code;
        if (status === 410) this.#version = undefined;
        else if (status >= 400 && status < 500 && status !== 408 && status !== 429) throw error;
        this.#failures++;
        this.onRetry(error);
      }
      if (this.#moved && this.#failures === 0) continue;
      const pause =
        Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures) * (0.5 + Math.random() / 2);
      await delay(pause, undefined, { signal: this.signal }).catch(() => {});
    }
  }

  async *#listed() {
    const gone = new Map(this.#told);
    let version;
    let next;
    do {
      const { items, metadata } = await this.list({ limit: PAGE, _continue: next }, this.#bounded());
      version ??= metadata.resourceVersion;
      next = metadata._continue;
      for (const object of items) {
        const { uid } = object.metadata;
        yield* this.#told.has(uid) ? this.#tell('MODIFIED', object) : this.#tell('ADDED', object);
        gone.delete(uid);
      }
    } while (next);
    for (const metadata of gone.values()) yield* this.#tell('DELETED', { metadata });
    // Only now: a list that breaks off is begun again.
    this.#version = version;
    this.#moved = true;
  }

  async *#watched() {
    const waiting = [];
    let ended = false;
    let problem;
    let request;
    let wake = () => {};
    const end = (error) => {
      if (ended) return;
      ended = true;
      problem = error;
      request?.abort();
      wake();
    };
    // What comes behind the end comes again: its version has not been told.
    const take = (type, object) => {
      if (ended) return;
      waiting.push({ type, object });
      if (waiting.length >= this.maxWaiting) end();
      wake();
    };
    const stop = () => end();
    this.signal?.addEventListener('abort', stop);
    const limit = (this.timeoutSeconds + GRACE_SECONDS) * 1000;
    const timer = setTimeout(end, limit, new Error(`the server did not end a watch after ${limit} ms`));
    const query = {
      resourceVersion: this.#version,
      allowWatchBookmarks: true,
      timeoutSeconds: this.timeoutSeconds,
    };
    this.watch.watch(this.path, query, take, end).then((started) => {
      request = started;
      if (ended) request.abort();
    }, end);
    try {
      for (;;) {
        for (const { type, object } of waiting.splice(0)) yield* this.#tellLine(type, object);
        if (ended && waiting.length === 0) break;
        if (waiting.length === 0) await new Promise((resolve) => (wake = resolve));
      }
    } finally {
      end();
      clearTimeout(timer);
      this.signal?.removeEventListener('abort', stop);
    }
    if (problem) throw problem;
  }

  *#tellLine(type, object) {
    // The second form of 410: status 200, and an object of the kind Status in the stream.
    if (type === 'ERROR') throw Object.assign(new Error(object?.message), { statusCode: object?.code });
    if (object?.metadata?.resourceVersion === undefined)
      throw new Error(`a watch of ${this.path} gave no object`);
    if (type !== 'BOOKMARK') yield* this.#tell(type, object);
    this.#version = object.metadata.resourceVersion;
    this.#failures = 0;
    this.#moved = true;
  }

  *#tell(type, object) {
    const { uid, name, namespace, resourceVersion } = object.metadata;
    if (type === 'DELETED') this.#told.delete(uid);
    else if (this.#told.get(uid)?.resourceVersion === resourceVersion) return;
    else this.#told.set(uid, { uid, name, namespace, resourceVersion });
    yield { type, object };
  }

  /** A list without a bound in time waits for ever for a server that says nothing. */
  #bounded() {
    const bound = AbortSignal.timeout((this.timeoutSeconds + GRACE_SECONDS) * 1000);
    const signal = this.signal ? AbortSignal.any([bound, this.signal]) : bound;
    // Of this call alone; the API takes no middleware of promises here, whatever its type says.
    const pass = (value) => new Observable(Promise.resolve(value));
    const pre = (request) => (request.setSignal(signal), pass(request));
    return { middleware: [{ pre, post: pass }], middlewareMergeStrategy: 'append' };
  }
}
