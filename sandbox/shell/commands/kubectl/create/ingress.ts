import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';

interface Path {
  path: string;
  pathType: 'Exact' | 'Prefix';
  backend: object;
}

export const command = generatorCommand({
  use: 'NAME --rule=host/path=service:port[,tls[=secret]] ',
  short: 'Create an ingress with the specified name',
  examples: [
    ['One path', 'kubectl create ingress simple --rule="foo.com/bar=svc1:8080,tls=my-cert"'],
    ['All that begins so', 'kubectl create ingress prefix --rule="foo.com/path*=svc:8080"'],
  ],
  flags: [
    flag('rule', [], 'Rule as host/path=service:port[,tls=secretname]; a path ending in * is a prefix.'),
    flag('class', '', 'Ingress class.'),
    flag('annotation', [], 'Annotation as annotation=value.'),
    flag('default-backend', '', 'Where all other requests go, as svcname:port.'),
  ],
  failure: 'failed to create ingress: ',
  generate: ({ flags }, name) => {
    const rules = flags.list('rule');
    const fallback = flags.string('default-backend');
    if (rules.length === 0 && !fallback)
      throw new CommandError(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      );
    const hosts = new Map<string, Path[]>();
    const tls: { hosts?: string[]; secretName?: string }[] = [];
    for (const rule of rules) {
      const match = /^([^/=,]*)(\/[^=,]*)=([^:,]+):([^,]+)(?:,(tls)(?:=([^,]+))?)?$/.exec(rule);
      if (!match)
        throw new CommandError(
          `rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`,
        );
      const [, host = '', path = '', service = '', port = '', hasTls, secretName] = match;
      const paths = hosts.get(host) ?? [];
      paths.push({
        path: path.replace(/\*$/, ''),
        pathType: path.endsWith('*') ? 'Prefix' : 'Exact',
        backend: backend(service, port),
      });
      hosts.set(host, paths);
      if (hasTls) tls.push({ ...(host ? { hosts: [host] } : {}), ...(secretName ? { secretName } : {}) });
    }
    const annotations = Object.fromEntries(
      flags
        .list('annotation')
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    const [service = '', port = ''] = fallback.split(':');
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
      spec: {
        ...(flags.string('class') ? { ingressClassName: flags.string('class') } : {}),
        ...(fallback ? { defaultBackend: backend(service, port) } : {}),
        ...(tls.length > 0 ? { tls } : {}),
        ...(hosts.size > 0
          ? { rules: [...hosts].map(([host, paths]) => ({ ...(host ? { host } : {}), http: { paths } })) }
          : {}),
      },
      status: { loadBalancer: {} },
    };
  },
});

const backend = (name: string, port: string) => ({
  service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
});
