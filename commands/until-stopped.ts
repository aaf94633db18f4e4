import type { Forwarding } from '../telemetry/export/forward.ts';

/** What a word has started, and stops. */
export interface Started {
  /** Absent where there is nobody to send to. */
  forwarding: Forwarding | undefined;
  stop(): Promise<void>;
}

export interface UntilStoppedOptions {
  /** Milliseconds from Ctrl-C to the end of the process, whatever hangs. */
  withinMs: number;
  /** The exit code of a Ctrl-C at this moment. */
  interrupted: () => number;
  say: (text: string) => void;
  /** What became of the spans, as text. */
  sentOn: (forwarding: Forwarding) => string;
}

/** sysexits.h: wrong configuration. */
const EX_CONFIG = 78;

/** A word that starts something and stops it again however it ends: with its work, by an error, by Ctrl-C in the middle of either. */
export function untilStopped({ withinMs, interrupted, say, sentOn }: UntilStoppedOptions) {
  const stopping = new AbortController();
  const { signal } = stopping;
  let working: Promise<number | undefined> | undefined;
  let running: Started | undefined;
  let interruptions = 0;

  const saySentOn = (): void => {
    if (running?.forwarding) say(`\n${sentOn(running.forwarding)}`);
  };

  /** The first call decides the exit code. */
  const stop = async (code: number): Promise<void> => {
    if (signal.aborted) return;
    stopping.abort();
    const end = () => {
      saySentOn();
      process.exit(code);
    };
    setTimeout(end, withinMs).unref();
    await working?.catch(() => undefined);
    await running?.stop();
    end();
  };

  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (interruptions++ > 0) process.exit(130); // who asks twice does not want to wait
      say('Stopping …');
      void stop(interrupted());
    });
  }
  // Whoever reads us has gone (`| head`): there is nobody left to tell.
  process.stdout.on('error', () => void stop(0));

  return {
    /** Aborted when it is to stop. */
    signal,
    /** Takes what is to be stopped at the end. */
    started: (what: Started): void => void (running = what),
    /** Waits for the spans so far to be sent on; rejects where it was stopped meanwhile. */
    flush: async (): Promise<void> => {
      await running?.forwarding?.flush();
      signal.throwIfAborted();
    },
    /** Only where there is somebody to send to: what became of the spans so far. */
    saySentOn,
    /** Does the work and ends with the exit code it answers; without one, what it has started stays up. An error is said in one line. */
    run: async (work: () => Promise<number | undefined>): Promise<void> => {
      try {
        working = work();
        const code = await working;
        if (code !== undefined) await stop(code);
      } catch (error) {
        if (signal.aborted) return;
        process.stderr.write(`nedlia: ${error instanceof Error ? error.message : String(error)}\n`);
        await stop(error instanceof Error && error.name === 'EnvironmentError' ? EX_CONFIG : 1);
      }
    },
  };
}
