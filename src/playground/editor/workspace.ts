/** The session's files in the editor: which there are, which are open, which is in front. */
import { computed, signal } from '@preact/signals';
import { decode } from '../../../sandbox/core/bytes.ts';
import { DisposableStore, type Disposable } from '../../../sandbox/core/disposable.ts';
import type { Files } from '../../../sandbox/runtimes/runtime.ts';
import { editor, Uri } from './monaco.ts';
import { OpenFile } from './open-file.ts';

/** Larger ones are shown and not edited: Monaco would hold up the page while it colours and measures them. */
const MAX_EDITABLE_BYTES = 1_000_000;

/** A byte 0, or what stands for bytes that are not UTF-8: written again, they would be others. */
// oxlint-disable-next-line no-control-regex -- it is what tells a binary file
const NOT_TEXT = /[\0\uFFFD]/;

export interface EditorTab {
  file: OpenFile;
  model: editor.ITextModel;
  /** Why it cannot be edited, for the learner. */
  readOnly: string | undefined;
  viewState: editor.ICodeEditorViewState | null;
}

export class Workspace implements Disposable {
  readonly paths = signal<string[]>([]);
  readonly tabs = signal<EditorTab[]>([]);
  readonly active = signal<EditorTab | undefined>(undefined);
  readonly unsaved = computed(() => this.tabs.value.some((tab) => tab.file.dirty.value));

  #files: Files;
  #owned = new DisposableStore();
  #opening = new Map<string, Promise<EditorTab>>();

  constructor(files: Files) {
    this.#files = files;
    this.#owned.add(
      files.watch(({ path, kind }) => {
        if (kind === 'remove' || !this.paths.value.includes(path)) void this.refresh();
        void this.#tab(path)?.file.changed();
      }),
    );
    void this.refresh();
  }

  async refresh(): Promise<void> {
    const entries = await this.#files.list();
    this.paths.value = entries.map((entry) => entry.path).sort();
  }

  /** Opens `path`, or brings it to the front. A file that does not exist yet is written with the first key. */
  async open(path: string, { inFront = true } = {}): Promise<void> {
    let opening = this.#opening.get(path);
    if (!opening) {
      opening = this.#load(path);
      this.#opening.set(path, opening);
    }
    const tab = await opening;
    if (this.#owned.disposed) return;
    if (!this.tabs.value.includes(tab)) this.tabs.value = [...this.tabs.value, tab];
    if (inFront || !this.active.value) this.active.value = tab;
  }

  close(tab: EditorTab): void {
    this.#opening.delete(tab.file.path);
    const left = this.tabs.value.filter((other) => other !== tab);
    this.tabs.value = left;
    if (this.active.value === tab) this.active.value = left.at(-1);
    tab.file.dispose();
    tab.model.dispose();
  }

  /** Writes everything unsaved: before a command uses the files, and before the page goes. */
  async saveAll(): Promise<void> {
    await Promise.all(this.tabs.value.map((tab) => tab.file.save()));
  }

  dispose(): void {
    for (const tab of this.tabs.value) {
      tab.file.dispose();
      tab.model.dispose();
    }
    this.#owned.dispose();
  }

  #tab(path: string): EditorTab | undefined {
    return this.tabs.value.find((tab) => tab.file.path === path);
  }

  async #load(path: string): Promise<EditorTab> {
    const bytes = await this.#files.read(path).catch(() => new Uint8Array(0));
    const text = decode(bytes);
    const readOnly =
      bytes.length > MAX_EDITABLE_BYTES
        ? `${(bytes.length / 1e6).toFixed(1)} MB is more than the editor takes: this is to read only. The shell can change it.`
        : NOT_TEXT.test(text)
          ? 'This file is not text. It is shown, and cannot be edited here.'
          : undefined;
    const model = editor.createModel(
      text,
      readOnly ? 'plaintext' : languageOf(path, text),
      Uri.from({ scheme: 'workspace', path: `/${path}` }),
    );
    model.updateOptions({ tabSize: 2, insertSpaces: true });
    const file = new OpenFile(this.#files, path, text, {
      getText: () => model.getValue(),
      // An edit, so that Ctrl-Z brings back what the shell replaced.
      setText: (next) =>
        model.pushEditOperations(null, [{ range: model.getFullModelRange(), text: next }], () => null),
    });
    model.onDidChangeContent(() => file.edited());
    return { file, model, readOnly, viewState: null };
  }
}

function languageOf(path: string, text: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/\.ya?ml$/.test(name)) return 'yaml';
  if (name.endsWith('.json')) return 'json';
  if (/\.[mc]?js$/.test(name)) return 'javascript';
  if (/^(Dockerfile|Containerfile)|\.dockerfile$/.test(name)) return 'dockerfile';
  if (/\.(sh|bash)$/.test(name) || text.startsWith('#!')) return 'shell';
  return 'plaintext';
}
