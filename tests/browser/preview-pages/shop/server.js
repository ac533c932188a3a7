// A shop in one file: pages, a style sheet, pictures, an API and a form, as a learner's first server has them.
const http = require('node:http');

const page = (body) => `<!doctype html>
<html lang="en">
<head>
<title>Shop</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/favicon.ico">
</head>
<body>${body}</body>
</html>`;

const HOME = page(`
<h1>Tea shop</h1>
<img id="logo" src="logo.svg" alt="A cup" width="24" height="24">
<p id="stock">?</p>
<p id="xhr">?</p>
<p id="late">?</p>
<a href="about?from=home">About</a> <a href="https://example.com/">Elsewhere</a> <a href="/old">Old address</a>
<form action="/search"><input name="q" value="green tea"><button>Search</button></form>
<form action="/order" method="post"><input name="what" value="black & strong"><button name="by" value="click">Order</button></form>
<script src="/app.js" defer></script>`);

const APP = `
fetch('api/stock').then((response) => response.json()).then(({ bags }) => {
  document.getElementById('stock').textContent = bags + ' bags';
});
const request = new XMLHttpRequest();
request.open('POST', '/api/echo');
request.setRequestHeader('x-tea', 'oolong');
request.onload = () => (document.getElementById('xhr').textContent = request.status + ' ' + request.responseText);
request.send('steep');
const picture = new Image();
picture.onload = () => (document.getElementById('late').textContent = 'late picture ' + picture.naturalWidth);
picture.src = '/logo.svg';
`;

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><circle cx="12" cy="12" r="12" fill="green"/></svg>';

const answers = {
  '/': ['text/html', HOME],
  '/style.css': ['text/css', '@import "more.css"; h1 { background: url(logo.svg) no-repeat }'],
  '/more.css': ['text/css', 'h1 { color: rgb(1, 2, 3) }'],
  '/app.js': ['text/javascript', APP],
  '/logo.svg': ['image/svg+xml', SVG],
  '/api/stock': ['application/json', '{"bags":12}'],
  '/about': ['text/html', page('<h1>About us</h1><a href="/">Home</a>')],
};

http
  .createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const [path, query = ''] = request.url.split('?');
      const say = (text) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(page(`<h1>${path.slice(1)}</h1><pre>${text}</pre>`));
      };
      if (path === '/old') {
        response.writeHead(301, { location: '/about?moved' });
        return response.end();
      }
      if (path === '/search') return say(query);
      if (path === '/order') return say(`${request.method} ${request.headers['content-type']} ${body}`);
      if (path === '/api/echo') return response.end(`${request.headers['x-tea']} ${body}`);
      const [type, text] = answers[path] || [];
      response.writeHead(type ? 200 : 404, { 'content-type': type || 'text/plain' });
      response.end(text || 'not here\n');
    });
  })
  .listen(8080);
