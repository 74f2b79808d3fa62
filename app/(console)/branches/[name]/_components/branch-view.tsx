"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useListKeys } from "@/app/_components/keys/use-list-keys.ts";
import { LoadMore } from "@/app/_components/ui/load-more.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { EmptyState, ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { branchQueries } from "@/app/_queries/branches.ts";
import { pushQueries } from "@/app/_queries/pushes.ts";
import { BranchControl } from "./branch-control.tsx";
import { BranchPush } from "./branch-push.tsx";
import { Legend } from "./legend.tsx";

/** A branch: its pushes, newest first, each with a symbol per job. */
export function BranchView({ name }: { name: string }) {
  const pushes = useInfiniteQuery(pushQueries.list({ branch: name }));
  const list = useListKeys<HTMLUListElement>();
  const items = pushes.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <BranchHeading name={name} />
      <div className="card overflow-hidden">
        {pushes.isPending && <SkeletonRows />}
        {pushes.isError && items.length === 0 && (
          <ErrorState error={pushes.error} retry={() => void pushes.refetch()} />
        )}
        {pushes.isSuccess && items.length === 0 && (
          <EmptyState title="No push to this branch yet">
            Push a commit to it: it appears here within seconds, with the jobs that its{" "}
            <code className="font-mono">.selfserve.yml</code> asks for.
          </EmptyState>
        )}
        <ul ref={list} aria-label={`Pushes of ${name}`} className="divide-y divide-line">
          {items.map((push) => (
            <BranchPush key={push.id} push={push} />
          ))}
        </ul>
        <LoadMore query={pushes} />
      </div>
      {items.length > 0 && <Legend />}
    </>
  );
}

function BranchHeading({ name }: { name: string }) {
  const repositories = useQuery(branchQueries.repositories());
  const branch = repositories.data?.flatMap((repository) => repository.branches).find((each) => each.name === name);
  return (
    <PageHeading
      above={
        <>
          <Link href="/branches" className="link">
            Branches
          </Link>
          {branch && (
            <>
              <span aria-hidden>/</span> {branch.repository} ·{" "}
              <span className="font-mono text-[0.92em]">{branch.ref}</span> · trust level {branch.trustLevel} · base
              priority {branch.basePriority}
            </>
          )}
        </>
      }
      title={name}
    >
      {branch && <BranchControl branch={branch} />}
    </PageHeading>
  );
}
