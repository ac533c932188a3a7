/** A plot of measured points as an SVG that reads in light and in dark: linear axes from zero, one line. */

export interface Point {
  x: number;
  y: number;
}

export interface Plot {
  title: string;
  xLabel: string;
  yLabel: string;
  points: readonly Point[];
}

const WIDTH = 640;
const HEIGHT = 400;
const MARGIN = { left: 64, right: 24, top: 48, bottom: 56 };
/** Ticks an axis has at most. */
const TICKS = 6;

export function linePlot({ title, xLabel, yLabel, points }: Plot): string {
  const xStep = niceStep(Math.max(...points.map(({ x }) => x)));
  const yStep = niceStep(Math.max(...points.map(({ y }) => y)));
  const xMax = xStep * Math.ceil(Math.max(...points.map(({ x }) => x)) / xStep);
  const yMax = yStep * Math.ceil(Math.max(...points.map(({ y }) => y)) / yStep);
  const [left, right] = [MARGIN.left, WIDTH - MARGIN.right];
  const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
  const atX = (x: number) => round(left + ((right - left) * x) / xMax);
  const atY = (y: number) => round(bottom - ((bottom - top) * y) / yMax);
  const lines: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    '<style>text{fill:#24292f}.grid{stroke:#8c959f;stroke-opacity:.35}.line{stroke:#0969da;fill:none;stroke-width:2}.dot{fill:#0969da}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.line{stroke:#58a6ff}.dot{fill:#58a6ff}}</style>',
    `<text x="${left}" y="24" font-size="15" font-weight="600">${title}</text>`,
  ];
  for (let y = 0; y <= yMax; y += yStep) {
    lines.push(`<line class="grid" x1="${left}" x2="${right}" y1="${atY(y)}" y2="${atY(y)}"/>`);
    lines.push(`<text x="${left - 8}" y="${atY(y) + 4}" text-anchor="end">${label(y)}</text>`);
  }
  for (let x = 0; x <= xMax; x += xStep) {
    lines.push(`<text x="${atX(x)}" y="${bottom + 20}" text-anchor="middle">${label(x)}</text>`);
  }
  lines.push(`<text x="${(left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${xLabel}</text>`);
  lines.push(`<text x="${left}" y="${top - 8}" font-size="12">${yLabel}</text>`);
  lines.push(
    `<polyline class="line" points="${points.map(({ x, y }) => `${atX(x)},${atY(y)}`).join(' ')}"/>`,
  );
  for (const { x, y } of points) {
    lines.push(
      `<circle class="dot" cx="${atX(x)}" cy="${atY(y)}" r="4"><title>${label(x)}: ${y}</title></circle>`,
    );
  }
  return `${lines.join('\n')}\n</svg>\n`;
}

/** 1, 2 or 5 times a power of ten, so that `TICKS` of them are enough. */
function niceStep(most: number): number {
  const least = most / TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least)!;
}

const label = (value: number) => value.toLocaleString('en');
const round = (value: number) => Math.round(value * 10) / 10;
