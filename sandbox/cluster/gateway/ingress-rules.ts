/** Ingress (networking.k8s.io/v1) as rules of the same table: hosts, paths by type, the default backend. */
import type { Service } from '../client/kinds.ts';
import type { Ingress, IngressBackend } from './ingress-kinds.ts';
import type { CompiledRule } from './route-table.ts';

/** @param servicePort the number of a Service's port by its name */
export function rulesOfIngress(
  ingress: Ingress,
  service: (namespace: string, name: string) => Service | undefined,
): CompiledRule[] {
  const namespace = ingress.metadata.namespace!;
  const route = `${namespace}/${ingress.metadata.name}`;
  const createdMs = Date.parse(ingress.metadata.creationTimestamp ?? '') || 0;
  const rules: CompiledRule[] = [];
  const add = (
    hostname: string | undefined,
    type: 'Exact' | 'PathPrefix',
    value: string,
    backend: IngressBackend,
  ): void => {
    const { name = '', port } = backend.service ?? {};
    const number =
      port?.number ?? service(namespace, name)?.spec.ports?.find((each) => each.name === port?.name)?.port;
    rules.push({
      hostname: hostname?.toLowerCase(),
      match: { path: { type, value } },
      rule: { backendRefs: [{ name, ...(number === undefined ? {} : { port: number }) }] },
      namespace,
      createdMs,
      route,
      order: rules.length,
    });
  };
  const { rules: hosts = [], defaultBackend } = ingress.spec!;
  for (const { host, http } of hosts)
    for (const { path = '/', pathType, backend } of http?.paths ?? [])
      add(host, pathType === 'Exact' ? 'Exact' : 'PathPrefix', path, backend);
  if (defaultBackend) add(undefined, 'PathPrefix', '/', defaultBackend);
  return rules;
}
