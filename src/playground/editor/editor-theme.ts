/** Monaco on the site's paper, in the terminal's colours. */
import { editor } from 'monaco-editor/editor';
import type { ITheme } from '@xterm/xterm';
import { terminalTheme } from '../terminal/terminal-theme.ts';

export function defineEditorThemes(): void {
  for (const theme of ['light', 'dark'] as const) {
    const light = theme === 'light';
    const colours = terminalTheme(theme) as Required<
      Pick<
        ITheme,
        | 'background'
        | 'foreground'
        | 'blue'
        | 'cyan'
        | 'green'
        | 'magenta'
        | 'yellow'
        | 'brightBlack'
        | 'selectionBackground'
        | 'cursor'
        | 'red'
      >
    >;
    const line = light ? '#e3dfd4' : '#26313a';
    const raised = light ? '#ffffff' : '#161e25';
    const faint = light ? '#a8a294' : '#4a5761';
    editor.defineTheme(`slipway-${theme}`, {
      base: light ? 'vs' : 'vs-dark',
      inherit: true,
      rules: [
        { token: 'comment', foreground: colours.brightBlack.slice(1), fontStyle: 'italic' },
        { token: 'type', foreground: colours.blue.slice(1) },
        { token: 'key', foreground: colours.blue.slice(1) },
        { token: 'string', foreground: colours.foreground.slice(1) },
        { token: 'string.yaml', foreground: colours.foreground.slice(1) },
        { token: 'number.yaml', foreground: colours.magenta.slice(1) },
        { token: 'number', foreground: colours.magenta.slice(1) },
        { token: 'keyword', foreground: colours.magenta.slice(1) },
        { token: 'operators', foreground: colours.brightBlack.slice(1) },
        { token: 'delimiter', foreground: colours.brightBlack.slice(1) },
        { token: 'variable', foreground: colours.cyan.slice(1) },
      ],
      colors: {
        'editor.background': colours.background,
        'editor.foreground': colours.foreground,
        'editorCursor.foreground': colours.cursor,
        'editor.selectionBackground': colours.selectionBackground,
        'editor.lineHighlightBackground': light ? '#eeebe2' : '#111920',
        'editor.lineHighlightBorder': '#00000000',
        'editorLineNumber.foreground': faint,
        'editorLineNumber.activeForeground': colours.brightBlack,
        'editorIndentGuide.background1': line,
        'editorIndentGuide.activeBackground1': faint,
        'editorGutter.background': colours.background,
        'editorWidget.background': raised,
        'editorWidget.border': light ? '#c9c3b4' : '#3a4751',
        'editorHoverWidget.background': raised,
        'editorHoverWidget.border': light ? '#c9c3b4' : '#3a4751',
        'editorSuggestWidget.background': raised,
        'editorSuggestWidget.border': light ? '#c9c3b4' : '#3a4751',
        'editorSuggestWidget.selectedBackground': light ? '#e4eef2' : '#17303c',
        'editorSuggestWidget.selectedForeground': colours.foreground,
        'editorSuggestWidget.highlightForeground': colours.blue,
        'editorSuggestWidget.focusHighlightForeground': colours.blue,
        'editorError.foreground': colours.red,
        'editorWarning.foreground': colours.yellow,
        focusBorder: colours.blue,
        'scrollbarSlider.background': light ? '#17212a22' : '#ece8df1c',
        'scrollbarSlider.hoverBackground': light ? '#17212a38' : '#ece8df30',
        'editorOverviewRuler.border': '#00000000',
      },
    });
  }
}
