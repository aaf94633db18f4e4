// Loaded before the API: instrumentation-http for the request, @fastify/otel for its route, hooks and handler, pg and AWS below.
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { AwsInstrumentation } from '@opentelemetry/instrumentation-aws-sdk';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { startProvider } from './provider.ts';

const provider = startProvider();
for (const instrumentation of [
  new HttpInstrumentation(),
  new FastifyOtelInstrumentation({ registerOnInitialization: true }),
  new PgInstrumentation(),
  new AwsInstrumentation({ suppressInternalInstrumentation: true }),
]) {
  instrumentation.setTracerProvider(provider);
}
