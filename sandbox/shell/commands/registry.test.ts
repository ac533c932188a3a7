import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from './registry.ts';

const here = import.meta.dirname;
const folders = readdirSync(here).filter((name) => statSync(join(here, name)).isDirectory());

test('every command’s folder is in the table', () => {
  expect(folders.filter((name) => !Object.hasOwn(COMMANDS, name))).toEqual([]);
});

test.each(Object.keys(COMMANDS).filter((name) => name !== 'kubectl'))(
  '%s exports a program',
  async (name) => {
    expect(typeof (await COMMANDS[name]!()).program).toBe('function');
  },
);
