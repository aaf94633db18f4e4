// Answers { profile: 'start' } and { profile: 'stop' } of the parent process: V8's sampling profiler, one sample every 0.2 ms.
'use strict';
const { Session } = require('node:inspector/promises');
const session = new Session();

exports.profile = async (what) => {
  if (what === 'stop') return (await session.post('Profiler.stop')).profile;
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  return {};
};
