/**
 * Makes `istio-1.30.json` from Istio's sources (github.com/istio/istio, Apache-2.0, tag 1.30.3):
 * `node istio.mjs manifests/charts/base/files/crd-all.gen.yaml`. Of Istio's definitions those that the mesh serves;
 * the versions' schemas are one, so it stands there once. Descriptions, which take most of the room, are dropped.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import { withoutDescriptions } from '../gateway/without-descriptions.mjs';

const NAMES = [
  'authorizationpolicies.security.istio.io',
  'destinationrules.networking.istio.io',
  'peerauthentications.security.istio.io',
  'virtualservices.networking.istio.io',
];
/** Of those that are still served; older ones are for storage alone. */
const VERSIONS = ['v1', 'v1beta1'];

const definitions = loadAll(readFileSync(process.argv[2], 'utf8'))
  .filter(({ metadata }) => NAMES.includes(metadata.name))
  .map(({ spec, metadata }) => {
    const { group, names, scope, versions } = spec;
    const { additionalPrinterColumns, schema, subresources } = versions.find(({ name }) => name === 'v1');
    return {
      name: metadata.name,
      spec: { group, names, scope },
      versions: VERSIONS,
      version: withoutDescriptions({ additionalPrinterColumns, schema, subresources }),
    };
  });
writeFileSync(new URL('istio-1.30.json', import.meta.url), `${JSON.stringify(definitions)}\n`);
