/** The certificates of a proxy, out of its configuration dump, as `proxy-config secret` shows them. */
import { X509Certificate } from '../../../core/x509.ts';
import { tableText } from './table.ts';

interface Secret {
  name: string;
  secret: {
    tls_certificate?: { certificate_chain: { inline_bytes: string } };
    validation_context?: { trusted_ca: { inline_bytes: string } };
  };
}

const time = (date: Date): string => date.toISOString().replace('.000Z', 'Z');

/** @param dump JSON of `/config_dump` */
export function secretRows(dump: string, nowMs: number): string {
  const { configs } = JSON.parse(dump) as { configs: { dynamic_active_secrets?: Secret[] }[] };
  const rows = configs.flatMap(({ dynamic_active_secrets: secrets = [] }) =>
    secrets.map(({ name, secret }) => {
      const chain = secret.tls_certificate?.certificate_chain.inline_bytes;
      const certificate = new X509Certificate(
        atob(chain ?? secret.validation_context!.trusted_ca.inline_bytes),
      );
      const { notBefore, notAfter, serialNumber } = certificate;
      const isValid = notBefore.getTime() <= nowMs && nowMs < notAfter.getTime();
      return [
        name,
        chain === undefined ? 'CA' : 'Cert Chain',
        'ACTIVE',
        String(isValid),
        serialNumber,
        time(notAfter),
        time(notBefore),
      ];
    }),
  );
  return tableText(
    ['RESOURCE NAME', 'TYPE', 'STATUS', 'VALID CERT', 'SERIAL NUMBER', 'NOT AFTER', 'NOT BEFORE'],
    rows,
  );
}
