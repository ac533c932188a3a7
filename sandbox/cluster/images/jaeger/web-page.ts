/**
 * The web page: traces of a service, and one trace as a waterfall, where each bar says in words what it shows. One document
 * without anything from elsewhere, as Prometheus' page is.
 */
import { toolPage } from '../tool-page.ts';

const STYLE = `
table { table-layout: fixed; }
.name { width: 38%; } .time { width: 9rem; } td.time { text-align: right; font-variant-numeric: tabular-nums; }
.track { position: relative; height: .8rem; margin-top: .35rem; } .bar { position: absolute; height: 100%; min-width: 2px; border-radius: .2rem; }
.bad { font-weight: 600; }
@media (max-width: 40rem) { .extra { display: none; } .time { width: 5.5rem; } .name { width: auto; } th, td { padding: .3rem .2rem; } }
.link { background: none; border: none; color: var(--accent); text-decoration: underline; padding: 0; text-align: left; cursor: pointer; }
.tags { margin: 0; padding-left: 1rem; color: var(--quiet); font-size: .85rem; }
`;

const SCRIPT = `
const COLOURS = ['#11808c', '#c4532f', '#3a6fc4', '#2f8f5b', '#8a4fbf', '#a87b00', '#c23d7a', '#6b7280'];
const duration = (us) => us >= 1e6 ? (us / 1e6).toFixed(2) + ' s' : us >= 1e3 ? (us / 1e3).toFixed(2) + ' ms' : Math.round(us) + ' µs';
async function ask(path) {
  const response = await fetch('api/' + path);
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].msg);
  return data;
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
    table([['Service and operation', 'name'], ['Timeline'], ['Duration', 'time']], rows),
  );
  $('trace-head').focus();
}
$('form').addEventListener('submit', (event) => { event.preventDefault(); find(); });
find();
`;

export const WEB_PAGE = toolPage({
  title: 'Jaeger',
  accent: 'light-dark(#11707a, #6fd3de)',
  style: STYLE,
  script: SCRIPT,
  body: `<form id="form" class="row">
<label for="service">Service</label><select id="service"></select>
<label><input type="checkbox" id="failed"> with errors only</label>
<button type="submit">Find traces</button>
<span id="status" class="quiet" role="status"></span>
</form>
<div id="trace"></div>
<div id="list"></div>`,
});
