import type { Locator, Page } from "@playwright/test";
import { ConsolePage } from "./console-page.ts";

/** `/workers`: every worker and what it does. */
export class WorkersPage extends ConsolePage {
  readonly list: Locator;

  constructor(page: Page) {
    super(page);
    this.list = page.getByRole("list", { name: "Workers", exact: true });
  }

  async open(): Promise<void> {
    await this.visit("/workers");
  }

  worker(name: string): Locator {
    return this.list.locator("> li").filter({ hasText: name });
  }
}
