// Loads the bundled API as a server and says where it listens; asked, what CPU time it has used, or for a profile.
'use strict';
const { profile } = require('../profiler.cjs');
const [, , bundle, setup] = process.argv;
if (setup) require(setup);

const flush = async () => {
  await globalThis[Symbol.for('nedlia.bench.flush')]?.();
  await globalThis[Symbol.for('nedlia.bench.flush-ours')]?.();
};

process.on('disconnect', () => process.exit(0));
process.on('message', async ({ profile: what }) => {
  if (what) return process.send(await profile(what));
  await flush();
  const { user, system } = process.cpuUsage();
  return process.send({ cpuUs: user + system });
});
require(bundle)
  .start()
  .then((ports) => process.send(ports));
