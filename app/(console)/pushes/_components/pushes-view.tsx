"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useListKeys } from "@/app/_components/keys/use-list-keys.ts";
import { LoadMore } from "@/app/_components/ui/load-more.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { Switch } from "@/app/_components/ui/switch.tsx";
import { branchQueries } from "@/app/_queries/branches.ts";
import type { PushFilter } from "@/app/_queries/keys.ts";
import { pushQueries } from "@/app/_queries/pushes.ts";
import { NoPushes } from "./no-pushes.tsx";
import { PushRow } from "./push-row.tsx";

/** Pushes, newest first: mine or everybody's, of all branches or one. */
export function PushesView({ filter }: { filter: PushFilter }) {
  const pushes = useInfiniteQuery(pushQueries.list(filter));
  const list = useListKeys<HTMLUListElement>();
  const items = pushes.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeading title={titleOf(filter)}>
        <Switch
          label="Whose pushes"
          options={[
            { label: "Mine", href: href({ ...filter, owner: "me" }), here: filter.owner === "me" },
            { label: "Everybody's", href: href({ ...filter, owner: undefined }), here: filter.owner === undefined },
          ]}
        />
        <BranchFilter filter={filter} />
      </PageHeading>
      <div className="card overflow-hidden">
        {pushes.isPending && <SkeletonRows />}
        {pushes.isError && items.length === 0 && (
          <ErrorState error={pushes.error} retry={() => void pushes.refetch()} />
        )}
        {pushes.isSuccess && items.length === 0 && <NoPushes filter={filter} />}
        <ul ref={list} aria-label="Pushes" className="divide-y divide-line">
          {items.map((push) => (
            <PushRow key={push.id} push={push} />
          ))}
        </ul>
        <LoadMore query={pushes} />
      </div>
    </>
  );
}

function BranchFilter({ filter }: { filter: PushFilter }) {
  const repositories = useQuery(branchQueries.repositories());
  const router = useRouter();
  const names = repositories.data?.flatMap((repository) => repository.branches.map((branch) => branch.name)) ?? [];
  return (
    <label className="inline-flex items-center gap-2 text-ink-2 text-sm">
      Branch
      <select
        value={filter.branch ?? ""}
        onChange={(event) => router.push(href({ ...filter, branch: event.target.value || undefined }))}
        className="h-8 rounded-md border border-line-strong bg-surface px-2 text-ink"
      >
        <option value="">all</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function titleOf({ owner }: PushFilter): string {
  if (owner === undefined) return "All pushes";
  return owner === "me" ? "My pushes" : `Pushes of ${owner}`;
}

function href(filter: { owner?: string | undefined; branch?: string | undefined }): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) search.set(name, value);
  return search.size === 0 ? "/pushes" : `/pushes?${search}`;
}
