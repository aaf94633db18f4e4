/** The parts of a CloudFormation template that are read here. */
export interface Template {
  Parameters?: Record<string, { Type: string; Default?: unknown }>;
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
}

export interface Resource {
  Type: string;
  Condition?: string;
  Properties?: Record<string, unknown>;
  Metadata?: Record<string, unknown>;
}

/** A value with every intrinsic function replaced; `path` (as in `Resources.X.Properties.Y`) is what an error names. */
export type Resolve = (value: unknown, path: string) => unknown;

interface Surroundings {
  parameters: Record<string, string>;
  /** `AWS::Region` and its like. */
  pseudo: Record<string, string>;
  /** What stacks before this one export. */
  exports?: Record<string, string>;
  /** What a resource answers to `Ref` (under the key `Ref`) and to each `Fn::GetAtt`; throws for a type it does not know. */
  identify: (logicalId: string, resource: Resource, resolve: Resolve) => Record<string, string>;
}

/**
 * Resolves `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::Join`, `Fn::Select`, `Fn::Split`, `Fn::ImportValue` and pseudo parameters.
 * Throws, naming the path, on anything else: a template that is half understood would run as something nobody wrote.
 */
export function resolver(template: Template, { parameters, pseudo, exports = {}, identify }: Surroundings): Resolve {
  const ref = (name: string, path: string): string => {
    const parameter = template.Parameters?.[name];
    const value = pseudo[name] ?? (parameter && (parameters[name] ?? parameter.Default));
    if (typeof value === 'string') return value;
    if (parameter) throw new Error(`${path}: parameter ${name} has no value`);
    return attribute(name, 'Ref', path);
  };

  const attribute = (logicalId: string, name: string, path: string): string => {
    const resource = template.Resources[logicalId];
    if (!resource) throw new Error(`${path}: ${logicalId} is neither a parameter nor a resource`);
    const value = identify(logicalId, resource, resolve)[name];
    if (value === undefined) throw new Error(`${path}: ${name} of ${logicalId} (${resource.Type}) is not known here`);
    return value;
  };

  const substitute = (text: string, variables: Record<string, unknown>, path: string): string =>
    text.replaceAll(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return String(resolve(variables[name], path));
      const dot = name.indexOf('.');
      return dot < 0 ? ref(name, path) : attribute(name.slice(0, dot), name.slice(dot + 1), path);
    });

  const functions: Record<string, (argument: unknown, path: string) => unknown> = {
    Ref: (name, path) => ref(string(name, path), path),
    'Fn::GetAtt': (argument, path) => {
      const [logicalId, ...rest] = typeof argument === 'string' ? argument.split('.') : list(argument, path);
      return attribute(string(logicalId, path), rest.join('.'), path);
    },
    'Fn::Sub': (argument, path) => {
      const [text, variables = {}] = typeof argument === 'string' ? [argument] : list(argument, path);
      return substitute(string(text, path), variables as Record<string, unknown>, path);
    },
    'Fn::Join': (argument, path) => {
      const [delimiter, parts] = list(argument, path);
      return list(resolve(parts, path), path).join(string(delimiter, path));
    },
    'Fn::Split': (argument, path) => {
      const [delimiter, text] = list(argument, path);
      return string(resolve(text, path), path).split(string(delimiter, path));
    },
    'Fn::ImportValue': (argument, path) => {
      const name = string(resolve(argument, path), path);
      const value = exports[name];
      if (value === undefined) throw new Error(`${path}: no stack before this one exports ${name}`);
      return value;
    },
    'Fn::Select': (argument, path) => {
      const [index, items] = list(argument, path);
      const chosen = list(resolve(items, path), path)[Number(index)];
      if (chosen === undefined) throw new Error(`${path}: nothing at index ${String(index)}`);
      return chosen;
    },
  };

  const resolve: Resolve = (value, path) => {
    if (Array.isArray(value)) return value.map((item, index) => resolve(item, `${path}[${index}]`));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries.length === 1 ? entries[0]! : [''];
    if (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::')) {
      const call = functions[name];
      if (!call) throw new Error(`${path}: ${name} is not known here`);
      return call(argument, `${path}.${name}`);
    }
    return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, `${path}.${key}`)]));
  };
  return resolve;
}

function string(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new TypeError(`${path}: expected a string`);
  return value;
}

function list(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${path}: expected a list`);
  return value;
}
