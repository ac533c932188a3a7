/**
 * Makes `istio-1.30.json` from Istio's sources (github.com/istio/istio, Apache-2.0, tag 1.30.3) and
 * `grpcroute-1.6.json` from the Gateway API's (github.com/kubernetes-sigs/gateway-api, Apache-2.0, tag v1.6.1):
 * `node istio.mjs manifests/charts/base/files/crd-all.gen.yaml config/crd/standard/gateway.networking.k8s.io_grpcroutes.yaml`.
 * Of Istio's definitions those that the mesh serves; the versions' schemas are one, so it stands there once.
 * Descriptions, which take most of the room, are dropped, and the rules of durations and of labels' keys, whose cost
 * the server here puts over its budget (the real one does not): durations have a pattern instead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { load, loadAll } from 'js-yaml';
import { withoutDescriptions } from '../gateway/without-descriptions.mjs';

const NAMES = [
  'authorizationpolicies.security.istio.io',
  'destinationrules.networking.istio.io',
  'peerauthentications.security.istio.io',
  'virtualservices.networking.istio.io',
];
/** Of those that are still served; older ones are for storage alone. */
const VERSIONS = ['v1', 'v1beta1'];

const DURATION = '^([0-9]+(\\.[0-9]+)?(h|m|s|ms|us|ns))+$';

/** In place. */
function withoutCostlyRules(schema) {
  if (typeof schema !== 'object' || schema === null) return;
  const rules = schema['x-kubernetes-validations'];
  if (Array.isArray(rules)) {
    if (rules.some(({ rule }) => rule.startsWith('duration(self)'))) schema.pattern = DURATION;
    const kept = rules.filter(
      ({ rule }) => !/^duration\(self\)|^self\.all\(key, (!key|key\.size)/.test(rule),
    );
    if (kept.length > 0) schema['x-kubernetes-validations'] = kept;
    else delete schema['x-kubernetes-validations'];
  }
  for (const each of Object.values(schema)) withoutCostlyRules(each);
}

const definitions = loadAll(readFileSync(process.argv[2], 'utf8'))
  .filter(({ metadata }) => NAMES.includes(metadata.name))
  .map(({ spec, metadata }) => {
    const { group, names, scope, versions } = spec;
    const { additionalPrinterColumns, schema, subresources } = versions.find(({ name }) => name === 'v1');
    withoutCostlyRules(schema);
    return {
      name: metadata.name,
      spec: { group, names, scope },
      versions: VERSIONS,
      version: withoutDescriptions({ additionalPrinterColumns, schema, subresources }),
    };
  });
writeFileSync(new URL('istio-1.30.json', import.meta.url), `${JSON.stringify(definitions)}\n`);

const grpcRoute = load(readFileSync(process.argv[3], 'utf8'));
// The CEL library knows has() of a field of a name, not of an element.
for (const { schema } of grpcRoute.spec.versions)
  delete schema.openAPIV3Schema.properties.spec.properties.rules['x-kubernetes-validations'];
delete grpcRoute.status;
delete grpcRoute.metadata.creationTimestamp;
writeFileSync(
  new URL('grpcroute-1.6.json', import.meta.url),
  `${JSON.stringify(withoutDescriptions(grpcRoute))}\n`,
);
