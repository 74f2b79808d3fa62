/** Keeps so many of these under way until one answers that there is no more to do; resolves when all of them have ended. */
export async function inFlight(count: number, next: () => Promise<boolean>): Promise<void> {
  const lane = async () => {
    while (await next());
  };
  await Promise.all(Array.from({ length: count }, lane));
}
