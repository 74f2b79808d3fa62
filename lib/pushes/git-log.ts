import type { ChangedFiles, SourceCommit } from "../scheduler/source-control.ts";

/** What git log says of each commit, as NUL-separated fields. */
export const COMMIT_FORMAT = ["%H", "%an", "%ae", "%at", "%B"].join("%x00");

const FIELDS = 5;
const MAX_NAME = 300;
const MAX_MESSAGE = 65_536;
/** The end of the year 9999: what PostgreSQL and ISO dates both hold. */
const LATEST_SECONDS = 253_402_300_799;

/** The answer of `git log -z` in `COMMIT_FORMAT`. Bytes that are not UTF-8 are replaced; absurd dates and lengths are brought within bounds. */
export function parseCommits(out: Buffer): SourceCommit[] {
  const fields = out.toString("utf8").split("\0");
  const commits: SourceCommit[] = [];
  for (let at = 0; at + FIELDS <= fields.length; at += FIELDS) {
    const [revision = "", name = "", mail = "", seconds = "", message = ""] = fields.slice(at, at + FIELDS);
    commits.push({
      revision,
      authorName: name.slice(0, MAX_NAME).toWellFormed(),
      authorEmail: mail.slice(0, MAX_NAME).toWellFormed(),
      authoredAt: new Date(Math.min(Math.max(0, Number(seconds) || 0), LATEST_SECONDS) * 1000),
      message: message.trimEnd().slice(0, MAX_MESSAGE).toWellFormed(),
    });
  }
  return commits;
}

/** NUL-separated paths: the first ones, and how many there are. */
export function parsePaths(out: Buffer, limit: number): ChangedFiles {
  const paths: string[] = [];
  let count = 0;
  for (let from = 0; from < out.length; ) {
    const end = out.indexOf(0, from);
    const to = end < 0 ? out.length : end;
    if (to > from) {
      count += 1;
      if (paths.length < limit) paths.push(out.toString("utf8", from, to));
    }
    from = to + 1;
  }
  return { paths, count };
}
