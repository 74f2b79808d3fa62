"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { commandQueries } from "@/app/_queries/commands.ts";
import type { CommandPreview } from "@/lib/contracts/command.ts";
import { formatDuration, plural } from "../time/format.ts";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/states.tsx";
import type { JobRequest } from "./outcome.ts";
import { toQuestion } from "./request.ts";
import { useSettled } from "./use-settled.ts";

const SETTLED_MS = 250;

/** What a request would do to its jobs and to others, asked of the server while the person still thinks. */
export function Preview({ request }: { request: JobRequest }) {
  const settled = useSettled(request, SETTLED_MS);
  const query = useQuery({ ...commandQueries.preview(toQuestion(settled)), placeholderData: keepPreviousData });
  const { data, error, isPlaceholderData } = query;
  return (
    <section
      aria-label="What it will do"
      aria-live="polite"
      aria-busy={isPlaceholderData || settled !== request}
      className="rounded-md bg-sunken px-3.5 py-3 text-sm aria-busy:text-ink-3"
    >
      {data && <Consequences preview={data} />}
      {!data && error && <Notice kind="refused">{error.message}</Notice>}
      {!data && !error && <Skeleton className="h-5" />}
    </section>
  );
}

function Consequences({ preview }: { preview: CommandPreview }) {
  return (
    <div className="grid gap-2">
      <p>{preview.summary}</p>
      {preview.refusals.length > 0 && (
        <ul aria-label="Refusals" className="grid gap-0.5 text-ink-2">
          {preview.refusals.map(({ reason, jobs }) => (
            <li key={reason}>
              <span className="tabular-nums">{jobs.toLocaleString("en")} ×</span> {reason}
            </li>
          ))}
        </ul>
      )}
      {preview.others.length > 0 && <Others others={preview.others} />}
    </div>
  );
}

function Others({ others }: Pick<CommandPreview, "others">) {
  return (
    <table className="w-full text-left">
      <caption className="sr-only">Whose waiting jobs start sooner or later</caption>
      <thead className="text-ink-3 text-xs">
        <tr>
          <th scope="col" className="pr-3 font-medium">
            Whose
          </th>
          <th scope="col" className="pr-3 font-medium">
            Waiting
          </th>
          <th scope="col" className="font-medium">
            They start
          </th>
        </tr>
      </thead>
      <tbody>
        {others.map((other) => (
          <tr key={`${other.owner?.login} ${other.pool}`}>
            <td className="pr-3">{other.owner?.login ?? "nobody's"}</td>
            <td className="pr-3 tabular-nums">
              {plural(other.jobs, "job")} in {other.pool}
            </td>
            <td className="tabular-nums">{shift(other.meanSeconds)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function shift(seconds: number): string {
  return `${formatDuration(Math.abs(seconds) * 1_000)} ${seconds < 0 ? "sooner" : "later"}`;
}
