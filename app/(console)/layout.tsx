import type { ReactNode } from "react";
import { allowedControl } from "@/lib/scheduler/permissions.ts";
import { contextFromSession } from "@/lib/server.ts";
import { AskerProvider } from "../_components/asker.tsx";
import { CommandTray } from "../_components/commands/command-tray.tsx";
import { Providers } from "../_components/providers.tsx";
import { Header } from "../_components/shell/header.tsx";
import { eventHead } from "./_components/event-head.ts";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { actor } = await contextFromSession();
  const who = actor.kind === "user" ? { login: actor.login, roles: actor.roles } : { login: actor.name, roles: [] };
  const mayBoost = who.roles.some((role) => role === "sheriff" || role === "admin");
  const mayProbe = allowedControl(actor, "worker:quarantine").allowed;
  return (
    <Providers eventHead={await eventHead()}>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-accent focus:px-3 focus:py-2 focus:text-on-accent"
      >
        Skip to the content
      </a>
      <Header login={who.login} roles={who.roles} />
      <main id="content" tabIndex={-1} className="mx-auto max-w-[90rem] px-4 py-5 outline-none sm:px-6">
        <div className="min-h-[calc(100dvh-11rem)]">
          <AskerProvider asker={{ login: who.login, mayBoost, mayProbe }}>{children}</AskerProvider>
        </div>
        <CommandTray />
      </main>
    </Providers>
  );
}
