/** Puts a button beside each command of the lesson's prose, every `sh` block of it, that types it into the terminal. */

export function offerCommands(prose: HTMLElement, shell: { run(command: string): void }): void {
  for (const block of prose.querySelectorAll<HTMLPreElement>('pre[data-language="sh"]')) {
    const command = block.innerText.trim();
    const button = document.createElement('button');
    button.className = 'run-command';
    button.textContent = 'Run';
    button.setAttribute('aria-label', `Run in the terminal: ${command.replace(/\n/g, '; ')}`);
    button.addEventListener('click', () => shell.run(command));
    block.parentElement!.append(button);
  }
}
