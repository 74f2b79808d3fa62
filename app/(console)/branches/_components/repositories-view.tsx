"use client";

import { useQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import Link from "next/link";
import { useListKeys } from "@/app/_components/keys/use-list-keys.ts";
import { Age } from "@/app/_components/time/times.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { Panel } from "@/app/_components/ui/panel.tsx";
import { Revision } from "@/app/_components/ui/revision.tsx";
import { EmptyState, ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { branchQueries } from "@/app/_queries/branches.ts";
import type { Branch, Repository } from "@/lib/contracts/branch.ts";
import { ConfigFaults } from "./config-faults.tsx";

/** Every repository with its branches. */
export function RepositoriesView() {
  const repositories = useQuery(branchQueries.repositories());
  const list = useListKeys<HTMLDivElement>();
  return (
    <>
      <PageHeading title="Branches" />
      <ConfigFaults />
      {repositories.isPending && <SkeletonRows />}
      {repositories.isError && !repositories.data && (
        <ErrorState error={repositories.error} retry={() => void repositories.refetch()} />
      )}
      {repositories.data?.length === 0 && (
        <div className="card">
          <EmptyState title="No repository yet">
            Name a repository and its branches in <code className="font-mono">selfserve.yml</code>. The file is read
            again as soon as it is saved; the first push to one of the branches then appears here.
          </EmptyState>
        </div>
      )}
      <div ref={list} className="grid items-start gap-4 lg:grid-cols-2">
        {repositories.data?.map((repository) => (
          <RepositoryPanel key={repository.id} repository={repository} />
        ))}
      </div>
    </>
  );
}

function RepositoryPanel({ repository }: { repository: Repository }) {
  const { name, branches, polledAt, pollError } = repository;
  return (
    <Panel
      title={name}
      aside={
        <span className="text-ink-3 text-xs">
          {polledAt === null ? (
            "not polled"
          ) : (
            <>
              polled <Age at={polledAt} />
            </>
          )}
        </span>
      }
    >
      {pollError !== null && (
        <p role="alert" className="border-line border-b bg-failure-soft px-4 py-2 text-failure text-sm break-words">
          The repository could not be read: {pollError}
        </p>
      )}
      {branches.length === 0 && <p className="px-4 py-3 text-ink-2 text-sm">No branch of it is watched.</p>}
      <ul aria-label={`Branches of ${name}`} className="divide-y divide-line">
        {branches.map((branch) => (
          <BranchRow key={branch.id} branch={branch} />
        ))}
      </ul>
      <p className="truncate border-line border-t px-4 py-2 font-mono text-ink-3 text-xs" title={repository.url}>
        {repository.url}
      </p>
    </Panel>
  );
}

function BranchRow({ branch }: { branch: Branch }) {
  return (
    <li data-row={branch.id} className="row px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Link href={`/branches/${branch.name}`} className="font-medium after:absolute after:inset-0 hover:text-accent">
          {branch.name}
        </Link>
        {branch.name !== branch.ref && <span className="font-mono text-ink-3 text-xs">{branch.ref}</span>}
        <span className="ml-auto">
          {branch.headRevision === null ? (
            <span className="text-ink-3 text-sm">no push yet</span>
          ) : (
            <Revision revision={branch.headRevision} />
          )}
        </span>
      </div>
      <p className="text-ink-2 text-sm">
        {branch.isTry ? "try · " : ""}trust level {branch.trustLevel} · base priority {branch.basePriority}
      </p>
      {branch.closedReason !== null && (
        <p className="flex items-start gap-1.5 text-failure text-sm">
          <Lock aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 break-words">Closed: {branch.closedReason}</span>
        </p>
      )}
    </li>
  );
}
