/**
 * Envoy's administration interface, as far as people look into it: `/certs`, `/clusters`, `/stats/prometheus`,
 * `/server_info`, `/ready`, `/config_dump` with the secrets alone.
 */
import { jsonResponse, textResponse, type HttpRequest, type HttpResponse } from '../../core/http.ts';
import { sha256 } from '../../core/sha256.ts';
import { ISTIO_VERSION } from '../images/istio/istio.ts';
import type { Proxy } from './proxy.ts';
import type { ProxyIdentity } from './proxy-identity.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';

export interface Administered {
  proxy: Proxy;
  identity: ProxyIdentity;
  metrics: ProxyMetrics;
}

const DAY_MS = 86_400_000;

export async function answerAdministration(
  { path }: HttpRequest,
  { proxy, identity, metrics }: Administered,
): Promise<HttpResponse> {
  switch (path.split('?')[0]) {
    case '/certs':
      return jsonResponse(200, await certificates(identity));
    case '/config_dump':
      return jsonResponse(200, { configs: [await secrets(identity)] });
    case '/clusters':
      return textResponse(200, clusters(proxy));
    case '/stats/prometheus':
      return textResponse(200, metrics.text());
    case '/ready':
      return textResponse(200, 'LIVE\n');
    case '/server_info':
      return jsonResponse(200, { version: `istio-proxy ${ISTIO_VERSION}`, state: 'LIVE' });
    default:
      return textResponse(
        404,
        'invalid path. admin commands are:\n  /certs\n  /clusters\n  /config_dump\n  /ready\n  /server_info\n  /stats/prometheus\n',
      );
  }
}

type Certificate = Awaited<ReturnType<ProxyIdentity['certificate']>>['certificate'];

async function certificates(identity: ProxyIdentity): Promise<object> {
  const { certificate, identity: uri } = await identity.certificate();
  const described = (each: Certificate, names: object[]) => ({
    path: '<inline>',
    serial_number: each.serialNumber,
    subject_alt_names: names,
    days_until_expiration: String(Math.floor((each.notAfter.getTime() - identity.nowMs()) / DAY_MS)),
    valid_from: each.notBefore.toISOString().replace('.000Z', 'Z'),
    expiration_time: each.notAfter.toISOString().replace('.000Z', 'Z'),
  });
  return {
    certificates: [
      { ca_cert: [described(identity.root, [])], cert_chain: [described(certificate, [{ uri }])] },
    ],
  };
}

/** `SecretsConfigDump`; the private key is not told, as Envoy has it. */
async function secrets(identity: ProxyIdentity): Promise<object> {
  const { certificate, hash } = await identity.certificate();
  const pem = (each: Certificate) => ({ inline_bytes: btoa(`${each.toString('pem')}\n`) });
  const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
  return {
    '@type': 'type.googleapis.com/envoy.admin.v3.SecretsConfigDump',
    dynamic_active_secrets: [
      {
        name: 'default',
        version_info: hash.slice(0, 16),
        last_updated: certificate.notBefore.toISOString(),
        secret: {
          '@type': type,
          name: 'default',
          tls_certificate: {
            certificate_chain: pem(certificate),
            private_key: { inline_bytes: 'W3JlZGFjdGVkXQ==' },
          },
        },
      },
      {
        name: 'ROOTCA',
        version_info: sha256(new Uint8Array(identity.root.rawData)).slice(0, 16),
        last_updated: identity.root.notBefore.toISOString(),
        secret: {
          '@type': type,
          name: 'ROOTCA',
          validation_context: { trusted_ca: pem(identity.root) },
        },
      },
    ],
  };
}

/** `CLUSTER::ADDRESS::NAME::VALUE` lines. */
function clusters(proxy: Proxy): string {
  return proxy.clusters
    .list()
    .flatMap(({ name, upstream }) =>
      upstream.hosts.map((host) => {
        const at = `${name}::${host.endpoint.address}:${host.endpoint.port}`;
        const flags = upstream.isEjected(host) ? '/failed_outlier_check' : 'healthy';
        return `${at}::rq_active::${host.active}\n${at}::health_flags::${flags}\n`;
      }),
    )
    .join('');
}
