import type * as real from '../../../telemetry/carry/message.ts';

/** The body and what the work itself wants to know of the arrival; no more is read. */
export const openMessage: typeof real.openMessage = (record) => {
  const { ApproximateReceiveCount: receives, SentTimestamp: sent } = (record.attributes ?? {}) as Record<
    string,
    string
  >;
  return {
    ...parsed(record.body),
    carried: undefined,
    link: undefined,
    status: undefined,
    arrival: {
      messageId: record.messageId,
      receives: Number(receives),
      sentAt: new Date(Number(sent)),
      firstReceivedAt: undefined,
      redriven: false,
      event: { id: undefined, time: undefined, replayName: undefined },
      bytes: 0,
    },
    correlation: {},
  };
};

function parsed(text: unknown): { body: unknown; parseError: Error | undefined } {
  try {
    return { body: JSON.parse(text as string) as unknown, parseError: undefined };
  } catch {
    return { body: undefined, parseError: new SyntaxError('the body is not JSON') };
  }
}
