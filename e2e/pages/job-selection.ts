import type { Locator, Page } from "@playwright/test";

/** The bar with what can be done to selected jobs, on a push's and a pool's page. */
export class JobSelection {
  readonly bar: Locator;
  /** What the product asks back when several jobs are selected. */
  readonly dialog: Locator;
  /** In it: what the command would do. */
  readonly preview: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.bar = page.getByRole("group", { name: "Selected jobs" });
    this.dialog = page.getByRole("dialog");
    this.preview = this.dialog.getByRole("region", { name: "What it will do" });
  }

  async select(jobId: number): Promise<void> {
    await this.page.getByRole("checkbox", { name: new RegExp(`, job ${jobId}$`) }).check();
  }

  /** Answers the dialog: its button says how many jobs it is about, such as `Cancel 3 jobs`. */
  async confirm(name: RegExp): Promise<void> {
    await this.dialog.getByRole("button", { name }).click();
  }

  async cancel(): Promise<void> {
    await this.bar.getByRole("button", { name: "Cancel", exact: true }).click();
  }

  async retrigger(): Promise<void> {
    await this.bar.getByRole("button", { name: "Retrigger", exact: true }).click();
  }

  async raise(): Promise<void> {
    await this.bar.getByRole("button", { name: "Raise", exact: true }).click();
  }

  async lower(): Promise<void> {
    await this.bar.getByRole("button", { name: "Lower", exact: true }).click();
  }
}
