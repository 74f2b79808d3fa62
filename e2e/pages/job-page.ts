import type { Locator, Page } from "@playwright/test";
import { ConsolePage } from "./console-page.ts";

/** `/jobs/[id]`: one job with its actions, runs and log. */
export class JobPage extends ConsolePage {
  /** `Running 12 s`, `Success 3 min 05 s`. */
  readonly state: Locator;
  readonly actions: Locator;
  /** Where it stands, and what became of the newest request. */
  readonly reasons: Locator;
  readonly steps: Locator;
  readonly log: Locator;
  readonly artifacts: Locator;
  readonly retriggers: Locator;
  readonly priority: Locator;
  /** Why it waits, where it stands and when it will start. */
  readonly xray: Locator;
  /** With which jobs it shares a run, and why. */
  readonly shared: Locator;

  constructor(page: Page) {
    super(page);
    this.state = page.getByRole("status", { name: "State" });
    this.actions = page.getByRole("region", { name: "Where it stands, and what can be done" });
    this.reasons = this.actions.getByRole("list", { name: "Why some actions are not possible" });
    this.steps = page.getByRole("list", { name: "Steps" });
    this.log = page.getByRole("region", { name: "Log", exact: true });
    this.artifacts = page.getByRole("region", { name: "Artifacts" });
    this.retriggers = page.getByRole("region", { name: "Retriggers" });
    this.xray = page.getByRole("region", { name: "Why it waits" });
    this.shared = page.getByRole("region", { name: "Shares a run" });
    this.priority = page.getByRole("textbox", { name: /^Priority/ });
  }

  async open(jobId: number): Promise<void> {
    await this.visit(`/jobs/${jobId}`);
  }

  button(name: "Cancel" | "Retrigger"): Locator {
    return this.actions.getByRole("button", { name, exact: true });
  }

  async cancel(): Promise<void> {
    await this.button("Cancel").click();
  }

  /** Retriggers once, or as often as one of the menu's counts: 2, 3, 5, 10 or 20. */
  async retrigger(count: 1 | 2 | 3 | 5 | 10 | 20 = 1): Promise<void> {
    if (count === 1) return this.button("Retrigger").click();
    await this.actions.getByRole("button", { name: "Retrigger several times" }).click();
    await this.page.getByRole("menuitem", { name: `Retrigger × ${count}`, exact: true }).click();
  }

  async setPriority(priority: number): Promise<void> {
    await this.priority.fill(String(priority));
    await this.actions.getByRole("button", { name: "Set priority" }).click();
  }

  async raise(): Promise<void> {
    await this.actions.getByRole("button", { name: "Raise by 10" }).click();
  }

  /** One of the actions that are asked for less often. */
  async more(name: string | RegExp): Promise<void> {
    await this.actions.getByRole("button", { name: "More actions" }).click();
    await this.page.getByRole("menuitem", { name }).click();
  }

  /** Runs a copy on the worker whose name contains this. */
  async probe(worker: string): Promise<void> {
    await this.more("Run a copy on one worker…");
    const dialog = this.page.getByRole("dialog");
    await dialog.getByRole("radio", { name: worker }).check();
    await dialog.getByRole("button", { name: "Run the copy" }).click();
  }

  /** A line of the log that is on the screen. */
  line(number: number): Locator {
    return this.log.locator(`[data-line="${number}"]`);
  }

  artifact(name: string): Locator {
    return this.artifacts.getByRole("link", { name });
  }
}
