import { expect, type Locator, type Page } from "@playwright/test";

/** What every page of the console has: its heading, its places, and how fresh it is. */
export class ConsolePage {
  readonly page: Page;
  readonly heading: Locator;
  readonly live: Locator;
  /** What became of the newest command of this tab, with its way back. */
  readonly tray: Locator;

  constructor(page: Page) {
    this.page = page;
    this.heading = page.getByRole("heading", { level: 1 });
    this.live = page.getByRole("banner").getByRole("status");
    this.tray = page.getByRole("region", { name: "What you have just asked for" });
  }

  /** Goes there, and waits until the page answers to keys and hears of events. */
  protected async visit(path: string): Promise<void> {
    await this.page.goto(path);
    await expect(this.live).toHaveAccessibleName("live");
  }

  /** Takes the newest command of this tab back. */
  async undo(): Promise<void> {
    await this.tray.getByRole("button", { name: /[Uu]ndo/ }).click();
  }

  /** Gives the reason that a dialog asks for, and confirms. */
  async giveReason(reason: string, confirm: string): Promise<void> {
    const dialog = this.page.getByRole("dialog");
    await dialog.getByRole("textbox").first().fill(reason);
    await dialog.getByRole("button", { name: confirm }).click();
    await expect(dialog).toBeHidden();
  }

  /** Follows one of the places in the header. */
  async goTo(place: "My pushes" | "Branches" | "Queues" | "Workers"): Promise<void> {
    await this.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: place }).click();
  }

  async openAccountMenu(): Promise<void> {
    await this.page.getByRole("button", { name: /^Account of / }).click();
  }

  async signOut(): Promise<void> {
    await this.openAccountMenu();
    await this.page.getByRole("menuitem", { name: "Sign out" }).click();
  }

  async chooseTheme(theme: "As the system" | "Light" | "Dark"): Promise<void> {
    await this.openAccountMenu();
    await this.page.getByRole("menuitemradio", { name: theme }).click();
    await this.page.keyboard.press("Escape");
  }
}
