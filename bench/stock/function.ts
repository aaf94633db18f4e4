// Loaded before a handler, as a layer does by NODE_OPTIONS: what the instrumentations' READMEs say, nothing configured away.
import { AwsLambdaInstrumentation } from '@opentelemetry/instrumentation-aws-lambda';
import { AwsInstrumentation } from '@opentelemetry/instrumentation-aws-sdk';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { startProvider } from './provider.ts';

const provider = startProvider();
for (const instrumentation of [
  new AwsLambdaInstrumentation(),
  // Its README: without this each AWS call is two spans.
  new AwsInstrumentation({ suppressInternalInstrumentation: true }),
  new HttpInstrumentation(),
  new PgInstrumentation(),
]) {
  instrumentation.setTracerProvider(provider);
}
