/** `nginx`: its configuration, its pages and the tools that are in the alpine variant. */
import { busyboxLayer } from '../busybox/busybox.ts';
import { BUILT_MS, directory, file, symlink } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

const NGINX_CONF = `
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;


events {
    worker_connections  1024;
}


http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    #tcp_nopush     on;

    keepalive_timeout  65;

    #gzip  on;

    include /etc/nginx/conf.d/*.conf;
}
`;

const DEFAULT_CONF = `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

const MIME_TYPES = `
types {
    text/html                                        html htm shtml;
    text/css                                         css;
    text/xml                                         xml;
    image/gif                                        gif;
    image/jpeg                                       jpeg jpg;
    application/javascript                           js;
    application/atom+xml                             atom;
    application/rss+xml                              rss;
    text/mathml                                      mml;
    text/plain                                       txt;
    image/avif                                       avif;
    image/png                                        png;
    image/svg+xml                                    svg svgz;
    image/webp                                       webp;
    image/x-icon                                     ico;
    font/woff                                        woff;
    font/woff2                                       woff2;
    application/json                                 json;
    application/pdf                                  pdf;
    application/wasm                                 wasm;
    application/zip                                  zip;
    application/octet-stream                         bin exe dll iso img;
    audio/mpeg                                       mp3;
    video/mp4                                        mp4;
    video/webm                                       webm;
}
`;

const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto; font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page comes from a web server that was installed a moment ago and works. What it serves
lies in <code>/usr/share/nginx/html</code>; how, in <code>/etc/nginx/conf.d</code>.</p>
</body>
</html>
`;

const ERROR_PAGE = `<!DOCTYPE html>
<html>
<head>
<title>Error</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto; font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>An error occurred.</h1>
<p>The page is not available right now. If this server is yours, its error log says why.</p>
</body>
</html>
`;

/** The scripts are steps of the entry point (see `entrypoint.ts`); the files stand for them. */
const STEP = '#!/bin/sh\nexit 0\n';

const layer = (version: string): Layer =>
  new Layer(
    [
      ...[
        '/docker-entrypoint.d',
        '/etc/nginx',
        '/etc/nginx/conf.d',
        '/run',
        '/usr/share',
        '/usr/share/nginx',
        '/usr/share/nginx/html',
        '/var/cache',
        '/var/cache/nginx',
        '/var/log',
        '/var/log/nginx',
      ].map((path) => directory(path)),
      file('/usr/sbin/nginx', executable('nginx'), 0o755),
      file('/docker-entrypoint.sh', executable('nginx-entrypoint'), 0o755),
      file('/docker-entrypoint.d/20-envsubst-on-templates.sh', STEP, 0o755),
      file('/docker-entrypoint.d/30-tune-worker-processes.sh', STEP, 0o755),
      file('/etc/nginx/nginx.conf', NGINX_CONF),
      file('/etc/nginx/mime.types', MIME_TYPES),
      file('/etc/nginx/conf.d/default.conf', DEFAULT_CONF),
      file('/usr/share/nginx/html/index.html', WELCOME),
      file('/usr/share/nginx/html/50x.html', ERROR_PAGE),
      symlink('/dev/stdout', '/var/log/nginx/access.log'),
      symlink('/dev/stderr', '/var/log/nginx/error.log'),
    ],
    `RUN install nginx ${version}`,
    BUILT_MS,
  );

const image = (version: string) =>
  new Image(
    {
      Entrypoint: ['/docker-entrypoint.sh'],
      Cmd: ['nginx', '-g', 'daemon off;'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `NGINX_VERSION=${version}`],
      ExposedPorts: { '80/tcp': {} },
      StopSignal: 'SIGQUIT',
      Labels: { maintainer: 'Slipway' },
    },
    [busyboxLayer('1.37.0'), layer(version)],
  );

export const tags = {
  '1.27.5': () => image('1.27.5'),
  '1.28.0': () => image('1.28.0'),
  '1.29.3': () => image('1.29.3'),
  '1.27': '1.27.5',
  '1.28': '1.28.0',
  '1.29': '1.29.3',
  '1': '1.29.3',
  alpine: '1.29.3',
  '1-alpine': '1.29.3',
  '1.27-alpine': '1.27.5',
  '1.28-alpine': '1.28.0',
  '1.29-alpine': '1.29.3',
  latest: '1.29.3',
  mainline: '1.29.3',
  stable: '1.28.0',
} as const;
