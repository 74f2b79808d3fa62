import { type LogFiles, openLogFiles } from "./log-files.ts";

const SYNC_MS = 1_000;
const MAX_OPEN = 256;

interface OpenLog {
  files: Promise<LogFiles>;
  users: number;
  written: boolean;
}

/** The logs that are being written, open. What was written reaches the disk within a second, while nobody waits for it. */
export class OpenLogs {
  private readonly root: string;
  private readonly report: (error: unknown) => void;
  private readonly open = new Map<number, OpenLog>();
  private readonly timer: NodeJS.Timeout;
  private syncing: Promise<void> = Promise.resolve();

  constructor(root: string, report: (error: unknown) => void) {
    this.root = root;
    this.report = report;
    this.timer = setInterval(() => {
      this.syncing = this.syncing.then(() => this.sync());
    }, SYNC_MS);
    this.timer.unref();
  }

  /** Lends a run's files for writing, made when there are none; `work` is the only user of its bytes. */
  async use<T>(runId: number, work: (files: LogFiles) => Promise<T>): Promise<T> {
    const log = this.open.get(runId) ?? this.begin(runId);
    this.open.delete(runId); // the last used is the last in the map
    this.open.set(runId, log);
    log.users++;
    try {
      const result = await work(await log.files);
      log.written = true;
      return result;
    } finally {
      log.users--;
    }
  }

  /** Writes everything to disk and closes the files. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.syncing;
    await this.sync();
    for (const runId of [...this.open.keys()]) await this.end(runId);
  }

  private begin(runId: number): OpenLog {
    const files = openLogFiles(this.root, runId, true).then((opened) => {
      if (!opened) throw new Error(`The log of run ${runId} could not be made.`);
      return opened;
    });
    files.catch(() => this.open.delete(runId));
    const log = { files, users: 0, written: false };
    this.open.set(runId, log);
    return log;
  }

  private async sync(): Promise<void> {
    for (const [runId, log] of [...this.open]) {
      try {
        const files = await log.files;
        if (log.written) {
          log.written = false;
          await files.log.datasync();
        }
        if (this.open.size > MAX_OPEN && log.users === 0 && !log.written) await this.end(runId);
      } catch (error) {
        log.written = true;
        this.report(error);
      }
    }
  }

  private async end(runId: number): Promise<void> {
    const log = this.open.get(runId);
    this.open.delete(runId);
    const files = await log?.files.catch(() => null);
    await files?.log.close();
    await files?.index.close();
  }
}
