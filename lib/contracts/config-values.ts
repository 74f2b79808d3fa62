import { z } from "zod";
import { Name } from "./id.ts";

const PATTERN = /^(?=\d)(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/;

/** A name as configuration files write it; the messages of these files go on after the key. */
export const ConfigName = z
  .string()
  .refine(
    (name) => Name.safeParse(name).success,
    "must have 1 to 63 letters, digits, dots, dashes or underscores and start with a letter or digit",
  );

/** A length of time as people write it, such as `30s`, `10m` or `1h30m`, read as seconds between the bounds (seconds, included). */
export function Duration(minSeconds: number, maxSeconds: number) {
  return z.string("must be a length of time, such as 30s, 10m or 1h30m").transform((text, ctx) => {
    const [match, hours = 0, minutes = 0, seconds = 0] = PATTERN.exec(text) ?? [];
    if (match === undefined) {
      ctx.addIssue({ code: "custom", message: "must be a length of time, such as 30s, 10m or 1h30m", input: text });
      return z.NEVER;
    }
    const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    if (total >= minSeconds && total <= maxSeconds) return total;
    const bounds = `must be from ${inWords(minSeconds)} to ${inWords(maxSeconds)}`;
    ctx.addIssue({ code: "custom", message: bounds, input: text });
    return z.NEVER;
  });
}

function inWords(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
