/**
 * One terminal on the page: xterm and the connection behind it. Output is acknowledged when xterm has parsed
 * it, so that a program that writes without end waits for the screen. Reopened, it shows the scrollback again.
 */
import { FitAddon } from '@xterm/addon-fit';
import type { SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { effect, signal } from '@preact/signals';
import { DisposableStore, type Disposable } from '../../../sandbox/core/disposable.ts';
import { encode } from '../../../sandbox/core/bytes.ts';
import { commandKeys } from '../../../sandbox/runtimes/command-keys.ts';
import type { Session, TerminalConnection } from '../../../sandbox/runtimes/runtime.ts';
import { cssVariable, pageTheme } from '../page-theme.ts';
import { fontSizePx, screenReaderMode } from './terminal-settings.ts';
import { terminalTheme } from './terminal-theme.ts';
import type { CommandPlace, Reader } from './waiting-commands.ts';

/** Enough to look back on a lesson; a line costs about 12 bytes a column. */
const SCROLLBACK_LINES = 5000;

/** Bracketed paste: a shell turns it on at its prompt, and off for the program that it starts. */
const PASTE_MODE = 2004;

export interface TerminalEvents {
  /** `edit FILE` in the shell. */
  onEdit(path: string): void;
  onExit(exitCode: number): void;
}

export class TerminalView implements CommandPlace, Disposable {
  readonly name: string;
  readonly element = document.createElement('div');
  readonly reader = signal<Reader>('unknown');

  #xterm: Terminal;
  #onLink: (url: string) => boolean;
  #fit = new FitAddon();
  #owned = new DisposableStore();
  #connection: TerminalConnection | undefined;
  /** Subscriptions of the present connection. */
  #attached = new DisposableStore();
  #opened = false;
  /** Loaded by the first search. */
  #search: Promise<SearchAddon> | undefined;

  /** @param onLink takes what is clicked on instead of a new tab of the browser. False: the tab is opened. */
  constructor(name: string, onLink: (url: string) => boolean) {
    this.name = name;
    this.#onLink = onLink;
    this.element.className = 'terminal-screen';
    this.#xterm = new Terminal({
      allowProposedApi: true,
      cursorBlink: true,
      fontFamily: cssVariable('mono'),
      fontSize: fontSizePx.value,
      lineHeight: 1.2,
      scrollback: SCROLLBACK_LINES,
      theme: terminalTheme(pageTheme.value),
      // xterm lightens what a program's own colours leave unreadable on the theme's ground.
      minimumContrastRatio: 4.5,
    });
    this.#owned.add(this.#xterm);
    this.#xterm.loadAddon(this.#fit);
    this.#xterm.attachCustomKeyEventHandler((event) => this.#ownKey(event));
    this.#owned.add(this.#xterm.onData((text) => this.#connection?.write(encode(text))));
    this.#owned.add(
      this.#xterm.onBinary((text) => this.#connection?.write(Uint8Array.from(text, (c) => c.charCodeAt(0)))),
    );
    for (const [final, reader] of [
      ['h', 'prompt'],
      ['l', 'program'],
    ] as const) {
      this.#owned.add(
        this.#xterm.parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
          // vim takes pastes in brackets too, on the other screen.
          const shell = this.#xterm.buffer.active.type === 'normal';
          if (modes.includes(PASTE_MODE)) this.reader.value = shell ? reader : 'program';
          return false;
        }),
      );
    }
    this.#owned.add(this.#xterm.onResize(({ cols, rows }) => this.#connection?.resize(cols, rows)));
  }

  /**
   * Marks the next place above (or below) where `text` stands in the output. Rejects when the search cannot be loaded.
   * @param incremental the text is still being typed: a place that matches already is kept.
   */
  async find(text: string, { below = false, incremental = false } = {}): Promise<void> {
    this.#search ??= import('@xterm/addon-search').then(({ SearchAddon }) => {
      const addon = new SearchAddon();
      this.#xterm.loadAddon(addon);
      return addon;
    });
    const search = await this.#search;
    if (below) search.findNext(text, { incremental });
    else search.findPrevious(text, { incremental });
  }

  endFind(): void {
    void this.#search?.then((search) => search.clearDecorations());
  }

  /** Shows it in `container`, which must be in the page. */
  open(container: HTMLElement): void {
    container.append(this.element);
    if (this.#opened) return this.fit();
    this.#opened = true;
    this.#xterm.open(this.element);
    // What nobody needs for the first prompt comes after it; without it addresses are plain text.
    import('@xterm/addon-web-links')
      .then(({ WebLinksAddon }) =>
        this.#xterm.loadAddon(
          new WebLinksAddon((_event, url) => {
            if (!this.#onLink(url)) window.open(url, '_blank', 'noopener');
          }),
        ),
      )
      .catch(() => {});
    this.#xterm.textarea?.setAttribute(
      'aria-label',
      'Terminal input. Tab completes words; F6 leaves the terminal.',
    );
    const observer = new ResizeObserver(() => this.fit());
    observer.observe(this.element);
    this.#owned.add({ dispose: () => observer.disconnect() });
    this.#owned.add({
      dispose: effect(() => void (this.#xterm.options.theme = terminalTheme(pageTheme.value))),
    });
    this.#owned.add({
      dispose: effect(() => void (this.#xterm.options.screenReaderMode = screenReaderMode.value)),
    });
    this.#owned.add({
      dispose: effect(() => {
        this.#xterm.options.fontSize = fontSizePx.value;
        this.fit();
      }),
    });
    this.fit();
  }

  /** Takes the room there is. Does nothing while hidden. */
  fit(): void {
    if (this.element.clientWidth > 0 && this.element.clientHeight > 0) this.#fit.fit();
  }

  /** Takes it off the page; it goes on following its shell. */
  hide(): void {
    this.element.remove();
  }

  focus(): void {
    this.#xterm.focus();
  }

  /** Shows the terminal called `name` of `session`; what was shown before is cleared. */
  async attach(session: Session, events: TerminalEvents): Promise<void> {
    this.detach();
    const attached = new DisposableStore();
    this.#attached = attached;
    this.#xterm.reset();
    this.reader.value = 'unknown';
    const { cols, rows } = this.#xterm;
    const connection = await session.terminals.open({ name: this.name, columns: cols, rows });
    if (attached.disposed) return;
    this.#connection = connection;
    attached.add(
      connection.onOutput((bytes) => new Promise<void>((resolve) => this.#xterm.write(bytes, resolve))),
    );
    attached.add(connection.onEdit((path) => events.onEdit(path)));
    attached.add(connection.onExit((exitCode) => events.onExit(exitCode)));
    if (cols !== this.#xterm.cols || rows !== this.#xterm.rows)
      connection.resize(this.#xterm.cols, this.#xterm.rows);
  }

  /** Stops following; the shell runs on. */
  detach(): void {
    this.#attached.dispose();
    this.#connection = undefined;
  }

  /** Ends the shell. */
  close(): void {
    this.#connection?.close();
    this.dispose();
  }

  /** Types `command` and presses Enter, visibly: what a button does is what the learner could have typed. */
  run(command: string): void {
    // Before the shell has read it: a second command must not reach the program that the first one starts.
    if (this.reader.peek() === 'prompt') this.reader.value = 'program';
    this.#connection?.write(encode(commandKeys(command)));
    this.#xterm.scrollToBottom();
  }

  /** The GPU's renderer, where there is a GPU; xterm draws with the DOM otherwise. */
  async accelerate(): Promise<void> {
    if (!hasGpu()) return;
    try {
      const { WebglAddon } = await import('@xterm/addon-webgl');
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose());
      this.#xterm.loadAddon(webgl);
    } catch {
      // No WebGL here: the DOM renderer stays.
    }
  }

  dispose(): void {
    this.detach();
    this.#owned.dispose();
    this.element.remove();
  }

  /** Keys that are the page's rather than the shell's. False: xterm leaves the event to the browser. */
  #ownKey(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown') return true;
    const modifier = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    // Left to the browser, whose copy event xterm answers with the selection; without one it is SIGINT.
    if (modifier && key === 'c' && this.#xterm.hasSelection()) {
      setTimeout(() => this.#xterm.clearSelection());
      return false;
    }
    if (modifier && key === 'v') return false;
    if (event.key === 'F6') return false;
    return true;
  }
}

/** WebGL in software draws a terminal more slowly than the DOM does. */
function hasGpu(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|software/i.test(renderer);
}
