import { z } from "zod";

/** A positive 64-bit identity, below 2^53 so that it is exact as a JSON number. */
export const Id = z.int().positive();
export type Id = z.infer<typeof Id>;

/** The same identity where it arrives as text: in a path or a query string. */
export const IdText = z
  .string()
  .regex(/^[1-9][0-9]{0,15}$/, "An id is a positive whole number, such as 42.")
  .transform(Number)
  .pipe(Id);

/** A point in time as ISO 8601 in UTC with milliseconds, such as `2026-11-21T04:00:00.000Z`. */
export const Timestamp = z.iso.datetime();
export type Timestamp = z.infer<typeof Timestamp>;

/** A full git (40) or long hash (64) in lower case hexadecimal. */
export const Revision = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "A revision is a full hash of 40 or 64 hexadecimal digits.");
export type Revision = z.infer<typeof Revision>;

/** A name that people choose in the deployment: of a branch, a pool, a repository or a worker. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    "A name has 1 to 63 letters, digits, dots, dashes or underscores and starts with a letter or digit.",
  );
export type Name = z.infer<typeof Name>;

/** A user's login name, as typed. */
export const Login = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, "A user name has 1 to 64 letters, digits, dots, dashes or underscores.");
export type Login = z.infer<typeof Login>;

/** Who a row is about: the least that a page needs to name a person. */
export const UserRef = z.object({ id: Id, login: Login, name: z.string() });
export type UserRef = z.infer<typeof UserRef>;
