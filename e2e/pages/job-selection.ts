import type { Locator, Page } from "@playwright/test";

/** The bar with what can be done to selected jobs, on a push's and a pool's page. */
export class JobSelection {
  readonly bar: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.bar = page.getByRole("group", { name: "Selected jobs" });
  }

  async select(jobId: number): Promise<void> {
    await this.page.getByRole("checkbox", { name: new RegExp(`, job ${jobId}$`) }).check();
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
