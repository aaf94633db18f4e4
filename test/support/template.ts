import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { entries } from '../../lib/bundle.ts';
import { DataStack } from '../../lib/data-stack.ts';
import { PipelineStack } from '../../lib/pipeline-stack.ts';
import type { StageName } from '../../lib/stages.ts';
import { aFolder } from './folder.ts';

export interface Resource {
  /** Its logical id. */
  id: string;
  properties: Record<string, unknown>;
}

/** Both templates of a stage, looked at as one. */
export interface Templates {
  data: Template;
  running: Template;
  /** The resources of this type in either. */
  resources: (type: string) => Resource[];
  /** The logical id a `Ref`, `Fn::GetAtt` or `Fn::ImportValue` points to, in whichever template it lies. */
  target: (value: unknown) => string;
}

/** A folder with a file for every function, and nothing in it. */
export function emptyBundles(): string {
  const folder = aFolder();
  for (const name of Object.keys(entries)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'index.cjs'), '');
  }
  return folder;
}

/** The templates of a stage, without the seconds CDK's own check of them takes. Its bundles are empty: nothing here runs them. */
export function templatesOf(stage: StageName): Templates {
  const app = new App({ outdir: aFolder(), analyticsReporting: false, builtinCloudFormationValidation: false });
  const dataStack = new DataStack(app, `nedlia-${stage}-data`, { stage });
  const runningStack = new PipelineStack(app, `nedlia-${stage}`, { stage, data: dataStack, bundles: emptyBundles() });
  const [data, running] = [Template.fromStack(dataStack), Template.fromStack(runningStack)];

  const exports = new Map(
    Object.values(data.findOutputs('*')).map((output) => [at(output, 'Export', 'Name'), output['Value']]),
  );
  return {
    data,
    running,
    resources: (type) =>
      [data, running].flatMap((template) =>
        Object.entries(template.findResources(type)).map(([id, resource]) => ({
          id,
          properties: resource['Properties'] as Resource['properties'],
        })),
      ),
    target: (value) => target(exports.get(at(value, 'Fn::ImportValue')) ?? value),
  };
}

/** A value deep inside a template, by the words that lead there. */
export const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value);

/** The logical id a `Ref` or `Fn::GetAtt` points to. */
export const target = (value: unknown): string => String(at(value, 'Ref') ?? at(value, 'Fn::GetAtt', 0));
