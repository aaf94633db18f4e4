// Loaded before every command (`node --import`), in plain JavaScript so that any Node.js can say what is wrong.
// npm 12 skips install scripts it was not told about and exits 0; then the `node` package has no binary and npm falls back to the machine's own.
const wanted = 24;
const major = Number(process.versions.node.split('.')[0]);
const fail = (line) => {
  process.stderr.write(`${line}\n`);
  process.exit(69);
};

if (process.platform === 'win32') fail('nedlia: Windows is not supported; use Linux, macOS or WSL 2.');
if (major < wanted) {
  fail(
    `nedlia: this needs Node.js ${wanted}, which "npm ci" installs into node_modules, but Node.js ${process.versions.node} is running. ` +
      'Use the npm words ("npm start", not "node …"), and if they say this too: npm ci --ignore-scripts=false',
  );
}
