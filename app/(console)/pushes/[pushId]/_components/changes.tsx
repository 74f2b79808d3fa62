import { plural } from "@/app/_components/time/format.ts";
import { Age } from "@/app/_components/time/times.tsx";
import { Panel } from "@/app/_components/ui/panel.tsx";
import { Revision } from "@/app/_components/ui/revision.tsx";
import type { Commit, PushDetail } from "@/lib/contracts/push.ts";

/** Newest commits that are shown at once. */
const SHOWN_COMMITS = 8;

/** The commits and files of a push. */
export function Changes({ push }: { push: PushDetail }) {
  const unlisted = push.fileCount - push.files.length;
  return (
    <div className="grid min-w-0 gap-4">
      <Panel title={plural(push.commitCount, "commit")}>
        <Commits commits={push.commits.slice(0, SHOWN_COMMITS)} />
        {push.commits.length > SHOWN_COMMITS && (
          <details className="border-line border-t">
            <summary className="px-4 py-2.5 text-ink-2 text-sm hover:text-ink">
              Show {plural(push.commits.length - SHOWN_COMMITS, "older commit")}
            </summary>
            <Commits commits={push.commits.slice(SHOWN_COMMITS)} />
          </details>
        )}
        {push.commitCount > push.commits.length && (
          <p className="border-line border-t px-4 py-2 text-ink-3 text-xs">
            {plural(push.commitCount - push.commits.length, "still older commit")} not kept
          </p>
        )}
      </Panel>
      <Panel title={plural(push.fileCount, "changed file")}>
        {push.files.length > 0 && (
          <details>
            <summary className="px-4 py-2.5 text-ink-2 text-sm hover:text-ink">
              Show {push.files.length === 1 ? "it" : "them"}
            </summary>
            <ul className="px-4 pb-3 font-mono text-xs leading-5">
              {push.files.map((file) => (
                <li key={file} className="break-all">
                  {file}
                </li>
              ))}
            </ul>
            {unlisted > 0 && <p className="px-4 pb-3 text-ink-3 text-xs">and {plural(unlisted, "more file")}</p>}
          </details>
        )}
      </Panel>
    </div>
  );
}

function Commits({ commits }: { commits: readonly Commit[] }) {
  return (
    <ul className="divide-y divide-line">
      {commits.map((commit) => (
        <li key={commit.revision} className="px-4 py-2.5">
          <p className="line-clamp-2 text-sm" title={commit.message}>
            {commit.message.split("\n", 1)[0] || "(no message)"}
          </p>
          <p className="mt-0.5 flex flex-wrap gap-x-2 text-ink-2 text-xs">
            <Revision revision={commit.revision} />
            <span title={commit.authorEmail}>{commit.authorName}</span>
            <Age at={commit.authoredAt} />
          </p>
        </li>
      ))}
    </ul>
  );
}
