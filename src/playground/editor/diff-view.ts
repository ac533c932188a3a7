/** What the learner wrote against what the cluster holds of it, side by side or inline as there is room. */
import { DisposableStore, type Disposable } from '../../../sandbox/core/disposable.ts';
import type { HttpOrigin } from '../../../sandbox/core/http.ts';
import { cssVariable } from '../page-theme.ts';
import { fontSizePx } from '../terminal/terminal-settings.ts';
import { editor } from './monaco.ts';
import type { EditorTab } from './workspace.ts';
import { ApiSchemas } from './yaml/api-schemas.ts';
import { followHeld } from './yaml/held-manifests.ts';

/** Between the last key and a new look at which objects the text names. */
const FOLLOW_DELAY_MS = 500;

export class DiffView implements Disposable {
  #owned = new DisposableStore();

  constructor(
    container: HTMLElement,
    { model }: EditorTab,
    cluster: { kube: HttpOrigin; namespace: string },
  ) {
    const held = this.#owned.add(editor.createModel('', 'yaml'));
    const view = editor.createDiffEditor(container, {
      automaticLayout: true,
      readOnly: true,
      originalAriaLabel: 'What you wrote',
      modifiedAriaLabel: 'What the cluster holds',
      fontFamily: cssVariable('mono'),
      fontSize: fontSizePx.value,
      lineHeight: 1.55,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      renderOverviewRuler: false,
      ignoreTrimWhitespace: false,
      hideUnchangedRegions: { enabled: false },
      lineNumbersMinChars: 3,
    });
    view.setModel({ original: model, modified: held });
    const schemas = new ApiSchemas(cluster.kube);
    let following: Disposable | undefined;
    const follow = () => {
      following?.dispose();
      following = followHeld(model.getValue(), { ...cluster, schemas }, (text) => {
        if (!held.isDisposed() && held.getValue() !== text) held.setValue(text);
      });
    };
    let timer: ReturnType<typeof setTimeout>;
    this.#owned.add(
      model.onDidChangeContent(() => {
        clearTimeout(timer);
        timer = setTimeout(follow, FOLLOW_DELAY_MS);
      }),
    );
    this.#owned.add({
      dispose: () => {
        clearTimeout(timer);
        following?.dispose();
        // Models outlive the view that shows them.
        view.setModel(null);
        view.dispose();
      },
    });
    follow();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
