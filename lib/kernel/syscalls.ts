/** System calls by number and by name, on the architecture this process runs on. */
import { invalidArgument } from '../validate';
import { SYSCALL_TABLES } from './syscall-tables';

/** Numbers of each table that the tracer can choose by: kSyscallNumbers in native/kernel/tracer_program.h. */
const NUMBERS = 1024;

/** The table of 32-bit programs on the architecture this process runs on. */
const COMPAT_TABLES: Readonly<Record<string, string>> = { x64: 'ia32', arm64: 'arm' };

/** Names by number with gaps, those of the 32-bit table NUMBERS higher, as native code has them. */
const names: (string | undefined)[] = [];
/** What the native table calls it. */
const numbers = new Map<string, number>();
/** Likewise the 32-bit table, NUMBERS higher. */
const compatNumbers = new Map<string, number>();

function read(table: string | undefined, base: number, numbersOf: Map<string, number>): void {
  for (const [first, words] of SYSCALL_TABLES[table ?? ''] ?? []) {
    words.split(' ').forEach((name, index) => {
      names[base + first + index] = name;
      numbersOf.set(name, base + first + index);
    });
  }
}
read(process.arch, 0, numbers);
read(COMPAT_TABLES[process.arch], NUMBERS, compatNumbers);

/**
 * The name of a system call, such as `'openat'`; `'syscall_N'` for a number that has none here.
 * @param number an integer of the running architecture's table
 */
export function syscallName(number: number): string {
  return (number < NUMBERS ? names[number] : undefined) ?? `syscall_${number}`;
}

/** The number of a system call; undefined for a name that this architecture does not have. */
export function syscallNumber(name: string): number | undefined {
  return numbers.get(name);
}

/** Whether 64-bit or 32-bit programs have a system call of this name. */
export function isSyscallName(name: string): boolean {
  return numbers.has(name) || compatNumbers.has(name);
}

/** Names by number, with gaps. */
export function syscallNames(): readonly (string | undefined)[] {
  return names.slice(0, NUMBERS);
}

/** The same, and 1024 higher those of the 32-bit table. */
export function tracerSyscallNames(): readonly (string | undefined)[] {
  return names;
}

/**
 * What native code chooses system calls by: a name means the calls of both tables, a number one of this architecture's.
 * @throws TapioError ERR_INVALID_ARGUMENT
 */
export function checkSyscalls(name: string, given: readonly unknown[]): number[] {
  return given.flatMap((each, index) => {
    if (typeof each === 'string') {
      const found = [numbers.get(each), compatNumbers.get(each)].filter((number) => number !== undefined);
      if (found.length > 0) return found;
    } else if (Number.isInteger(each) && (each as number) >= 0 && (each as number) < NUMBERS) {
      return [each as number];
    }
    throw invalidArgument(
      `${name}[${index}]`,
      each,
      `the name of a system call of ${process.arch} or its 32-bit programs, or a number from 0 to ${NUMBERS - 1}`,
    );
  });
}
