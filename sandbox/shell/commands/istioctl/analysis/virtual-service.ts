/** What VirtualServices refer to, and rules that nothing reaches. */
import { fullHost, type MeshObject, type MeshObjects } from '../mesh-objects.ts';
import type { Analyzer, Findings } from './message.ts';

interface Destination {
  host: string;
  subset?: string;
  port?: { number?: number };
}

const notFound = (what: string, value: string): string =>
  `Referenced ${what} not found: ${JSON.stringify(value)}`;

export const virtualServices: Analyzer = (findings) => {
  const { objects } = findings;
  const subsets = subsetsOf(objects);
  for (const object of objects.all('VirtualService')) {
    gateways(findings, object);
    for (const destination of routeDestinations(object))
      checkDestination(findings, object, destination, subsets, ['host', 'host+subset in destinationrule']);
    for (const destination of mirrors(object))
      checkDestination(findings, object, destination, subsets, [
        'mirror host',
        'mirror+subset in destinationrule',
      ]);
    validity(findings, object);
    unreachableRules(findings, object);
  }
  conflicts(findings);
};

/** `host+subset` of all DestinationRules. */
function subsetsOf(objects: MeshObjects): Set<string> {
  const known = new Set<string>();
  for (const { metadata, spec } of objects.all('DestinationRule'))
    for (const { name } of spec?.subsets ?? [])
      known.add(`${fullHost(spec.host, metadata.namespace ?? '')}+${name}`);
  return known;
}

const routeDestinations = ({ spec }: MeshObject): Destination[] =>
  [...(spec?.http ?? []), ...(spec?.tcp ?? []), ...(spec?.tls ?? [])].flatMap((rule: any) =>
    (rule.route ?? []).map((route: any) => route.destination),
  );

const mirrors = ({ spec }: MeshObject): Destination[] =>
  (spec?.http ?? []).flatMap((rule: any) => [
    ...(rule.mirror ? [rule.mirror] : []),
    ...(rule.mirrors ?? []).map((each: any) => each.destination),
  ]);

function checkDestination(
  { objects, report }: Findings,
  object: MeshObject,
  destination: Destination | undefined,
  subsets: ReadonlySet<string>,
  [hostName, subsetName]: readonly [string, string],
): void {
  if (!destination) return;
  const { host, subset, port } = destination;
  const namespace = object.metadata.namespace ?? '';
  const mark = `host: ${host}`;
  const service = objects.serviceAt(host, namespace);
  if (!service) report('Error', 'IST0101', object, notFound(hostName, host), mark);
  else {
    const ports: number[] = (service.spec.ports ?? []).map((each: { port: number }) => each.port);
    if (port?.number === undefined && ports.length > 1)
      report(
        'Error',
        'IST0112',
        object,
        `This VirtualService routes to a service ${JSON.stringify(host)} that exposes multiple ports [${ports.join(' ')}]. Specifying a port in the destination is required to disambiguate.`,
        mark,
      );
    if (port?.number !== undefined && !ports.includes(port.number))
      report('Error', 'IST0101', object, notFound('host:port', `${host}:${port.number}`), mark);
  }
  if (subset && !subsets.has(`${fullHost(host, namespace)}+${subset}`))
    report('Error', 'IST0101', object, notFound(subsetName, `${host}+${subset}`), mark);
}

/** There is no kind Gateway of Istio's here: whatever is named but `mesh` is not there. */
function gateways({ report }: Findings, object: MeshObject): void {
  for (const name of object.spec?.gateways ?? [])
    if (name !== 'mesh') report('Error', 'IST0101', object, notFound('gateway', name), name);
}

function validity({ report }: Findings, object: MeshObject): void {
  const { spec = {} } = object;
  const refuse = (reason: string) => report('Error', 'IST0106', object, `Schema validation error: ${reason}`);
  if (!spec.http?.length && !spec.tcp?.length && !spec.tls?.length)
    refuse('http, tcp or tls must be provided in virtual service');
  const hosts: string[] = spec.hosts ?? [];
  if (hosts.includes('*'))
    refuse('wildcard host * is not allowed for virtual services bound to the mesh gateway');
  hosts.forEach((host, index) => {
    if (hosts.indexOf(host) < index) refuse(`duplicate hosts in virtual service: ${host} & ${host}`);
  });
  for (const { route = [] } of spec.http ?? []) {
    const weights: number[] = route.map(({ weight = 0 }: { weight?: number }) => weight);
    if (route.length > 1 && weights.every((weight) => weight === 0)) refuse('total destination weight = 0');
  }
}

function unreachableRules({ report }: Findings, object: MeshObject): void {
  const seen = new Map<string, string>();
  let everythingMatched = false;
  (object.spec?.http ?? []).forEach((rule: any, index: number) => {
    const name = rule.name ? JSON.stringify(rule.name) : `#${index}`;
    const unused = (reason: string) =>
      report('Warning', 'IST0130', object, `VirtualService rule ${name} not used (${reason}).`);
    if (!rule.match?.length) {
      if (everythingMatched) unused('only the last rule can have no matches');
      everythingMatched = true;
      return;
    }
    let duplicates = 0;
    rule.match.forEach((match: unknown, at: number) => {
      if (everythingMatched) return unused('route without matches defined before');
      const text = JSON.stringify(match);
      const first = seen.get(text);
      if (first !== undefined) {
        duplicates++;
        report(
          'Info',
          'IST0131',
          object,
          `VirtualService rule ${name} match #${at} is not used (duplicate/overlapping match in rule ${first}).`,
        );
      } else seen.set(text, name);
    });
    if (duplicates > 0 && duplicates === rule.match.length) unused('all matches used by prior rules');
  });
}

/** Two that define the same host for the mesh. */
function conflicts({ objects, report }: Findings): void {
  const byHost = new Map<string, MeshObject[]>();
  for (const object of objects.all('VirtualService')) {
    const gatewayNames: string[] = object.spec?.gateways ?? [];
    if (gatewayNames.length > 0 && !gatewayNames.includes('mesh')) continue;
    for (const host of object.spec?.hosts ?? []) {
      const full = fullHost(host, object.metadata.namespace ?? '');
      byHost.set(full, [...(byHost.get(full) ?? []), object]);
    }
  }
  for (const [host, found] of byHost) {
    if (found.length < 2) continue;
    const names = found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
    for (const object of found)
      report(
        'Error',
        'IST0109',
        object,
        `The VirtualServices ${names.join(',')} associated with mesh gateway define the same host */${host} which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.`,
        'name:',
      );
  }
}
