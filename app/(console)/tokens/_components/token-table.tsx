"use client";

import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { revokeTokenAction } from "@/app/_actions/tokens.ts";
import { Age } from "@/app/_components/time/times.tsx";
import { Button } from "@/app/_components/ui/button.tsx";
import { Notice } from "@/app/_components/ui/notice.tsx";
import { EmptyState } from "@/app/_components/ui/states.tsx";
import type { Token } from "@/lib/contracts/me.ts";

/** The tokens that there are, each with a way to end it at once. */
export function TokenTable({ tokens }: { tokens: readonly Token[] }) {
  if (tokens.length === 0)
    return <EmptyState title="You have no tokens">Make one above when a script needs it.</EmptyState>;
  return (
    <ul className="divide-y divide-line">
      {tokens.map((token) => (
        <TokenRow key={token.id} token={token} />
      ))}
    </ul>
  );
}

function TokenRow({ token }: { token: Token }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <div className="min-w-0 grow">
        <p className="font-medium break-words">{token.name}</p>
        <p className="text-ink-2 text-sm">
          {token.scopes.join(", ")} · made <Age at={token.createdAt} /> ·{" "}
          {token.lastUsedAt ? (
            <>
              last used <Age at={token.lastUsedAt} />
            </>
          ) : (
            "never used"
          )}
        </p>
      </div>
      <TokenEnd token={token} />
    </li>
  );
}

function TokenEnd({ token }: { token: Token }) {
  const router = useRouter();
  const [armed, setArmed] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  if (token.revokedAt) return <span className="text-ink-3 text-sm">revoked</span>;
  const revoke = () =>
    start(async () => {
      const answer = await revokeTokenAction({ tokenId: token.id });
      if (answer.ok) router.refresh();
      else setRefusal(answer.problem.detail);
    });
  return (
    <>
      <span className="text-ink-2 text-sm">ends on {token.expiresAt.slice(0, 10)}</span>
      {refusal && <Notice kind="refused">{refusal}</Notice>}
      <Button
        look="danger"
        pending={pending}
        onClick={armed ? revoke : () => setArmed(true)}
        aria-label={`${armed ? "Really revoke" : "Revoke"} ${token.name}`}
      >
        {armed ? "Really revoke" : "Revoke"}
      </Button>
    </>
  );
}
