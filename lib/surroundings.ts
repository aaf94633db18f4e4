import { CfnParameter, type Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { type Choices, ownCollectorOf } from './choices.ts';
import { Collector } from './collector.ts';
import type { Database } from './database.ts';
import { stageOf, type StageName } from './stages.ts';

/** What every function of a stage shares. */
export interface Surroundings {
  stage: StageName;
  /** The folder holding `<function>/index.cjs`. */
  bundles: string;
  /** `OTEL_TRACES_EXPORTER`. */
  exporter: 'otlp' | 'xray';
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`; empty means none. */
  collectorEndpoint: string;
  /** The network from which alone that endpoint is reached; every function runs in it then. */
  network?: Network | undefined;
}

/** Where a function runs that does not run outside of any network. */
export interface Network {
  vpc: IVpc;
  securityGroup: ISecurityGroup;
}

export interface SurroundingsProps {
  stage: StageName;
  bundles: string;
  database: Database | undefined;
  choices: Choices;
}

/** Traces go to the collector that was chosen, ours or another, else where the stage says. */
export function makeSurroundings(
  stack: Stack,
  { stage, bundles, database, choices }: SurroundingsProps,
): { surroundings: Surroundings; collector?: Collector } {
  const { exporter } = stageOf(stage);
  const own = ownCollectorOf(stage, choices);
  if (own && database) {
    const collector = new Collector(stack, 'Collector', { ...own, stage, database });
    const network = { vpc: database.vpc, securityGroup: collector.securityGroups.senders };
    return {
      collector,
      surroundings: { stage, bundles, exporter: 'otlp', collectorEndpoint: collector.endpoint, network },
    };
  }
  const to = (name: Surroundings['exporter'], collectorEndpoint: string) => ({
    surroundings: { stage, bundles, exporter: name, collectorEndpoint },
  });
  if (choices.collector) return to('otlp', choices.collector);
  if (exporter === 'xray') return to('xray', '');
  const description = 'OTLP/HTTP collector; empty for none';
  return to(exporter, new CfnParameter(stack, 'CollectorEndpoint', { description, default: '' }).valueAsString);
}
