import type { Figure } from './interleave.ts';
import { judge, noise, type Section } from './section.ts';
import type { Spread } from './statistics.ts';

/** A section as a table of Markdown: median, and in brackets where half of the rounds lay. */
export function report(section: Section): string {
  const { name, unit, figures, notes } = section;
  const differs = section.budgets.some(({ of }) => of === 'more');
  const heads = [
    'variant',
    unit,
    differs ? `more, ${unit}` : 'ratio',
    differs ? `more CPU, ${unit}` : 'CPU ratio',
    'spans',
    'of AWS',
  ];
  const rows = figures.map((figure) => row(figure, differs));
  const verdicts = judge(section).map(
    ({ says, limit, bound, reached, met }) =>
      `${met ? 'met' : 'MISSED'}: ${says} ${reached.toFixed(2)}, budget ${bound === 'most' ? '≤' : '≥'} ${limit}`,
  );
  const noisy = noise(section);
  return [
    `## ${name}`,
    '',
    ...aligned([heads, ...rows]),
    '',
    ...verdicts,
    ...notes,
    ...(noisy ? [`WARNING: ${noisy}`] : []),
    '',
  ].join('\n');
}

function row({ name, value, ratio, cpuRatio, more, cpuMore, spans }: Figure, differs: boolean): string[] {
  const against = differs ? [more, cpuMore] : [ratio, cpuRatio];
  return [name, short(value), ...against.map(short), String(spans.all), String(spans.aws)];
}

const short = ({ median, low, high }: Spread): string => `${digits(median)} (${digits(low)}–${digits(high)})`;

const digits = (value: number): string => value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

function aligned([heads = [], ...rows]: string[][]): string[] {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
