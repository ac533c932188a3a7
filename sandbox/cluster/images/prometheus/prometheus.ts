/** `prom/prometheus`: the server, its tool, a configuration that has it scrape itself, and busybox as in the image of life. */
import { busyboxLayer } from '../busybox/busybox.ts';
import { BUILT_MS, directory, file } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

const CONFIGURATION = `# my global config
global:
  scrape_interval: 15s # Set the scrape interval to every 15 seconds. Default is every 1 minute.
  evaluation_interval: 15s # Evaluate rules every 15 seconds. The default is every 1 minute.

# Load rules once and periodically evaluate them according to the global 'evaluation_interval'.
rule_files:
  # - "first_rules.yml"

scrape_configs:
  - job_name: "prometheus"
    static_configs:
      - targets: ["localhost:9090"]
        labels:
          app: "prometheus"
`;

const image = (version: string) =>
  new Image(
    {
      Entrypoint: ['/bin/prometheus'],
      Cmd: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/prometheus'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ExposedPorts: { '9090/tcp': {} },
      Volumes: { '/prometheus': {} },
      User: 'nobody',
      WorkingDir: '/prometheus',
    },
    [
      busyboxLayer('1.37.0'),
      new Layer(
        [
          ...['/etc/prometheus', '/prometheus'].map((path) => directory(path, 0o777)),
          file('/bin/prometheus', executable('prometheus'), 0o755),
          file('/bin/promtool', executable('promtool'), 0o755),
          file('/etc/prometheus/prometheus.yml', CONFIGURATION),
        ],
        `COPY prometheus ${version} /bin/prometheus`,
        BUILT_MS,
      ),
    ],
  );

export const tags = {
  'v3.10.0': () => image('3.10.0'),
  'v3.10': 'v3.10.0',
  v3: 'v3.10.0',
  latest: 'v3.10.0',
} as const;
