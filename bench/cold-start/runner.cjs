// What Lambda's runtime does at a cold start: requires the handler's bundle, with a layer's setup before it, and calls it once.
'use strict';
const [, , bundle, setup, event] = process.argv;
const end = Date.now() + 30_000;
const context = {
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  awsRequestId: 'request-1',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:f',
  getRemainingTimeInMillis: () => end - Date.now(),
};
const parsed = JSON.parse(event);

async function main() {
  const cpu = process.cpuUsage();
  const began = performance.now();
  if (setup) require(setup);
  const { handler } = require(bundle);
  const loaded = performance.now();
  const loading = process.cpuUsage(cpu);
  const answer = await handler(parsed, context);
  const done = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000;
  const loadCpuMs = (loading.user + loading.system) / 1000;
  const said = { answer, loadMs: loaded - began, totalMs: done - began, loadCpuMs, cpuMs };
  process.send(said, () => process.exit(0));
}

main().catch((error) => process.stderr.write(`${error.stack}\n`, () => process.exit(1)));
