/** `docker version` */
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: '[OPTIONS]',
  short: 'Show the Docker version information',
  args: [0, 0],
  run: async ({ process }) => {
    const part = (name: string, rows: [string, string][]) =>
      `${name}\n${rows.map(([key, value]) => ` ${`${key}:`.padEnd(18)} ${value}\n`).join('')}`;
    await process.print(
      `${part('Client:', [
        ['Version', '28.5.2'],
        ['API version', '1.51'],
        ['OS/Arch', 'linux/amd64'],
        ['Context', 'default'],
      ])}\n${part('Server: Slipway’s own engine', [
        ['API version', '1.51'],
        ['OS/Arch', 'linux/amd64'],
      ])}`,
    );
  },
};
