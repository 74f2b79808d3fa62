import type { Locator, Page } from "@playwright/test";
import { ConsolePage } from "./console-page.ts";
import { JobSelection } from "./job-selection.ts";

/** `/queues/[pool]`: what runs, and what waits in its real order. */
export class QueuePage extends ConsolePage {
  readonly running: Locator;
  readonly waiting: Locator;
  readonly selection: JobSelection;

  constructor(page: Page) {
    super(page);
    this.running = page.getByRole("list", { name: "Running jobs" });
    this.waiting = page.getByRole("region", { name: "Waiting jobs" });
    this.selection = new JobSelection(page);
  }

  async open(pool: string): Promise<void> {
    await this.visit(`/queues/${pool}`);
  }

  /** The row of a waiting job. */
  job(jobId: number): Locator {
    return this.waiting.locator(`[data-row="${jobId}"]`);
  }

  /** The ids of the waiting jobs that are loaded, next first. */
  async order(): Promise<number[]> {
    const rows = await this.waiting.locator("[data-row]").all();
    return Promise.all(rows.map(async (row) => Number(await row.getAttribute("data-row"))));
  }
}
