/**
 * `istioctl dashboard prometheus|jaeger`: opens a way to the page, as `kubectl port-forward` does, and says where it is. No
 * browser is opened: this machine has none.
 */
import { CommandError } from '../kubectl/errors.ts';
import { flag, parseFlags } from '../kubectl/flags.ts';
import { GLOBAL_FLAGS } from '../kubectl/global-flags.ts';
import { Invocation } from '../kubectl/invocation.ts';
import { command as portForward } from '../kubectl/port-forward.ts';
import type { IstioctlCommand } from './istioctl.ts';

/** What there is a page of: its Service, and the Service's port. */
const PAGES: Readonly<Record<string, { service: string; port: number; local: number; addon: string }>> = {
  prometheus: { service: 'prometheus', port: 9090, local: 9090, addon: 'prometheus' },
  jaeger: { service: 'tracing', port: 80, local: 16686, addon: 'jaeger' },
};

export const dashboard: IstioctlCommand = {
  use: 'dashboard prometheus|jaeger',
  short: 'Access to Istio web UIs',
  flags: [
    flag('port,p', 0, 'Local port to listen to'),
    flag('address', 'localhost', 'Address to listen on'),
    flag('browser', true, 'Accepted and without effect.'),
  ],
  run: async (invocation) => {
    const { flags, process } = invocation;
    const [name = ''] = invocation.args;
    const page = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
    if (!page)
      throw new CommandError(`unknown dashboard ${JSON.stringify(name)}; there are prometheus and jaeger`);
    const namespace = flags.string('istioNamespace');
    const found = await invocation.api.get<{ items: { metadata: { name: string } }[] }>(
      `/api/v1/namespaces/${namespace}/services`,
    );
    if (!found.items.some(({ metadata }) => metadata.name === page.service))
      throw new CommandError(`no ${name} pods found: the exercise does not have the add-on ${page.addon}`);
    const local = flags.int('port') || page.local;
    await invocation.print(`http://${flags.string('address')}:${local}\n`);
    const argv = [`service/${page.service}`, `${local}:${page.port}`, '-n', namespace];
    const forwarded = parseFlags(
      [...(portForward.flags ?? []), ...GLOBAL_FLAGS],
      [...argv, `--address=${flags.string('address')}`],
    );
    await portForward.run!(new Invocation(process, 'kubectl port-forward', forwarded));
  },
};
