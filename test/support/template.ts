import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { entries } from '../../lib/bundle.ts';
import { PipelineStack } from '../../lib/pipeline-stack.ts';
import type { StageName } from '../../lib/stages.ts';
import { aFolder } from './folder.ts';

export interface Resource {
  /** Its logical id. */
  id: string;
  properties: Record<string, unknown>;
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

/** The template of a stage, without the seconds CDK's own check of it takes. Its bundles are empty: nothing here runs them. */
export function templateOf(stage: StageName): {
  template: Template;
  resources: (type: string) => Resource[];
} {
  const bundles = emptyBundles();
  const app = new App({ outdir: aFolder(), analyticsReporting: false, builtinCloudFormationValidation: false });
  const template = Template.fromStack(new PipelineStack(app, `nedlia-${stage}`, { stage, bundles }));
  const resources = (type: string) =>
    Object.entries(template.findResources(type)).map(([id, resource]) => ({
      id,
      properties: resource['Properties'] as Resource['properties'],
    }));
  return { template, resources };
}

/** A value deep inside a template, by the words that lead there. */
export const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value);

/** The logical id a `Ref` or `Fn::GetAtt` points to. */
export const target = (value: unknown): string => String(at(value, 'Ref') ?? at(value, 'Fn::GetAtt', 0));
