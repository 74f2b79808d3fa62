"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { commandSummary } from "@/app/_components/commands/command-summary.ts";
import { Progress } from "@/app/_components/commands/progress.tsx";
import { UndoButton } from "@/app/_components/commands/undo-button.tsx";
import { Age } from "@/app/_components/time/times.tsx";
import { LoadMore } from "@/app/_components/ui/load-more.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { commandQueries } from "@/app/_queries/commands.ts";
import { type Command, type CommandItem, ItemOutcome } from "@/lib/contracts/command.ts";

const TITLES: Record<Command["kind"], string> = {
  cancel: "Cancel",
  retrigger: "Retrigger",
  reprioritize: "Change of priority",
  undo: "Undo",
};
const LABELS: Record<ItemOutcome, string> = {
  pending: "to go",
  done: "done",
  unchanged: "already so",
  refused: "refused",
};
const TONES: Record<CommandItem["outcome"], string> = {
  pending: "text-ink-3",
  done: "text-success",
  unchanged: "text-ink-2",
  refused: "text-failure",
};

/** What somebody asked for: its outcome job by job, and its way back as far as there is one. */
export function CommandView({ commandId }: { commandId: number }) {
  const asked = ItemOutcome.safeParse(useSearchParams().get("outcome"));
  const outcome = asked.success ? asked.data : undefined;
  const query = useInfiniteQuery(commandQueries.items(commandId, outcome));
  const command = query.data?.pages[0];
  if (command === undefined) {
    return (
      <div className="card">
        {query.isError ? <ErrorState error={query.error} retry={() => void query.refetch()} /> : <SkeletonRows />}
      </div>
    );
  }
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Heading command={command} />
      {command.completedAt === null && (
        <div className="mb-4">
          <Progress command={command} />
        </div>
      )}
      <section aria-label="Outcomes" className="card overflow-hidden">
        <Filters command={command} shown={outcome} />
        {items.length === 0 && <p className="px-4 py-6 text-center text-ink-2 text-sm">No job has this outcome.</p>}
        <ul className="divide-y divide-line">
          {items.map((item) => (
            <Item key={item.jobId} item={item} />
          ))}
        </ul>
        <LoadMore query={query} />
      </section>
    </>
  );
}

function Heading({ command }: { command: Command }) {
  const { id, kind, user, createdAt, undo, undoOf } = command;
  return (
    <>
      <PageHeading
        above={
          <>
            command {id} · by {user?.login ?? "the product"} · <Age at={createdAt} />
          </>
        }
        title={`${TITLES[kind]}: ${commandSummary(command)}`}
      >
        {undo.possible && <UndoButton commandId={id} />}
      </PageHeading>
      <p className="-mt-2 mb-4 text-ink-2 text-sm">
        {undoOf !== null && <CommandLink id={undoOf} before="It undoes " />}
        {undo.undoneBy !== null && <CommandLink id={undo.undoneBy} before="It was undone by " />}
        {!undo.possible && undo.undoneBy === null && undoOf === null && undo.reason}
      </p>
    </>
  );
}

function CommandLink({ id, before }: { id: number; before: string }) {
  return (
    <>
      {before}
      <Link href={`/commands/${id}`} className="link">
        command {id}
      </Link>
      .{" "}
    </>
  );
}

function Filters({ command, shown }: { command: Command; shown: ItemOutcome | undefined }) {
  const { counts, id } = command;
  return (
    <nav
      aria-label="Outcomes shown"
      className="flex flex-wrap gap-x-4 gap-y-1 border-line border-b px-4 py-2.5 text-sm"
    >
      <Filter href={`/commands/${id}`} label="all" count={counts.total} current={shown === undefined} />
      {ItemOutcome.options
        .filter((outcome) => counts[outcome] > 0)
        .map((outcome) => (
          <Filter
            key={outcome}
            href={`/commands/${id}?outcome=${outcome}`}
            label={LABELS[outcome]}
            count={counts[outcome]}
            current={shown === outcome}
          />
        ))}
    </nav>
  );
}

function Filter(props: { href: string; label: string; count: number; current: boolean }) {
  return (
    <Link
      href={props.href}
      aria-current={props.current ? "true" : undefined}
      className={clsx(props.current ? "font-semibold" : "link")}
    >
      {props.label} <span className="font-normal text-ink-3 tabular-nums">{props.count.toLocaleString("en")}</span>
    </Link>
  );
}

function Item({ item }: { item: CommandItem }) {
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2 text-sm">
      <Link href={`/jobs/${item.jobId}`} className="link min-w-20 tabular-nums">
        job {item.jobId}
      </Link>
      <span className={clsx("min-w-20", TONES[item.outcome])}>{LABELS[item.outcome]}</span>
      <span className="min-w-0 text-ink-2">
        {item.message}
        {item.created.slice(0, 20).map((jobId) => (
          <Link key={jobId} href={`/jobs/${jobId}`} className="link mr-2">
            job {jobId}
          </Link>
        ))}
        {item.created.length > 20 && `and ${(item.created.length - 20).toLocaleString("en")} more`}
      </span>
    </li>
  );
}
