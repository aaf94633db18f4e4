import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { Architecture, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Contract, Variables } from '../core/env.ts';
import packageJson from '../package.json' with { type: 'json' };
import { stages, type StageName } from './stages.ts';

/** What every function of a stage shares. */
export interface Surroundings {
  stage: StageName;
  /** The folder holding `<function>/index.cjs`. */
  bundles: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`; empty means none. */
  collectorEndpoint: string;
}

export interface PipelineFunctionProps<C extends Contract> {
  surroundings: Surroundings;
  /** The function's physical name: the same word as `service.name` on its spans. */
  service: string;
  /** Its folder under `bundles`. */
  bundle: string;
  /** Exactly what its `env.ts` asks for: a missing or misspelt variable is a type error here. */
  environment: Variables<C>;
  timeout: Duration;
  memoryMiB: number;
}

/** A function from its built bundle, telling whoever looks at a span which service, version and stage made it. */
export class PipelineFunction<C extends Contract> extends Function {
  constructor(scope: Construct, id: string, props: PipelineFunctionProps<C>) {
    const { stage, collectorEndpoint } = props.surroundings;
    const keeps = stages[stage].keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    super(scope, id, {
      functionName: props.service,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64, // a fifth cheaper per millisecond than x86_64: aws.amazon.com/lambda/pricing
      handler: 'index.handler',
      code: Code.fromAsset(bundleFolder(props.surroundings.bundles, props.bundle)),
      timeout: props.timeout,
      memorySize: props.memoryMiB,
      logGroup: new LogGroup(scope, `${id}Logs`, {
        logGroupName: `/aws/lambda/${props.service}`,
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: keeps,
      }),
      environment: {
        ...defined(props.environment),
        OTEL_RESOURCE_ATTRIBUTES: `service.namespace=nedlia,service.version=${packageJson.version},deployment.environment.name=${stage}`,
        OTEL_TRACES_SAMPLER: stages[stage].sampler,
        OTEL_EXPORTER_OTLP_ENDPOINT: collectorEndpoint,
      },
    });
  }
}

function bundleFolder(bundles: string, name: string): string {
  const folder = join(bundles, name);
  if (existsSync(join(folder, 'index.cjs'))) return folder;
  throw new Error(`no bundle in ${folder}: run "npm run build" first`);
}

/** The variables that have a value. Every input of a contract is a string or left out. */
const defined = (variables: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
