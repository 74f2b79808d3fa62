import type { Locator, Page } from "@playwright/test";
import { ConsolePage } from "./console-page.ts";

/** `/pushes`: mine or everybody's. */
export class PushesPage extends ConsolePage {
  readonly list: Locator;

  constructor(page: Page) {
    super(page);
    this.list = page.getByRole("list", { name: "Pushes" });
  }

  async open(whose: "mine" | "everybody's" = "mine"): Promise<void> {
    await this.visit(whose === "mine" ? "/pushes?owner=me" : "/pushes");
  }

  /** The row of the push with this subject. */
  push(subject: string | RegExp): Locator {
    return this.list
      .getByRole("listitem")
      .filter({ has: this.page.getByRole("link", { name: subject }) })
      .first();
  }

  async openPush(subject: string | RegExp): Promise<void> {
    await this.push(subject).getByRole("link", { name: subject }).click();
  }
}
