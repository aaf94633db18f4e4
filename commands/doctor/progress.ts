/** What is under way, while it is. */
export interface Progress {
  step(text: string): void;
  /** Takes away what a terminal shows, before something else is written. */
  clear(): void;
}

const CLEAR_LINE = '\r\x1b[2K';

/** On a terminal one line that is replaced, with the seconds it takes; anywhere else a line for each step, unless it is to be quiet. */
export function progress(stream: NodeJS.WriteStream, { quiet }: { quiet: boolean }): Progress {
  let timer: NodeJS.Timeout | undefined;
  const clear = () => {
    clearInterval(timer);
    if (timer) stream.write(CLEAR_LINE);
    timer = undefined;
  };
  return {
    step: (text) => {
      clear();
      if (!stream.isTTY) {
        if (!quiet) stream.write(`… ${text}\n`);
        return;
      }
      const began = performance.now();
      const draw = () => stream.write(`${CLEAR_LINE}… ${text} (${Math.round((performance.now() - began) / 1000)} s)`);
      draw();
      timer = setInterval(draw, 1000).unref();
    },
    clear,
  };
}
