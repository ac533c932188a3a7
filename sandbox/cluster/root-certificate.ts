/**
 * The certificate of the authority that pods are given (`kube-root-ca.crt`) where nothing is served over
 * TLS: requests inside the tab are not encrypted, so nothing is ever signed with it and its key was thrown
 * away. It looks as kubeadm makes one. A served cluster has an authority of its own.
 */
export const ROOT_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIDETCCAfmgAwIBAgIUePclyx3Rtwr7OhPshh7zPqYI9y8wDQYJKoZIhvcNAQEL
BQAwFTETMBEGA1UEAwwKa3ViZXJuZXRlczAeFw0yNTAxMDEwMDAwMDBaFw00NTAx
MDEwMDAwMDBaMBUxEzARBgNVBAMMCmt1YmVybmV0ZXMwggEiMA0GCSqGSIb3DQEB
AQUAA4IBDwAwggEKAoIBAQDaKfcoKEhzJOTtgUGZm5j8ADTeOHbFXuruJjQTROyn
EwCpuCzDox6lLdncu92nq6eQoC8BeTIBrktdDHQUDxcDGCkhcIvH8ag0XdpNDgR5
2M7oidEcAYXqThZ17/AquWex9ns+YIhzDRdUEz59S3xZ2SgGSX8rF3f++XvTXsov
H5AghHqmic3YRSK96lAYoyx3Dz4AVSDVvadTpwQfN7H7TxDbn8vBoz7dcqGe/5DE
H8an158WqpNjPmtsVAWTUhyrBwQCjuGZEESFExk+dkYdeQalXpAMm5Ut76WrY9NX
Y68hw8bmhZS/fM5xTgeVd5V3gVTtT+YWgeEYfYCICx3PAgMBAAGjWTBXMA4GA1Ud
DwEB/wQEAwICpDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBQPFdvMw5vXX0MJ
N7wGY6hXCW9FtDAVBgNVHREEDjAMggprdWJlcm5ldGVzMA0GCSqGSIb3DQEBCwUA
A4IBAQBqs0T5UyBf92xqJNuouu8keFtQ4UzPZlu4bnVJAq+HUUlrRbnPVw8p2nck
+L+flWekyvdG9heAwB46S+q6V05KgEI4lrDdJJYRFv7adI6W5TPJg8zkXd/fMX/w
VhORr4UviXCZbCpVIwJ/1oiyf2D0y60pmaEBT/JrDhiYCRJYZb3K7wTkBZ+SiPMY
4eqAf7Ov+fU8s6ospz/4einiVUcJLm6DiGhHtm9lENXYQR34GVvIsfXVBX3YDygE
MLhSr0RhVYqk/TT0Ofcv1rdEhUOfg8Kg5FxA1f0tEU03kDSXJSs4LyRdjxfrvGiX
QgsVlyEzR8hwVxtCMygnf8brfqxc
-----END CERTIFICATE-----
`;
