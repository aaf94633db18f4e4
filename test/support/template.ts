import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { entries } from '../../lib/entries.ts';
import type { Choices } from '../../lib/choices.ts';
import { DataStack } from '../../lib/data-stack.ts';
import { PipelineStack } from '../../lib/pipeline-stack.ts';
import type { StageName } from '../../lib/stages.ts';
import { aFolder } from './folder.ts';

export interface Resource {
  /** Its logical id. */
  id: string;
  properties: Record<string, unknown>;
  /** `Delete` unless the template says something else. */
  deletionPolicy: string;
}

/** Both templates of a stage, looked at as one. */
export interface Templates {
  data: Template;
  running: Template;
  stacks: { data: DataStack; running: PipelineStack };
  /** The resources of this type in either. */
  resources: (type: string) => Resource[];
  /** The logical id a `Ref`, `Fn::GetAtt` or `Fn::ImportValue` points to, in whichever template it lies. */
  target: (value: unknown) => string;
  /** A value as a reader would say it: references are `function nedlia-api`, `queue …`, `bus …`, `bucket`, else their logical id. */
  say: (value: unknown) => string;
}

let empty: string | undefined;

/** A folder with a file for every function, and nothing in it; one for all. */
export function emptyBundles(): string {
  return (empty ??= makeEmptyBundles(aFolder()));
}

function makeEmptyBundles(folder: string): string {
  for (const name of Object.keys(entries)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'index.cjs'), '');
  }
  return folder;
}

/** The templates of a stage, without the seconds CDK's own check of them takes. Its bundles are empty: nothing here runs them. */
export function templatesOf(stage: StageName, choices: Choices = {}): Templates {
  const app = new App({ outdir: aFolder(), analyticsReporting: false, builtinCloudFormationValidation: false });
  const dataStack = new DataStack(app, `nedlia-${stage}-data`, { stage, choices });
  const bundles = emptyBundles();
  const runningStack = new PipelineStack(app, `nedlia-${stage}`, { stage, data: dataStack, bundles, choices });
  const [data, running] = [Template.fromStack(dataStack), Template.fromStack(runningStack)];

  const exports = new Map(
    Object.values(data.findOutputs('*')).map((output) => [at(output, 'Export', 'Name'), output['Value']]),
  );
  const resources: Templates['resources'] = (type) =>
    [data, running].flatMap((template) =>
      Object.entries(template.findResources(type)).map(([id, resource]) => ({
        id,
        properties: (resource['Properties'] ?? {}) as Resource['properties'],
        deletionPolicy: String(resource['DeletionPolicy'] ?? 'Delete'),
      })),
    );
  const meant = (value: unknown) => exports.get(at(value, 'Fn::ImportValue')) ?? value;
  const targetOf = (value: unknown) => target(meant(value));

  const named = (type: string, kind: string, property?: string) =>
    resources(type).map(
      ({ id, properties }) => [id, property ? `${kind} ${nameIn(properties, property)}` : kind] as const,
    );
  const names = new Map([
    ...named('AWS::Lambda::Function', 'function', 'FunctionName'),
    ...named('AWS::SQS::Queue', 'queue', 'QueueName'),
    ...named('AWS::Events::EventBus', 'bus', 'Name'),
    ...named('AWS::S3::Bucket', 'bucket'),
    ...named('AWS::Logs::LogGroup', 'logs', 'LogGroupName'),
    ...named('AWS::SecretsManager::Secret', 'secret'),
    ...named('AWS::RDS::DBCluster', 'cluster'),
  ]);
  const say = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const reference = meant(value);
    const [separator, parts] = (at(reference, 'Fn::Join') ?? []) as [string?, unknown[]?];
    if (parts) return parts.map(say).join(separator);
    const id = target(reference);
    return names.get(id) ?? id;
  };
  return { data, running, stacks: { data: dataStack, running: runningStack }, resources, target: targetOf, say };
}

const nameIn = (properties: Record<string, unknown>, property: string): string =>
  (properties[property] as string | undefined) ?? '';

/** A value deep inside a template, by the words that lead there. */
export const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value);

/** The logical id a `Ref` or `Fn::GetAtt` points to. */
export const target = (value: unknown): string => String(at(value, 'Ref') ?? at(value, 'Fn::GetAtt', 0));
