import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { Panel } from "@/app/_components/ui/panel.tsx";
import { listTokens } from "@/lib/auth/list-tokens.ts";
import { contextFromSession } from "@/lib/server.ts";
import { NewTokenForm } from "./_components/new-token-form.tsx";
import { TokenTable } from "./_components/token-table.tsx";

export const metadata = { title: "API tokens" };

export default async function TokensPage() {
  const ctx = await contextFromSession();
  const tokens = await listTokens(ctx);
  const isAdmin = ctx.actor.kind === "user" && ctx.actor.roles.includes("admin");
  return (
    <>
      <PageHeading title="API tokens" />
      <p className="mb-5 max-w-prose text-ink-2">
        A script sends a token as <code>Authorization: Bearer …</code> and may then do over REST what you may do here,
        within the token’s scopes. The interface is described at{" "}
        <a className="link" href="/api/v1/openapi.json">
          /api/v1/openapi.json
        </a>
        .
      </p>
      <div className="grid gap-5">
        <Panel title="Make a token">
          <NewTokenForm isAdmin={isAdmin} />
        </Panel>
        <Panel title="Your tokens">
          <TokenTable tokens={tokens} />
        </Panel>
      </div>
    </>
  );
}
