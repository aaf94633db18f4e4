import type { Forwarding } from '../telemetry/export/forward.ts';

type SentOn = Pick<Forwarding, 'status' | 'problems'>;

/** What became of the spans that were to be sent on, each backend in turn, in one line; what was wrong with the variables is said once more, and who says why. */
export function sentOnAsText({ status, problems }: SentOn): string {
  const backends = status().map(({ exporter, target, exported, dropped, waiting, lastError }) => {
    const lost = [
      dropped > 0 && `${dropped} dropped${lastError ? ` (${lastError.message})` : ''}`,
      waiting > 0 && `${waiting} not accepted in time`,
    ];
    return [`${exporter} ${spans(exported)}${target ? ` to ${target}` : ''}`, ...lost].filter(Boolean).join(', ');
  });
  return [
    `Sent on: ${backends.join('; ') || 'nothing'}.`,
    ...problems.map((problem) => `${problem}.`),
    ...(allSentOn({ status, problems }) ? [] : ['"npm run doctor" says why.']),
  ].join(' ');
}

/** Whether every span reached every backend that was named. */
export const allSentOn = ({ status, problems }: SentOn): boolean =>
  problems.length === 0 && status().every(({ dropped, waiting }) => dropped === 0 && waiting === 0);

/** The same for `--json`; exports that failed are `failed`, spans everything else. */
export const sentOnAsJson = ({ status, problems }: SentOn): object => ({
  backends: status().map(({ exporter, target = null, exported, dropped, failed, waiting, lastError }) => ({
    exporter,
    target,
    exported,
    dropped,
    waiting,
    failed,
    ...(lastError && { last_error: lastError.message }),
  })),
  problems,
});

const spans = (count: number): string => (count === 1 ? '1 span' : `${count} spans`);
