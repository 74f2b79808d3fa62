import { expect, type Page } from "@playwright/test";

/** Where people sign in. */
export class LoginPage {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** What the page says went wrong. */
  get fault() {
    return this.page.getByRole("alert").filter({ hasText: /./ });
  }

  async open(): Promise<void> {
    await this.page.goto("/login");
  }

  async fill(login: string, password: string): Promise<void> {
    await this.page.getByLabel("User name").fill(login);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  /** Signs in and waits for the first page. */
  async signIn(login: string, password: string): Promise<void> {
    await this.open();
    await this.fill(login, password);
    await this.page.waitForURL(/\/pushes\?owner=me/); // the first page leads there
    await expect(this.page.getByRole("button", { name: `Account of ${login}` })).toBeVisible();
  }
}
