import type { Locator, Page } from "@playwright/test";
import { ConsolePage } from "./console-page.ts";

/** `/branches/[name]`: a branch's pushes with a symbol per job. */
export class BranchPage extends ConsolePage {
  readonly list: Locator;

  constructor(page: Page, name: string) {
    super(page);
    this.list = page.getByRole("list", { name: `Pushes of ${name}` });
  }

  static async open(page: Page, name: string): Promise<BranchPage> {
    await page.goto(`/branches/${name}`);
    return new BranchPage(page, name);
  }

  push(subject: string | RegExp): Locator {
    return this.list
      .getByRole("listitem")
      .filter({ has: this.page.getByRole("link", { name: subject }) })
      .first();
  }

  /** A job's symbol, whose name reads like `linux64 opt build: failure after 3 min 05 s`. */
  symbol(subject: string | RegExp, job: string | RegExp): Locator {
    return this.push(subject).getByRole("link", { name: job });
  }
}
