/** Puts a button beside each command of the lesson's prose that types it into the terminal. */

export function offerCommands(prose: HTMLElement, shell: { run(line: string): void }): void {
  for (const block of prose.querySelectorAll<HTMLPreElement>('pre[data-language="sh"]')) {
    const lines = block.innerText.trim().split('\n');
    // What spans lines is to read and adapt, not to run as it stands.
    if (lines.length !== 1 || lines[0] === '') continue;
    const button = document.createElement('button');
    button.className = 'run-command';
    button.textContent = 'Run';
    button.setAttribute('aria-label', `Run in the terminal: ${lines[0]}`);
    button.addEventListener('click', () => shell.run(lines[0]!));
    block.parentElement!.append(button);
  }
}
