/**
 * The web page: traces of a service, and one trace as a waterfall, where each bar says in words what it shows. One document
 * without anything from elsewhere, as Prometheus' page is.
 */

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#c8ccd4, #464b55); --quiet: light-dark(#5b6270, #a4abb8);
  --bad: light-dark(#b3261e, #ff9a8f); --accent: light-dark(#11707a, #6fd3de); }
html { background: light-dark(#fff, #16181d); color: light-dark(#1b1e24, #e8eaee); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 70rem; }
h1 { font-size: 1.2rem; margin: 0 0 .75rem; } h2 { font-size: 1rem; margin: 1rem 0 .5rem; }
select, button, input { font: inherit; border: 1px solid var(--line); border-radius: .3rem; padding: .35rem .6rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.row { display: flex; gap: .5rem; align-items: center; flex-wrap: wrap; margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; } th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.name { width: 38%; } .time { width: 9rem; } td.time { text-align: right; font-variant-numeric: tabular-nums; }
.track { position: relative; height: .8rem; } .bar { position: absolute; height: 100%; min-width: 2px; border-radius: .2rem; }
@media (max-width: 40rem) { .extra { display: none; } .time { width: 5.5rem; } .name { width: auto; } th, td { padding: .3rem .2rem; } }
.quiet { color: var(--quiet); } .bad { color: var(--bad); font-weight: 600; }
.link { background: none; border: none; color: var(--accent); text-decoration: underline; padding: 0; text-align: left; cursor: pointer; }
.tags { margin: 0; padding-left: 1rem; color: var(--quiet); font-size: .85rem; }
`;

const SCRIPT = `
const $ = (id) => document.getElementById(id);
const make = (name, text, attributes) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  return element;
};
const COLOURS = ['#11808c', '#c4532f', '#3a6fc4', '#2f8f5b', '#8a4fbf', '#a87b00', '#c23d7a', '#6b7280'];
const duration = (us) => us >= 1e6 ? (us / 1e6).toFixed(2) + ' s' : us >= 1e3 ? (us / 1e3).toFixed(2) + ' ms' : Math.round(us) + ' µs';
async function ask(path) {
  const response = await fetch('api/' + path);
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].msg);
  return data;
}
function table(heads, rows) {
  const element = make('table');
  const head = element.createTHead().insertRow();
  for (const [text, kind] of heads) head.append(make('th', text, { scope: 'col', class: kind }));
  const body = element.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((cell, index) => {
      const place = row.insertCell();
      place.className = heads[index][1];
      place.append(cell);
    });
  }
  return element;
}
const failed = ({ tags }) => tags.some(({ key, value }) => key === 'error' && value === true);
const span = (trace) => {
  const start = Math.min(...trace.spans.map(({ startTime }) => startTime));
  return [start, Math.max(...trace.spans.map(({ startTime, duration }) => startTime + duration)) - start];
};
const rootOf = (trace) => {
  const ids = new Set(trace.spans.map(({ spanID }) => spanID));
  return trace.spans.find(({ references }) => !references.some(({ spanID }) => ids.has(spanID))) || trace.spans[0];
};
async function loadServices() {
  const services = await ask('services');
  const before = $('service').value;
  $('service').replaceChildren(...services.map((name) => make('option', name, { value: name })));
  if (services.includes(before)) $('service').value = before;
  if (services.length === 0) $('status').textContent = 'No service has sent spans yet.';
}
async function find() {
  try {
    await loadServices();
    const service = $('service').value;
    if (!service) return;
    const tags = $('failed').checked ? '&tag=error:true' : '';
    const traces = await ask('traces?limit=50&service=' + encodeURIComponent(service) + tags);
    $('status').textContent = traces.length + (traces.length === 1 ? ' trace' : ' traces');
    $('list').replaceChildren(table([['Trace', 'name'], ['Services', 'extra'], ['Started', 'time'], ['Duration', 'time']], traces.map((trace) => {
      const [start, length] = span(trace);
      const root = rootOf(trace);
      const open = make('button', trace.processes[root.processID].serviceName + ': ' + root.operationName, { type: 'button', class: 'link' });
      open.addEventListener('click', () => show(trace.traceID));
      const services = [...new Set(Object.values(trace.processes).map(({ serviceName }) => serviceName))].join(', ');
      const cell = make('span', services + ' (' + trace.spans.length + ' spans)');
      if (trace.spans.some(failed)) cell.append(' ', make('span', 'error', { class: 'bad' }));
      return [open, cell, new Date(start / 1000).toISOString().slice(11, 23), duration(length)];
    })));
  } catch (error) {
    $('status').textContent = String(error.message);
  }
}
async function show(id) {
  const [trace] = await ask('traces/' + id);
  const [start, length] = span(trace);
  const services = [...new Set(Object.values(trace.processes).map(({ serviceName }) => serviceName))];
  const ids = new Set(trace.spans.map(({ spanID }) => spanID));
  const children = Map.groupBy(trace.spans, ({ references }) => (references.find(({ spanID }) => ids.has(spanID)) || {}).spanID || '');
  const rows = [];
  const walk = (parent, depth) => {
    for (const each of children.get(parent) || []) {
      const service = trace.processes[each.processID].serviceName;
      const name = make('div', service + ': ' + each.operationName, { style: 'padding-left:' + depth + 'rem' });
      if (failed(each)) name.append(' ', make('span', 'error', { class: 'bad' }));
      const details = make('details');
      details.append(make('summary', 'Tags', { class: 'quiet' }));
      const tags = make('ul', undefined, { class: 'tags' });
      for (const { key, value } of each.tags) tags.append(make('li', key + ' = ' + value));
      details.append(tags);
      name.append(details);
      const from = each.startTime - start;
      const track = make('div', undefined, { class: 'track', role: 'img',
        'aria-label': 'starts ' + duration(from) + ' after the trace, lasts ' + duration(each.duration) });
      const bar = make('div', undefined, { class: 'bar' });
      bar.style.left = Math.min(99.5, (from / (length || 1)) * 100) + '%';
      bar.style.width = (each.duration / (length || 1)) * 100 + '%';
      bar.style.background = COLOURS[services.indexOf(service) % COLOURS.length];
      track.append(bar);
      rows.push([name, track, duration(each.duration)]);
      walk(each.spanID, depth + 1);
    }
  };
  walk('', 0);
  $('trace').replaceChildren(
    make('h2', 'Trace ' + trace.traceID.slice(0, 7) + ', ' + duration(length), { tabindex: '-1', id: 'trace-head' }),
    table([['Service and operation', 'name'], ['Timeline', ''], ['Duration', 'time']], rows),
  );
  $('trace-head').focus();
}
$('form').addEventListener('submit', (event) => { event.preventDefault(); find(); });
find();
`;

export const WEB_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jaeger</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Jaeger</h1>
<form id="form" class="row">
<label for="service">Service</label><select id="service"></select>
<label><input type="checkbox" id="failed"> with errors only</label>
<button type="submit">Find traces</button>
<span id="status" class="quiet" role="status"></span>
</form>
<div id="trace"></div>
<div id="list"></div>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
