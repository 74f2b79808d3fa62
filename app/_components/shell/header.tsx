import Link from "next/link";
import { KeyHelp } from "./key-help.tsx";
import { LiveIndicator } from "./live-indicator.tsx";
import { Nav } from "./nav.tsx";
import { UserMenu } from "./user-menu.tsx";

/** The bar on top of every page of the console. */
export function Header({ login, roles }: { login: string; roles: readonly string[] }) {
  return (
    <header className="sticky top-0 z-40 border-line border-b bg-surface">
      <div className="mx-auto flex max-w-[90rem] flex-wrap items-center gap-x-5 px-4 sm:h-13 sm:flex-nowrap sm:px-6">
        <Link href="/" className="flex h-11 items-center gap-2 font-semibold tracking-tight">
          {/* biome-ignore lint/performance/noImgElement: a small drawing of our own, needing no optimizer */}
          <img src="/icon.svg" alt="" width={22} height={22} />
          Self-Serve
        </Link>
        <div className="order-last -mx-2 w-full pb-1.5 sm:order-none sm:mx-0 sm:w-auto sm:grow sm:pb-0">
          <Nav />
        </div>
        <div className="ml-auto flex items-center gap-1">
          <LiveIndicator />
          <KeyHelp />
          <UserMenu login={login} roles={roles} />
        </div>
      </div>
    </header>
  );
}
