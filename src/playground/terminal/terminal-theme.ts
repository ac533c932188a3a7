import type { ITheme } from '@xterm/xterm';

/** The sixteen colours on the site's own grounds; each reads at 4.5:1 or better on it. */
export const terminalTheme = (theme: 'light' | 'dark'): ITheme => (theme === 'light' ? LIGHT : DARK);

const DARK: ITheme = {
  background: '#0b1014',
  foreground: '#dcdad2',
  cursor: '#e4704f',
  cursorAccent: '#0b1014',
  selectionBackground: '#2b4a59',
  black: '#2a343c',
  red: '#f08d80',
  green: '#74c493',
  yellow: '#dcb35f',
  blue: '#86bdd6',
  magenta: '#c7a3d6',
  cyan: '#7cc4bf',
  white: '#dcdad2',
  brightBlack: '#7d8890',
  brightRed: '#f7a99f',
  brightGreen: '#95d8ad',
  brightYellow: '#e9c98a',
  brightBlue: '#a9d2e5',
  brightMagenta: '#d9bfe4',
  brightCyan: '#9fd8d4',
  brightWhite: '#fbfaf6',
};

const LIGHT: ITheme = {
  background: '#f3f1ea',
  foreground: '#17212a',
  cursor: '#b8401f',
  cursorAccent: '#f3f1ea',
  selectionBackground: '#c9dde5',
  black: '#17212a',
  red: '#a4291e',
  green: '#1f6a44',
  yellow: '#7d5800',
  blue: '#1b5872',
  magenta: '#71407f',
  cyan: '#17625e',
  white: '#68737c',
  brightBlack: '#5d676f',
  brightRed: '#bb3427',
  brightGreen: '#23704a',
  brightYellow: '#8a6100',
  brightBlue: '#22698a',
  brightMagenta: '#844c94',
  brightCyan: '#1c706b',
  brightWhite: '#414d57',
};
