// Lines over time (uPlot). The same numbers stand beside it as text, so the drawing itself is a picture with a description.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { coloursAt, onTheme } from "../lib/colours";
import { number } from "../lib/i18n";
import { timeWithSeconds } from "../lib/format";

export interface Line {
  name: string;
  token: string; // of its colour
  dash: number[]; // lines differ by more than colour
}

interface Props {
  label: string;
  lines: readonly Line[];
  columns: readonly (readonly number[])[]; // the times in seconds, then one of values for each line
}

const HEIGHT = 230;
const SPAN_MIN_S = 60; // what the axis of time shows at least

function make(box: HTMLElement, lines: readonly Line[], columns: uPlot.AlignedData): uPlot {
  const colour = coloursAt(box);
  const axis = { stroke: colour("--ink-2"), font: `14px ${getComputedStyle(box).fontFamily}`, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  return new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [null, 34, null, null], // half of the last time
      scales: { x: { range: (_, first, last) => [Math.min(first, last - SPAN_MIN_S), last] }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
      axes: [
        { ...axis, space: 110, size: 34, values: (_, ticks) => ticks.map((at) => timeWithSeconds(at * 1000)) },
        { ...axis, size: box.clientWidth < 420 ? 48 : 76, values: (_, ticks) => ticks.map((value) => (Number.isInteger(value) ? number(value) : "")) },
      ],
      series: [{}, ...lines.map(({ name, token, dash }) => ({ label: name, stroke: colour(token), width: 3, dash, points: { show: false } }))],
    },
    columns,
    box,
  );
}

export function Plot({ label, lines, columns }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = columns as unknown as uPlot.AlignedData;

  useEffect(() => {
    const element = box.current!;
    const draw = (columnsNow: uPlot.AlignedData) => {
      plot.current?.destroy();
      plot.current = make(element, lines, columnsNow);
    };
    draw(data);
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    const endTheme = onTheme(() => draw(plot.current?.data ?? data));
    return () => {
      resize.disconnect();
      endTheme();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [lines]);
  useEffect(() => plot.current?.setData(data));

  return (
    <figure class="plot">
      <div ref={box} role="img" aria-label={label} />
      <figcaption class="legend">
        {lines.map(({ name, token, dash }, i) => (
          <span key={name}>
            <svg class="line" viewBox="0 0 28 6" aria-hidden="true"><path d="M0 3h28" stroke-width="3" stroke-dasharray={dash.join(" ")} class={token.slice(2)} /></svg>
            {name} <b class="num">{number(columns[i + 1]?.at(-1) ?? 0)}</b>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
