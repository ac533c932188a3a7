/** The one Monaco editor of the page; its model changes with the tab. */
import { effect } from '@preact/signals';
import { DisposableStore, type Disposable } from '../../../sandbox/core/disposable.ts';
import { cssVariable } from '../page-theme.ts';
import { fontSizePx } from '../terminal/terminal-settings.ts';
import { editor, KeyCode, KeyMod } from './monaco.ts';
import type { EditorTab } from './workspace.ts';

export interface EditorActions {
  /** Applies the file in front. */
  apply(): void;
  save(): void;
}

export class EditorView implements Disposable {
  #editor: editor.IStandaloneCodeEditor;
  #owned = new DisposableStore();
  #shown: EditorTab | undefined;

  constructor(container: HTMLElement, actions: EditorActions) {
    this.#editor = editor.create(container, {
      model: null,
      automaticLayout: true,
      ariaLabel:
        'Editor. Tab indents; press Control M and Tab leaves the editor, or F6 goes to the next pane.',
      fontFamily: cssVariable('mono'),
      fontSize: fontSizePx.value,
      lineHeight: 1.55,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      renderLineHighlight: 'line',
      overviewRulerLanes: 0,
      hideCursorInOverviewRuler: true,
      lineNumbersMinChars: 3,
      padding: { top: 10, bottom: 10 },
      fixedOverflowWidgets: true,
      // In a shadow tree the theme's colours do not reach the context menu: it would have no ground.
      useShadowDOM: false,
      quickSuggestions: { other: true, strings: true, comments: false },
      // Enter ends the line when the word is written already.
      acceptSuggestionOnEnter: 'smart',
      // The words of the text would stand between the fields of the schema.
      wordBasedSuggestions: 'off',
      suggest: { showWords: false, preview: false },
      scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10, useShadows: false },
      stickyScroll: { enabled: false },
      accessibilitySupport: 'auto',
    });
    this.#owned.add(this.#editor);
    this.#owned.add(
      this.#editor.addAction({
        id: 'slipway.apply',
        label: 'Apply this file (kubectl apply)',
        keybindings: [KeyMod.CtrlCmd | KeyCode.Enter],
        contextMenuGroupId: '1_modification',
        run: () => actions.apply(),
      }),
    );
    this.#owned.add(
      this.#editor.addAction({
        id: 'slipway.save',
        label: 'Save now (files save themselves)',
        keybindings: [KeyMod.CtrlCmd | KeyCode.KeyS],
        run: () => actions.save(),
      }),
    );
    this.#owned.add({ dispose: effect(() => this.#editor.updateOptions({ fontSize: fontSizePx.value })) });
  }

  show(tab: EditorTab | undefined): void {
    if (tab === this.#shown) return;
    if (this.#shown && !this.#shown.model.isDisposed()) this.#shown.viewState = this.#editor.saveViewState();
    this.#shown = tab;
    this.#editor.setModel(tab?.model ?? null);
    this.#editor.updateOptions({
      readOnly: tab?.readOnly !== undefined,
      readOnlyMessage: { value: tab?.readOnly ?? '' },
    });
    if (tab?.viewState) this.#editor.restoreViewState(tab.viewState);
  }

  focus(): void {
    this.#editor.focus();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
