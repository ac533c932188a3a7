/**
 * The web page: an expression, its answer as a table or over time, the targets and the alerts. One document without
 * anything from elsewhere.
 */
import { toolPage } from '../tool-page.ts';

const STYLE = `
textarea { width: 100%; box-sizing: border-box; font-family: ui-monospace, monospace; }
[role=tab][aria-selected=true] { border-color: var(--accent); font-weight: 600; }
td.value { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; } svg text { fill: var(--quiet); font-size: 11px; } .grid { stroke: var(--line); }
.key { display: inline-block; width: .9em; height: .9em; border-radius: .2em; margin-right: .4em; vertical-align: -.1em; }
`;

const SCRIPT = `
const COLOURS = ['#c4532f', '#3a6fc4', '#2f8f5b', '#8a4fbf', '#a87b00', '#007f8c', '#c23d7a', '#6b7280'];
const shown = (metric) => {
  const { __name__: name = '', ...labels } = metric;
  const texts = Object.entries(labels).map(([label, value]) => label + '=' + JSON.stringify(value));
  return name + (texts.length || !name ? '{' + texts.join(', ') + '}' : '');
};
async function ask(path, parameters) {
  const query = parameters ? '?' + new URLSearchParams(parameters) : '';
  const response = await fetch('api/v1/' + path + query);
  const answer = await response.json();
  if (answer.status !== 'success') throw new Error(answer.errorType + ': ' + answer.error);
  return answer;
}
let view = 'table';
async function run() {
  const expression = $('expression').value.trim();
  if (!expression) return;
  $('status').textContent = '…';
  $('status').className = 'quiet';
  try {
    const started = performance.now();
    const answer = view === 'table' ? await ask('query', { query: expression }) : await askRange(expression);
    const { resultType, result } = answer.data;
    const count = Array.isArray(result[0]) || typeof result[0] === 'object' ? result.length : 1;
    $('status').textContent = 'Load time: ' + Math.round(performance.now() - started) + ' ms, result series: ' + count;
    $('notes').replaceChildren(...[...(answer.warnings || []), ...(answer.infos || [])].map((text) => make('li', text)));
    $('result').replaceChildren(...(view === 'table' ? asTable(resultType, result) : asGraph(result)));
  } catch (error) {
    $('status').textContent = String(error.message);
    $('status').className = 'bad';
    $('notes').replaceChildren();
    $('result').replaceChildren();
  }
}
function askRange(expression) {
  const range = Number($('range').value);
  return ask('query', { query: 'time()' }).then(({ data }) => {
    const now = data.result[0];
    return ask('query_range', { query: expression, start: now - range, end: now, step: Math.max(range / 120, 1) });
  });
}
function asTable(type, result) {
  if (type === 'scalar' || type === 'string') return [table([[type], ['Value', 'value']], [[type, result[1]]])];
  if (result.length === 0) return [make('p', 'This query currently returns no data.', { class: 'quiet' })];
  const value = (series) => series.value ? series.value[1] : series.values.map(([time, text]) => text + ' @' + time).join('\\n');
  return [table([['Series'], ['Value', 'value']], result.map((series) => [make('code', shown(series.metric)), value(series)]))];
}
function asGraph(result) {
  const all = result.flatMap(({ values }) => values);
  const numbers = all.map(([, text]) => Number(text)).filter(Number.isFinite);
  if (numbers.length === 0) return [make('p', 'This query currently returns no data.', { class: 'quiet' })];
  const [width, height, left, bottom] = [900, 320, 60, 24];
  const times = all.map(([time]) => time);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  let [low, high] = [Math.min(0, ...numbers), Math.max(...numbers)];
  if (low === high) high = low + 1;
  const x = (time) => left + ((time - from) / (to - from || 1)) * (width - left - 10);
  const y = (value) => 10 + (1 - (value - low) / (high - low)) * (height - bottom - 20);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 ' + width + ' ' + height);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'Graph of ' + result.length + ' series from ' + low + ' to ' + high + '; the last values stand below');
  const draw = (name, attributes, text) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    svg.append(element);
  };
  for (let step = 0; step <= 4; step++) {
    const value = low + ((high - low) * step) / 4;
    draw('line', { x1: left, x2: width - 10, y1: y(value), y2: y(value), class: 'grid' });
    draw('text', { x: left - 6, y: y(value) + 4, 'text-anchor': 'end' }, String(Number(value.toPrecision(3))));
  }
  for (const time of [from, (from + to) / 2, to])
    draw('text', { x: x(time), y: height - 6, 'text-anchor': time === from ? 'start' : time === to ? 'end' : 'middle' },
      new Date(time * 1000).toISOString().slice(11, 19));
  result.forEach(({ values }, index) => {
    const points = values.filter(([, text]) => Number.isFinite(Number(text)));
    draw('polyline', { points: points.map(([time, text]) => x(time) + ',' + y(Number(text))).join(' '),
      fill: 'none', stroke: COLOURS[index % COLOURS.length], 'stroke-width': 2,
      'stroke-dasharray': index < COLOURS.length ? '' : '6 3' });
  });
  const rows = result.map(({ metric, values }, index) => {
    const name = make('span');
    name.append(make('span', '', { class: 'key', style: 'background:' + COLOURS[index % COLOURS.length], 'aria-hidden': 'true' }), make('code', shown(metric)));
    return [name, values.at(-1)[1]];
  });
  return [svg, table([['Series'], ['Last value', 'value']], rows)];
}
async function showTargets() {
  try {
    const { data } = await ask('targets', { state: 'active' });
    const rows = data.activeTargets.map((target) => [
      target.scrapePool,
      make('code', target.scrapeUrl),
      make('span', target.health.toUpperCase(), { class: target.health === 'up' ? 'good' : target.health === 'down' ? 'bad' : 'quiet' }),
      target.lastError || (target.lastScrape.startsWith('0001') ? 'never' : target.lastScrape.slice(11, 19)),
    ]);
    $('targets').replaceChildren(rows.length ? table([['Job'], ['Endpoint'], ['State'], ['Last scrape or error']], rows)
      : make('p', 'No targets.', { class: 'quiet' }));
    const alerts = (await ask('alerts')).data.alerts;
    $('alerts').replaceChildren(alerts.length
      ? table([['Alert'], ['State'], ['Since'], ['Labels']], alerts.map((alert) => [alert.labels.alertname,
        make('span', alert.state.toUpperCase(), { class: alert.state === 'firing' ? 'bad' : 'quiet' }), alert.activeAt.slice(11, 19), make('code', shown(alert.labels))]))
      : make('p', 'No alert is pending or firing.', { class: 'quiet' }));
  } catch (error) {
    $('targets').replaceChildren(make('p', String(error.message), { class: 'bad' }));
  }
}
$('form').addEventListener('submit', (event) => { event.preventDefault(); run(); });
$('expression').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); run(); }
});
const tabs = [...document.querySelectorAll('[role=tab]')];
function select(tab) {
  view = tab.dataset.view;
  for (const each of tabs) {
    each.setAttribute('aria-selected', String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
  }
  $('result').setAttribute('aria-labelledby', tab.id);
  $('ranges').hidden = view === 'table';
  run();
}
for (const tab of tabs) {
  tab.addEventListener('click', () => select(tab));
  tab.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
    const other = tabs.find((each) => each !== tab);
    other.focus();
    select(other);
  });
}
$('range').addEventListener('change', run);
$('refresh').addEventListener('click', showTargets);
showTargets();
`;

export const WEB_PAGE = toolPage({
  title: 'Prometheus',
  accent: 'light-dark(#b5442a, #ff9d7e)',
  style: STYLE,
  script: SCRIPT,
  body: `<form id="form">
<label for="expression">Expression (Enter runs it, Shift+Enter begins a line)</label>
<textarea id="expression" rows="2" spellcheck="false" autocomplete="off" placeholder="sum by (job) (up)"></textarea>
<div class="row">
<button type="submit">Execute</button>
<div role="tablist" aria-label="How the answer is shown" class="row">
<button type="button" role="tab" id="tab-table" data-view="table" aria-selected="true" aria-controls="result">Table</button>
<button type="button" role="tab" id="tab-graph" data-view="graph" aria-selected="false" aria-controls="result" tabindex="-1">Graph</button>
</div>
<span id="ranges" hidden><label for="range">Range</label>
<select id="range"><option value="300">5 minutes</option><option value="900" selected>15 minutes</option><option value="3600">1 hour</option><option value="21600">6 hours</option></select></span>
<span id="status" class="quiet" role="status"></span>
</div>
</form>
<ul id="notes"></ul>
<div id="result" role="tabpanel" aria-labelledby="tab-table" tabindex="0"></div>
<section aria-labelledby="targets-head"><h2 id="targets-head">Targets</h2><button type="button" id="refresh">Refresh</button><div id="targets"></div></section>
<section aria-labelledby="alerts-head"><h2 id="alerts-head">Alerts</h2><div id="alerts"></div></section>`,
});
