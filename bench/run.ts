import { measureColdStarts } from './cold-start/measure.ts';
import { measureMessages } from './per-message/measure.ts';
import { measureRequests } from './per-request/measure.ts';
import type { Section } from './section.ts';
import { type Part, prepare } from './setting.ts';

/** How much is measured: rounds, and milliseconds of a variant in one of them. */
export interface Effort {
  cold: { rounds: number };
  message: { rounds: number; milliseconds: number };
  request: { rounds: number; milliseconds: number };
}

/** About two and a half minutes on two cores. */
export const WHOLE: Effort = {
  cold: { rounds: 15 },
  message: { rounds: 20, milliseconds: 120 },
  request: { rounds: 12, milliseconds: 250 },
};

/** A minute on two cores, up to one and a half beside other work: for a look, not for a document. */
export const QUICK: Effort = {
  cold: { rounds: 3 },
  message: { rounds: 5, milliseconds: 60 },
  request: { rounds: 3, milliseconds: 150 },
};

/** Measures what is asked for, one after the other; `folder` is for bundles and the database, and stays. */
export async function runBench(
  parts: readonly Part[],
  effort: Effort,
  { folder, tell }: { folder: string; tell: (line: string) => void },
): Promise<Section[]> {
  tell('building the variants, starting what they talk to');
  const setting = await prepare({ folder, readable: false, parts });
  const counting = (what: string, rounds: number) => {
    let done = 0;
    return () => tell(`${what}: round ${(done += 1)} of ${rounds}`);
  };
  try {
    const sections: Section[] = [];
    if (parts.includes('cold')) {
      for (const entry of ['notifier', 'file-generator'] as const) {
        const tick = counting(`cold start of ${entry}`, effort.cold.rounds);
        sections.push(await measureColdStarts(setting, entry, { ...effort.cold, tick }));
      }
    }
    if (parts.includes('message')) {
      const tick = counting('per message', effort.message.rounds);
      sections.push(await measureMessages(setting, { ...effort.message, tick }));
    }
    if (parts.includes('request')) {
      const tick = counting('per request', 3 * effort.request.rounds);
      sections.push(...(await measureRequests(setting, { ...effort.request, tick })));
    }
    return sections;
  } finally {
    await setting.stop();
  }
}
