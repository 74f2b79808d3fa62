import type { Costs } from "./measure.ts";
import { OPERATIONS, type Operation } from "./subject.ts";

/** What was measured with so many jobs waiting: our costs, then the peer's, in microseconds. */
export interface DepthCosts {
  depth: number;
  ours: Costs;
  peer: Costs;
}

const PANEL = { width: 330, height: 190, left: 52, right: 96, top: 40, bottom: 34 };
const COLUMNS = 2;
const HEAD = 64;
const LABEL_HEIGHT = 16;

/** Draws what each operation costs as the queue grows, as an SVG that suits light and dark pages. Throws RangeError for fewer than two depths. */
export function drawDepthPlot(costs: readonly DepthCosts[], peer: string): string {
  if (costs.length < 2) throw new RangeError("A plot over depths needs at least two of them.");
  const panelWidth = PANEL.left + PANEL.width + PANEL.right;
  const panelHeight = PANEL.top + PANEL.height + PANEL.bottom;
  const width = COLUMNS * panelWidth;
  const height = HEAD + Math.ceil(OPERATIONS.length / COLUMNS) * panelHeight + 12;
  const panels = OPERATIONS.map((operation, index) => {
    const [x, y] = [(index % COLUMNS) * panelWidth, HEAD + Math.floor(index / COLUMNS) * panelHeight];
    return `<g transform="translate(${x + PANEL.left} ${y + PANEL.top})">${drawPanel(operation, costs, peer)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">Microseconds per operation as the queue grows, Self-Serve beside ${peer}</title>
<style>${STYLE}</style>
<rect class="page" width="${width}" height="${height}" rx="8"/>
<text class="title" x="${PANEL.left}" y="30">Cost of an operation as the queue grows</text>
<text class="quiet" x="${PANEL.left}" y="50">Microseconds per operation with 32 in flight, by the number of jobs that wait</text>
${panels.join("\n")}
</svg>
`;
}

const STYLE = `
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2933 }
.title { font-size: 16px; font-weight: 600 } .name { font-weight: 600 }
.page { fill: #ffffff } .quiet { fill: #5f6b7a } .grid { stroke: #e3e8ee } .axis { stroke: #9aa5b1 }
.ours { stroke: #0b6bcb; fill: #0b6bcb } .peer { stroke: #8a94a1; fill: #8a94a1 }
text.ours, text.peer { stroke: none } path { fill: none !important; stroke-width: 2 } path.peer { stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e9f0 } .page { fill: #14181d } .quiet { fill: #9aa7b6 } .grid { stroke: #2a323c } .axis { stroke: #5f6b7a }
  .ours { stroke: #63a9f5; fill: #63a9f5 } .peer { stroke: #8793a1; fill: #8793a1 }
}`;

function drawPanel(operation: Operation, costs: readonly DepthCosts[], peer: string): string {
  const highest = Math.max(...costs.flatMap(({ ours, peer }) => [ours[operation], peer[operation]]));
  const step = tickStep(highest);
  const top = Math.ceil(highest / step) * step;
  const [first = 0, last = 1] = [costs[0], costs.at(-1)].map((cost) => Math.log10(cost?.depth ?? 1));
  const x = (depth: number) => round((PANEL.width * (Math.log10(depth) - first)) / (last - first));
  const y = (value: number) => round(PANEL.height * (1 - value / top));
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const line = (of: "ours" | "peer") => costs.map((cost): Point => [x(cost.depth), y(cost[of][operation])]);
  const [ours, theirs] = [line("ours"), line("peer")];
  return [
    `<text class="name" x="0" y="-14">${operation}</text>`,
    ...ticks.map(
      (tick) =>
        `<line class="${tick === 0 ? "axis" : "grid"}" x2="${PANEL.width}" y1="${y(tick)}" y2="${y(tick)}"/>` +
        `<text class="quiet" x="-8" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
    ...costs.map(
      ({ depth }) =>
        `<text class="quiet" x="${x(depth)}" y="${PANEL.height + 20}" text-anchor="middle">${thousands(depth)}</text>`,
    ),
    drawLine("peer", peer, theirs, labelY(theirs, ours)),
    drawLine("ours", "Self-Serve", ours, labelY(ours, theirs)),
  ].join("\n");
}

type Point = [x: number, y: number];

function drawLine(of: "ours" | "peer", label: string, points: Point[], labelAt: number): string {
  const [endX] = points.at(-1) ?? [0];
  const dots = points.map(([x, y]) => `<circle class="${of}" cx="${x}" cy="${y}" r="3"/>`).join("");
  const path = points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join("");
  return `<path class="${of}" d="${path}"/>${dots}<text class="${of}" x="${endX + 10}" y="${labelAt}">${label}</text>`;
}

/** Beside the line's end, and off the other line's label. */
function labelY(points: Point[], others: Point[]): number {
  const [own = 0, other = 0] = [points.at(-1)?.[1], others.at(-1)?.[1]];
  const push = Math.max(0, LABEL_HEIGHT - Math.abs(own - other)) / 2;
  return round(own + 4 + (own > other ? push : -push));
}

/** A round step that makes three to six ticks. */
function tickStep(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(highest));
  return [0.2, 0.5, 1, 2].map((factor) => factor * power).find((step) => highest / step <= 5) ?? power;
}

function thousands(depth: number): string {
  return depth.toLocaleString("en");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
