import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../sandbox/core/bytes.ts';
import { ManualClock } from '../../../sandbox/core/clock.ts';
import { FileNotFound, type Files } from '../../../sandbox/runtimes/runtime.ts';
import { AUTOSAVE_MS, OpenFile, type EditorBuffer } from './open-file.ts';

/** A workspace of one file, and an editor that is a string. */
function setUp(text: string) {
  const workspace = { text: text as string | undefined, writes: 0, full: false };
  const files: Files = {
    list: async () => [],
    read: async (path) => {
      if (workspace.text === undefined) throw new FileNotFound(path);
      return encode(workspace.text);
    },
    write: async (_, contents) => {
      if (workspace.full) throw new Error('No space left on device');
      workspace.text = decode(contents);
      workspace.writes++;
    },
    remove: async () => {},
    watch: () => ({ dispose() {} }),
  };
  const screen = { text };
  const buffer: EditorBuffer = { getText: () => screen.text, setText: (next) => (screen.text = next) };
  const clock = new ManualClock();
  const file = new OpenFile(files, 'web.yaml', text, buffer, (callback, ms) =>
    clock.setTimeout(callback, ms),
  );
  const type = (next: string) => {
    screen.text = next;
    file.edited();
  };
  return { workspace, screen, clock, file, type };
}

describe('an open file', () => {
  test('is written once, shortly after the last key', async () => {
    const { workspace, clock, file, type } = setUp('a');
    type('ab');
    await clock.advance(AUTOSAVE_MS - 1);
    type('abc');
    expect(file.dirty.value).toBe(true);
    await clock.advance(AUTOSAVE_MS);
    expect(workspace).toMatchObject({ text: 'abc', writes: 1 });
    expect(file.dirty.value).toBe(false);
  });

  test('follows the shell while nothing is unsaved', async () => {
    const { workspace, screen, file } = setUp('a');
    workspace.text = 'from the shell';
    await file.changed();
    expect(screen.text).toBe('from the shell');
    expect(file.dirty.value).toBe(false);
  });

  test('asks when both changed it, and loses neither meanwhile', async () => {
    const { workspace, screen, clock, file, type } = setUp('a');
    type('mine');
    workspace.text = 'theirs';
    await file.changed();
    expect(file.conflict.value).toEqual({ theirs: 'theirs' });
    type('mine, and more');
    await clock.advance(AUTOSAVE_MS * 10);
    expect(workspace.text).toBe('theirs');
    expect(screen.text).toBe('mine, and more');
  });

  test('keeps mine', async () => {
    const { workspace, file, type } = setUp('a');
    type('mine');
    workspace.text = 'theirs';
    await file.changed();
    await file.keepMine();
    expect(workspace.text).toBe('mine');
    expect(file.conflict.value).toBeUndefined();
    expect(file.dirty.value).toBe(false);
  });

  test('takes theirs', async () => {
    const { workspace, screen, file, type } = setUp('a');
    type('mine');
    workspace.text = 'theirs';
    await file.changed();
    file.takeTheirs();
    expect(screen.text).toBe('theirs');
    expect(file.dirty.value).toBe(false);
  });

  test('does not take its own write for somebody else’s', async () => {
    const { screen, clock, file, type } = setUp('a');
    type('ab');
    await clock.advance(AUTOSAVE_MS);
    type('abc');
    await file.changed();
    expect(file.conflict.value).toBeUndefined();
    expect(screen.text).toBe('abc');
  });

  test('a removed file stays on the screen and comes back with the next key', async () => {
    const { workspace, screen, clock, file, type } = setUp('a');
    workspace.text = undefined;
    await file.changed();
    expect(screen.text).toBe('a');
    expect(file.removed.value).toBe(true);
    type('a ');
    await clock.advance(AUTOSAVE_MS);
    expect(workspace.text).toBe('a ');
    expect(file.removed.value).toBe(false);
  });

  test('asks when the file was removed under what is unsaved', async () => {
    const { workspace, file, type } = setUp('a');
    type('mine');
    workspace.text = undefined;
    await file.changed();
    expect(file.conflict.value).toEqual({ theirs: undefined });
    await file.keepMine();
    expect(workspace.text).toBe('mine');
  });

  test('a removed file is written again as it was', async () => {
    const { workspace, file } = setUp('a');
    workspace.text = undefined;
    await file.changed();
    await file.restore();
    expect(workspace.text).toBe('a');
    expect(file.removed.value).toBe(false);
    expect(file.dirty.value).toBe(false);
  });

  test('a file that the shell replaces by removing it first is followed without a question', async () => {
    const { workspace, screen, file } = setUp('a');
    workspace.text = undefined;
    await file.changed();
    workspace.text = 'from the shell';
    await file.changed();
    expect(file.conflict.value).toBeUndefined();
    expect(file.removed.value).toBe(false);
    expect(screen.text).toBe('from the shell');
  });

  test('says when it cannot be written, stays unsaved, and is written when there is room', async () => {
    const { workspace, clock, file, type } = setUp('a');
    workspace.full = true;
    type('ab');
    await clock.advance(AUTOSAVE_MS);
    expect(file.failure.value).toBe('No space left on device');
    expect(file.dirty.value).toBe(true);
    workspace.full = false;
    type('abc');
    await clock.advance(AUTOSAVE_MS);
    expect(workspace.text).toBe('abc');
    expect(file.failure.value).toBeUndefined();
  });
});
