// One chart. uPlot draws on a canvas; what it cannot know are the colours of the page, which are asked for.

import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { amount, ms } from './words';

export interface Line { label: string; values: (number | null)[]; colour: string; fill?: boolean }

const HEIGHT = 150;

function written(value: number, unit: string): string {
  if (value === 0) return unit === 'bytes' || unit === '' ? '0' : `0 ${unit === '/s' ? '/s' : unit === '%' ? '%' : unit === 'ms' ? 'ms' : ''}`.trim();
  if (unit === 'ms') return ms(value);
  if (unit === 'bytes') return amount(value, unit);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 2;
  const text = Number.isInteger(value) ? String(value) : value.toFixed(digits);
  return unit === '/s' || unit === '%' ? `${text} ${unit}` : text;
}

function options(lines: Line[], unit: string, width: number, colour: (name: string) => string): uPlot.Options {
  const ink = colour('--dim');
  const grid = { stroke: colour('--line'), width: 1 };
  return {
    width,
    height: HEIGHT,
    padding: [10, 28, 0, 0],
    cursor: { sync: { key: 'charts' }, points: { size: 5 }, drag: { x: false, y: false } },
    legend: { show: true, live: true },
    hooks: { setCursor: [legend] },
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(high ?? 1, 1) * 1.08] } },
    axes: [
      { stroke: ink, grid, ticks: { show: false }, font: '11px system-ui', space: 70, size: 26, gap: 6, values: (_, at) => at.map((one) => new Date(one * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })) },
      { stroke: ink, grid, ticks: { show: false }, font: '11px system-ui', size: 62, space: 32, values: (_, at) => at.map((one) => written(one, unit)) },
    ],
    series: [
      { value: (_, at) => (at == null ? '' : new Date(at * 1000).toLocaleTimeString('en-GB')) },
      ...lines.map((line): uPlot.Series => ({
        label: line.label,
        stroke: colour(line.colour),
        ...(line.fill ? { fill: colour(`${line.colour}-soft`) } : {}),
        width: 1.5,
        points: { show: () => line.values.filter((value) => value != null).length < 8, size: 4 },
        spanGaps: false,
        value: (_, value) => (value == null ? '–' : written(value, unit)),
      })),
    ],
  };
}

/** Without a cursor the legend has the values of now. */
function legend(plot: uPlot | undefined): void {
  if (plot && plot.cursor.idx == null) plot.setLegend({ idx: plot.data[0].length - 1 });
}

export function Plot(props: { title: string; unit: string; at: number[]; lines: Line[] }): VNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const labels = props.lines.map((line) => line.label).join();
  const data = [props.at.map((one) => one / 1000), ...props.lines.map((line) => line.values)] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const make = () => {
      plot.current?.destroy();
      const style = getComputedStyle(document.documentElement);
      plot.current = new uPlot(options(props.lines, props.unit, element.clientWidth, (name) => style.getPropertyValue(name).trim()), latest.current, element);
      legend(plot.current);
    };
    make();
    const watcher = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    watcher.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    return () => {
      watcher.disconnect();
      scheme.removeEventListener('change', make);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [labels, props.unit]);
  useEffect(() => {
    plot.current?.setData(data);
    legend(plot.current);
  });
  const now = props.lines.map((line) => {
    const value = line.values.at(-1);
    return `${line.label} ${value == null ? 'none' : written(value, props.unit)}`;
  });
  return (
    <figure class="panel plot">
      <figcaption><h2>{props.title}</h2></figcaption>
      <div ref={place} role="img" aria-label={`${props.title}: ${now.join(', ')}`} />
    </figure>
  );
}
