/**
 * Executable files. An image's binaries are real files, so that they can be listed, copied, removed and
 * lose their x bit; inside, after an ELF header's first bytes, stands the name of the `Program` that runs.
 */
import { decode, encode } from '../../core/bytes.ts';
import type { Program } from '../../os/machine.ts';

const HEADER = '\x7fELF\x02\x01\x01\x00slipway:';

/** Contents of a binary that runs the program called `name`. */
export const executable = (name: string): Uint8Array => encode(`${HEADER}${name}\n`);

/** The program's name, or undefined when the contents are no binary of ours. */
export function programNameOf(contents: Uint8Array): string | undefined {
  if (contents[0] !== 0x7f || contents.length > 200) return undefined;
  const text = decode(contents);
  return text.startsWith(HEADER) ? text.slice(HEADER.length, -1) : undefined;
}

/** The interpreter line of a script (`#!/bin/sh -e` → `['/bin/sh', '-e']`), or undefined. */
export function interpreterOf(contents: Uint8Array): string[] | undefined {
  if (contents[0] !== 0x23 || contents[1] !== 0x21) return undefined;
  const end = contents.indexOf(10);
  const line = decode(contents.subarray(2, end < 0 ? contents.length : Math.min(end, 255))).trim();
  const space = line.search(/\s/);
  if (space < 0) return line ? [line] : undefined;
  return [line.slice(0, space), line.slice(space).trim()];
}

/** Programs by the name in their binary, loaded when first run. */
export type ProgramTable = ReadonlyMap<string, () => Promise<Program> | Program>;
