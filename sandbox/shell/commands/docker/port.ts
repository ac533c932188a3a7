/** `docker port` */
import { ClientError, type DockerCommand } from './command.ts';

interface Inspected {
  NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[]> };
}

export const command: DockerCommand = {
  use: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
  short: 'List port mappings for the container',
  args: [1, 2],
  run: async ({ process, engine, args: [name, wanted] }) => {
    const found = engine.containers.inspect(name!) as Inspected | undefined;
    if (!found) throw new ClientError(`Error response from daemon: No such container: ${name}`);
    const { Ports: ports } = found.NetworkSettings;
    const port = wanted && (wanted.includes('/') ? wanted : `${wanted}/tcp`);
    if (port && !ports[port]) throw new ClientError(`Error: No public port '${port}' published for ${name}`);
    for (const [inner, places] of Object.entries(ports))
      for (const { HostIp, HostPort } of places)
        if (!port) await process.print(`${inner} -> ${HostIp}:${HostPort}\n`);
        else if (port === inner) await process.print(`${HostIp}:${HostPort}\n`);
  },
};
