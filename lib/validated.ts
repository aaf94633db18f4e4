import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/**
 * Writes the assembly once nothing is to be said against it: neither by what AWS calls good practice (cdk-nag), each exception
 * acknowledged with its reason in lib/acknowledged.ts, nor by CloudFormation's own rules.
 * @throws Error in one line; the CDK has told each finding on stderr by then.
 */
export function synthValidated(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('Validation failed'))) throw error;
    throw new Error('The findings above: mend them, or acknowledge them with a reason (lib/acknowledged.ts)', {
      cause: error,
    });
  }
}
