import { FileWarning } from "lucide-react";
import { plural } from "@/app/_components/time/format.ts";
import type { PushDetail } from "@/lib/contracts/push.ts";

/** What is wrong with the configuration at this revision: where, which key, and what would be right. */
export function ConfigErrors({ push }: { push: Pick<PushDetail, "configErrors"> }) {
  return (
    <section
      aria-label="Configuration errors"
      className="overflow-hidden rounded-lg border border-failure/40 bg-surface"
    >
      <h2 className="flex items-center gap-2 bg-failure-soft px-4 py-2.5 text-failure">
        <FileWarning aria-hidden className="size-4 shrink-0" />
        Nothing was scheduled: {plural(push.configErrors.length, "error")} in the configuration
      </h2>
      <ul className="divide-y divide-line">
        {push.configErrors.map((error) => (
          <li key={`${error.file}:${error.line}:${error.column}:${error.key}`} className="px-4 py-3">
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1 font-mono text-sm">
              <span className="break-all">
                {error.file}:{error.line}:{error.column}
              </span>
              {error.key !== "" && (
                <span className="rounded-sm bg-idle-soft px-1.5 break-all text-ink-2">{error.key}</span>
              )}
            </p>
            <p className="mt-1 break-words">{error.message}</p>
          </li>
        ))}
      </ul>
      <p className="border-line border-t px-4 py-2.5 text-ink-2 text-sm">
        Correct the file and push again: each push is built from its own copy.
      </p>
    </section>
  );
}
