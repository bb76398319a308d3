/** A program of somebody else that owns pinned ring buffers: test/fixtures/ring-owner.cc. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { kernelTest } from './kernel';

const root = path.resolve(__dirname, '..', '..', '..');

/** What a test of pinned maps needs, made once for each file of tests: a bpf file system, and the compiled program. */
export class PinnedRings {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-bpffs-'));
  readonly pins = path.join(this.directory, 'bpf');
  private readonly program = path.join(this.directory, 'ring-owner');
  private readonly owners: RingOwner[] = [];
  private mounted = false;

  /** Why it cannot be had; undefined where it can. */
  readonly missing: string | undefined;

  constructor() {
    fs.mkdirSync(this.pins);
    try {
      execFileSync('mount', ['-t', 'bpf', 'bpf', this.pins], { stdio: 'pipe' });
      this.mounted = true;
      fs.chmodSync(this.directory, 0o755);
      execFileSync(
        process.env.CXX ?? 'c++',
        [
          ...['-std=c++20', '-O1', '-I', path.join(root, 'native'), '-o', this.program],
          path.join(root, 'test', 'fixtures', 'ring-owner.cc'),
          path.join(root, 'native', 'kernel', 'bpf.cc'),
        ],
        { stdio: 'pipe' },
      );
    } catch (error) {
      this.missing = (error as Error).message;
    }
  }

  /** An owner that has pinned its maps, in place of those of another one. */
  async own(): Promise<RingOwner> {
    const owner = new RingOwner(this.program, this.pins);
    this.owners.push(owner);
    await owner.ready;
    return owner;
  }

  async release(): Promise<void> {
    await Promise.all(this.owners.map((owner) => owner.end()));
    if (this.mounted) execFileSync('umount', [this.pins]);
    fs.rmSync(this.directory, { recursive: true });
  }

  /** As kernelTest. */
  readonly test: typeof kernelTest = (name, run, timeout) => {
    if (this.missing === undefined) kernelTest(name, run, timeout);
    else test(`${name} (skipped)`, () => console.log(`skipped: ${this.missing}`));
  };
}

export class RingOwner {
  /** Resolves when its maps are pinned. */
  readonly ready: Promise<void>;
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: Interface;
  private readonly ended: Promise<unknown>;

  constructor(program: string, directory: string) {
    this.child = spawn(program, [directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'exit');
    this.lines = createInterface(this.child.stdout);
    this.ready = this.answer('ready');
  }

  /** Writes records into both ring buffers. */
  async write(count: number): Promise<void> {
    const done = this.answer('done');
    this.child.stdin.write(`${count}\n`);
    await done;
  }

  /** Its pins stay. */
  async end(): Promise<void> {
    this.child.stdin.end();
    await this.ended;
  }

  private async answer(expected: string): Promise<void> {
    const [line] = (await Promise.race([once(this.lines, 'line'), this.ended])) as unknown[];
    if (line !== expected) throw new Error(`ring-owner said ${String(line)}, not ${expected}`);
  }
}
