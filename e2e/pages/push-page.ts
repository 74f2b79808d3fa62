import type { Locator, Page } from "@playwright/test";
import { ConsolePage } from "./console-page.ts";
import { JobSelection } from "./job-selection.ts";

/** `/pushes/[id]`: one push with its jobs. */
export class PushPage extends ConsolePage {
  readonly jobs: Locator;
  readonly configErrors: Locator;
  readonly selection: JobSelection;

  constructor(page: Page) {
    super(page);
    this.jobs = page.getByRole("region", { name: "Jobs", exact: true });
    this.configErrors = page.getByRole("region", { name: "Configuration errors" });
    this.selection = new JobSelection(page);
  }

  async open(pushId: number): Promise<void> {
    await this.visit(`/pushes/${pushId}`);
  }

  /** A job's row: its name, state, and what became of the newest request for it. */
  job(jobId: number): Locator {
    return this.jobs.locator(`[data-row="${jobId}"]`);
  }

  /** Every row of a builder, by the name that the page shows. */
  jobsOf(builder: string | RegExp): Locator {
    return this.jobs.getByRole("listitem").filter({ has: this.page.getByRole("link", { name: builder }) });
  }
}
