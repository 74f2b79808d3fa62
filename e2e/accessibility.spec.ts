import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures/test.ts";
import { jobOf } from "./fixtures/watched-repository.ts";

/** Every width and every colour scheme once: what axe looks for depends on the one or the other. */
const VIEWS = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 390 },
] as const;

/** What axe finds on a page in each view, and whether it is too wide; one line per fault. */
async function faultsOf(page: Page, path: string): Promise<string[]> {
  const faults: string[] = [];
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  for (const { colorScheme, width } of VIEWS) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const places = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id} at ${node.target.join(" ")}`));
    faults.push(...places.map((place) => `${path} (${colorScheme}, ${width}): ${place}`));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (overflow > 0) faults.push(`${path} (${colorScheme}, ${width}): the page is ${overflow} px too wide`);
  }
  return faults;
}

test("axe finds nothing on the sign-in page", async ({ page }) => {
  expect(await faultsOf(page, "/login")).toEqual([]);
});

test("axe finds nothing on any page of the console, wide or narrow, light or dark", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  test.slow(); // fifteen pages, each looked at twice
  const page = await signIn("dev");
  const rest = await api("dev");
  const repository = await watch({ slots: 1 });
  repository
    .builder("linux build", "echo '\u001b[31mred\u001b[0m'; echo product > out.txt; exit 1", { artifacts: ["out.txt"] })
    .builder("linux sleep", "sleep 600")
    .builder("linux wait", "sleep 600")
    .builder("linux test", "true", { kind: "test", needs: ["linux sleep"] });
  const push = await repository.pushAs("dev", hook, rest, "For the eyes of axe");
  const failed = jobOf(push, "linux build").id;
  const state = async (id: number) =>
    ((await (await rest.get(`/api/v1/jobs/${id}`)).json()) as { state: string }).state;
  await expect.poll(() => state(failed)).toBe("done");

  const paths = [
    "/pushes?owner=me",
    "/pushes",
    "/branches",
    `/branches/${repository.branch}`,
    `/pushes/${push.id}`,
    `/jobs/${failed}`,
    ...["linux sleep", "linux wait", "linux test"].map((name) => `/jobs/${jobOf(push, name).id}`),
    "/queues",
    `/queues/${repository.pool}`,
    "/workers",
    "/tokens",
    "/no-such-page",
    "/jobs/999999999",
  ];
  const faults: string[] = [];
  for (const path of paths) faults.push(...(await faultsOf(page, path)));
  expect(faults).toEqual([]);
});
