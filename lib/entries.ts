import { service, type WorkerName } from '../events/catalogue.ts';

export type ServiceName = (typeof service)[keyof typeof service];
type Short<Name> = Name extends `nedlia-${infer Rest}` ? Rest : never;
export type BundleName = Short<ServiceName>;

/** The folder of a function's bundle below `dist`, and of its code below `lambdas`: its name without the project's. */
export const bundleOf = (name: ServiceName): BundleName => name.slice('nedlia-'.length) as BundleName;

/** What a worker's constructs are called, and its outputs begin with. */
export const constructId = (name: WorkerName): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Every deployed function and the file its bundle starts from. */
export const entries = Object.fromEntries(
  Object.values(service).map((name) => [
    bundleOf(name),
    name === service.api ? 'api/lambda.ts' : `lambdas/${bundleOf(name)}/handler.ts`,
  ]),
) as Readonly<Record<BundleName, string>>;
