/** System calls by number and by name, on the architecture this process runs on. */
import { invalidArgument } from '../validate';
import { SYSCALL_TABLES } from './syscall-tables';

/** Numbers the tracer can choose by: kSyscallNumbers in native/kernel/tracer_program.h. */
const NUMBERS = 1024;

const names: (string | undefined)[] = [];
const numbers = new Map<string, number>();
for (const [first, words] of SYSCALL_TABLES[process.arch] ?? []) {
  words.split(' ').forEach((name, index) => {
    names[first + index] = name;
    numbers.set(name, first + index);
  });
}

/**
 * The name of a system call, such as `'openat'`; `'syscall_N'` for a number that has none here.
 * @param number an integer of the running architecture's table
 */
export function syscallName(number: number): string {
  return names[number] ?? `syscall_${number}`;
}

/** The number of a system call; undefined for a name that this architecture does not have. */
export function syscallNumber(name: string): number | undefined {
  return numbers.get(name);
}

/** Names by number, with gaps. */
export function syscallNames(): readonly (string | undefined)[] {
  return names;
}

/** Numbers of system calls given by name or number. @throws TapioError ERR_INVALID_ARGUMENT */
export function checkSyscalls(name: string, given: readonly unknown[]): number[] {
  return given.map((each, index) => {
    const number = typeof each === 'string' ? numbers.get(each) : each;
    if (Number.isInteger(number) && (number as number) >= 0 && (number as number) < NUMBERS)
      return number as number;
    throw invalidArgument(
      `${name}[${index}]`,
      each,
      `the name of a system call of ${process.arch}, or a number from 0 to ${NUMBERS - 1}`,
    );
  });
}
