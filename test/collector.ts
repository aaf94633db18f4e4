import { execFileSync } from 'node:child_process';

/** Refuses to begin without the Collector that every test of the run goes through, and says which one it is. */
export function globalSetup(): void {
  const binary = process.env['OTELCOL'];
  try {
    if (!binary) throw new Error('it is not set');
    const version = execFileSync(binary, ['--version'], { encoding: 'utf8', timeout: 30_000 }).trim();
    process.stderr.write(`the Collector of this run: ${version}\n`);
  } catch (error) {
    const [why] = (error as Error).message.split('\n');
    process.stderr.write(
      `nedlia: OTELCOL must name the binary of an OpenTelemetry Collector, 0.150 or newer: ${why}\n`,
    );
    process.exit(1);
  }
}
