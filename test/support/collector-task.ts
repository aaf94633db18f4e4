import type { Backend, Choices } from '../../lib/choices.ts';
import { at, templatesOf, type Templates } from './template.ts';

/** A secret nobody has. */
export const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:nedlia/collector-a1B2c3';

/** What has to be said to have a Collector on Fargate that sends there. */
export const chosen = (...to: Backend[]): Choices => ({
  collector: 'fargate',
  collectorTo: to,
  ...(to.includes('otlp') && { collectorEndpoint: 'https://tempo.example:4318' }),
  ...(to.includes('coralogix') && { coralogixDomain: 'eu2.coralogix.com' }),
  ...(to.includes('coralogix') && { collectorSecret: SECRET }),
});

/** How ECS runs the Collector: what `otelcol-contrib` is called with. */
export interface CollectorTask {
  args: string[];
  env: Record<string, string>;
  /** Name of the variable → where its value lies. */
  secrets: Record<string, string>;
  /** The container as the template says it. */
  container: Record<string, unknown>;
}

/** Reads the one container off the template. References in values are said as a reader would say them, the region as one there is. */
export function collectorTask(templates: Templates): CollectorTask {
  const [definition] = templates.resources('AWS::ECS::TaskDefinition');
  const container = at(definition, 'properties', 'ContainerDefinitions', 0) as Record<string, unknown>;
  const pairs = (list: string, value: string) =>
    ((container[list] ?? []) as Record<string, unknown>[]).map((one) => [
      one['Name'],
      templates.say(one[value]).replaceAll('AWS::Region', 'eu-central-1'),
    ]);
  return {
    args: container['Command'] as string[],
    env: Object.fromEntries(pairs('Environment', 'Value')) as Record<string, string>,
    secrets: Object.fromEntries(pairs('Secrets', 'ValueFrom')) as Record<string, string>,
    container,
  };
}

export const taskFor = (choices: Choices): CollectorTask => collectorTask(templatesOf('dev', choices));
