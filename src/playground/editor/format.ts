/** Format on demand: Shift-Alt-F, or from the editor's menu. */
import { languages } from 'monaco-editor/editor';
import { DisposableStore, type Disposable } from '../../../sandbox/core/disposable.ts';
import { formatJson, formatYaml } from './format-text.ts';

export function formatOnDemand(): Disposable {
  const owned = new DisposableStore();
  for (const [language, format] of [
    ['yaml', formatYaml],
    ['json', formatJson],
  ] as const) {
    owned.add(
      languages.registerDocumentFormattingEditProvider(language, {
        displayName: 'Slipway',
        provideDocumentFormattingEdits: (model) => {
          const text = format(model.getValue());
          return text === undefined ? [] : [{ range: model.getFullModelRange(), text }];
        },
      }),
    );
  }
  return owned;
}
