/** The add-ons that watch: `prometheus` counts, `jaeger` follows requests. */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { startApiEndpoint, type ApiEndpointOptions } from './api-endpoint.ts';
import { jaegerManifests } from './jaeger.ts';
import { applyManifests } from './manifest.ts';
import { prometheusManifests } from './prometheus.ts';

/** Puts what is not there yet, and lets pods reach the API. */
export async function installObservability(
  addons: readonly string[],
  options: ApiEndpointOptions,
): Promise<Disposable> {
  const resources = new DisposableStore();
  if (addons.includes('prometheus')) {
    resources.add(await startApiEndpoint(options));
    await applyManifests(options.client, prometheusManifests());
  }
  if (addons.includes('jaeger')) await applyManifests(options.client, jaegerManifests());
  return resources;
}
