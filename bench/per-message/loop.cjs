// Runs batches through a bundled handler for as long as it is asked to, and says what that took.
'use strict';
const { profile } = require('../profiler.cjs');
const [, , bundle, setup] = process.argv;
if (setup) require(setup);
const { handler, flush, batches } = require(bundle);
const flushStock = globalThis[Symbol.for('nedlia.bench.flush')];
const events = batches(64);
const end = Date.now() + 3_600_000;
const context = {
  functionName: 'nedlia-notifier',
  awsRequestId: 'request-1',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:nedlia-notifier',
  getRemainingTimeInMillis: () => end - Date.now(),
};

// After so many batches what waits is sent, within the time measured: 550 spans, and the event loop gets its turn.
const ROUND = 50;

async function run(milliseconds) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  let messages = 0;
  for (let index = 0; performance.now() - began < milliseconds;) {
    for (let round = 0; round < ROUND; round += 1, index += 1) {
      const event = events[index % events.length];
      await handler(event, context);
      messages += event.Records.length;
    }
    await flush();
    await flushStock?.();
    await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { messages, wallUs: (performance.now() - began) * 1000, cpuUs: user + system };
}

/** Of that, what reading the bodies as JSON takes: no consumer can do without. */
function parse(milliseconds) {
  const bodies = events.flatMap(({ Records }) => Records.map(({ body }) => body));
  const began = performance.now();
  let messages = 0;
  while (performance.now() - began < milliseconds) {
    for (const body of bodies) JSON.parse(body);
    messages += bodies.length;
  }
  return { messages, wallUs: (performance.now() - began) * 1000 };
}

async function once() {
  await handler(events[0], context);
  await flush();
  await flushStock?.();
  return {};
}

process.on('disconnect', () => process.exit(0));
process.on('message', async ({ run: milliseconds, parse: parsing, profile: what }) => {
  if (what) process.send(await profile(what));
  else if (parsing) process.send(parse(parsing));
  else process.send(await (milliseconds ? run(milliseconds) : once()));
});
process.send('ready');
