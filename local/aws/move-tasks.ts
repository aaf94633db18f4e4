import { randomUUID } from 'node:crypto';
import { ServiceError } from './errors.ts';
import type { Queue } from './queue.ts';

interface Input {
  SourceArn?: string;
  DestinationArn?: string;
}

/**
 * Redrive from a dead-letter queue, here over before `StartMessageMoveTask` answers; on AWS it runs in the background.
 * A moved message is new: other id, sent now, never received; its body, attributes and trace header stay.
 * `DeadLetterQueueSourceArn` stays too, so that a consumer can tell a redriven message.
 */
export function moveTasks(queues: ReadonlyMap<string, Queue>) {
  const tasks: { SourceArn: string; [field: string]: unknown }[] = [];

  const find = (parameter: string, arn: string | undefined): Queue => {
    const queue = [...queues.values()].find(({ plan }) => plan.arn === arn);
    if (queue) return queue;
    throw new ServiceError(
      'ResourceNotFoundException',
      `The resource that you specified for the ${parameter} parameter doesn't exist.`,
      404,
    );
  };

  return {
    StartMessageMoveTask({ SourceArn, DestinationArn }: Input) {
      const source = find('SourceArn', SourceArn);
      if (![...queues.values()].some(({ deadLetter }) => deadLetter === source)) {
        throw new ServiceError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
      }
      const destination = DestinationArn === undefined ? undefined : find('DestinationArn', DestinationArn);
      const toMove = source.counts().visible;
      let moved = 0;
      let failure: string | undefined;
      try {
        source.moveAll(({ body, attributes, traceHeader, movedFrom }) => {
          const target = destination ?? [...queues.values()].find(({ plan }) => plan.arn === movedFrom);
          if (!target)
            throw new ServiceError(
              'CouldNotDetermineMessageSource',
              'The message was not moved here by a redrive policy.',
            );
          target.send({ body, attributes, traceHeader, movedFrom });
          moved += 1;
        });
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        failure = error.code;
      }
      tasks.unshift({
        SourceArn: source.plan.arn,
        DestinationArn,
        StartedTimestamp: Date.now(),
        Status: failure ? 'FAILED' : 'COMPLETED',
        FailureReason: failure,
        ApproximateNumberOfMessagesMoved: moved,
        ApproximateNumberOfMessagesToMove: toMove,
      });
      return { TaskHandle: randomUUID() };
    },

    ListMessageMoveTasks({ SourceArn }: Input) {
      const { arn } = find('SourceArn', SourceArn).plan;
      return { Results: tasks.filter((task) => task.SourceArn === arn).slice(0, 10) };
    },
  };
}
