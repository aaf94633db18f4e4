import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A stack of a cloud assembly, with the CloudFormation parameters its template asks for. */
export interface AssembledStack {
  name: string;
  parameters: Record<string, { Default?: unknown }>;
}

interface Manifest {
  artifacts: Record<string, { type: string; properties?: { templateFile?: string; stackName?: string } }>;
}

/** The stacks a cloud assembly holds. */
export async function readAssembly(folder: string): Promise<AssembledStack[]> {
  const manifest = await readJson<Manifest>(path.join(folder, 'manifest.json'));
  const stacks = Object.entries(manifest.artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  return Promise.all(
    stacks.map(async ([id, { properties }]) => {
      const file = path.join(folder, properties?.templateFile ?? `${id}.template.json`);
      const { Parameters = {} } = await readJson<{ Parameters?: AssembledStack['parameters'] }>(file);
      return { name: properties?.stackName ?? id, parameters: Parameters };
    }),
  );
}

/**
 * What the `cdk` command needs to hand each stack its parameters.
 * @throws Error naming a parameter that has neither a value nor a default.
 */
export function parameterArguments(stacks: AssembledStack[], values: Record<string, string>): string[] {
  return stacks.flatMap(({ name, parameters }) =>
    Object.entries(parameters).flatMap(([parameter, { Default }]) => {
      const value = values[parameter];
      if (value !== undefined) return ['--parameters', `${name}:${parameter}=${value}`];
      if (Default === undefined)
        throw new Error(`${name} asks for the parameter ${parameter}, and nothing is known of it`);
      return [];
    }),
  );
}

const readJson = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;
