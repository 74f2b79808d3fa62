/** Shows what is being done. */
export interface Progress {
  /** Runs one stage and shows how long it takes; `tell` replaces the description meanwhile. */
  stage<T>(title: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T>;
  /** Prints a line. */
  say(line: string): void;
}

const FRAME_MS = 100;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Progress on a terminal, with a moving line; elsewhere a line when a stage begins and one when it ends. */
export function consoleProgress(out: NodeJS.WriteStream): Progress {
  const live = out.isTTY === true;
  return {
    say: (line) => void out.write(`${line}\n`),
    stage: async (title, work) => {
      const began = performance.now();
      const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
      let detail = "";
      let frame = 0;
      const draw = () => {
        frame += 1;
        out.write(`\r\x1b[2K${FRAMES[frame % FRAMES.length]} ${title}${detail && `: ${detail}`} … ${seconds()}`);
      };
      const timer = live ? setInterval(draw, FRAME_MS) : undefined;
      if (!live) out.write(`· ${title} …\n`);
      const end = (mark: string) => {
        clearInterval(timer);
        out.write(`${live ? "\r\x1b[2K" : ""}${mark} ${title} (${seconds()})\n`);
      };
      try {
        const result = await work((text) => {
          detail = text;
          if (!live) out.write(`  ${text} …\n`);
        });
        end("✓");
        return result;
      } catch (error) {
        end("✗");
        throw error;
      }
    },
  };
}
