import { styleText } from 'node:util';
import type { Diagnosis } from '../../telemetry/doctor/diagnosis.ts';

const MARKS = { right: ['✓', 'green'], note: ['!', 'yellow'], wrong: ['✗', 'red'], none: ['·', 'dim'] } as const;
export type Mark = keyof typeof MARKS;

/** How a section is set: its heading, a line with a mark in front, what is less important. */
export interface Typesetter {
  paint: (style: Parameters<typeof styleText>[0], text: string) => string;
  dim: (text: string) => string;
  heading: (text: string) => string;
  line: (mark: Mark, ...parts: string[]) => string;
}

/** With colour, or as plain text. */
export function typesetter(colour: boolean): Typesetter {
  const paint: Typesetter['paint'] = (style, text) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  return {
    paint,
    dim: (text) => paint('dim', text),
    heading: (text) => `\n${paint('bold', text)}`,
    line: (mark, ...parts) => `  ${paint(MARKS[mark][1], MARKS[mark][0])} ${parts.join('  ').trimEnd()}`,
  };
}

/** The two lines below whatever is wrong. */
export const why = (diagnosis: Diagnosis | undefined): string[] =>
  diagnosis ? [`      cause:  ${diagnosis.cause}`, `      remedy: ${diagnosis.remedy}`] : [];
