"use client";

import { ChevronDown, KeyRound, LogOut } from "lucide-react";
import Link from "next/link";
import { signOut } from "next-auth/react";
import { useLayoutEffect, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Menu, MenuChoice, MenuItem, MenuLine, MenuLink } from "../ui/menu.tsx";
import { applyTheme, readTheme, type Theme } from "./theme.ts";

const THEMES = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const satisfies readonly (readonly [Theme, string])[];

/** Who is signed in, and what is theirs: tokens, the theme, signing out. */
export function UserMenu({ login, roles }: { login: string; roles: readonly string[] }) {
  const [theme, setTheme] = useState<Theme>("system");
  useLayoutEffect(() => {
    const stored = readTheme();
    setTheme(stored);
    applyTheme(stored);
  }, []);
  const choose = (chosen: Theme) => {
    setTheme(chosen);
    applyTheme(chosen);
  };
  return (
    <Menu
      label="Account"
      trigger={
        <Button look="ghost" aria-label={`Account of ${login}`} className="px-2">
          <span className="max-w-24 truncate">{login}</span>
          <ChevronDown aria-hidden className="size-4" />
        </Button>
      }
    >
      <p className="px-2.5 pt-1.5 pb-1 text-sm">
        {login}
        <span className="block text-ink-3 text-xs">{roles.join(", ") || "reads only"}</span>
      </p>
      <MenuLine />
      <MenuLink>
        <Link href="/tokens">
          <KeyRound aria-hidden className="size-4" /> API tokens
        </Link>
      </MenuLink>
      <MenuChoice name="Theme" value={theme} options={THEMES} onChange={choose} />
      <MenuLine />
      <MenuItem onSelect={() => void signOut({ callbackUrl: "/login" })}>
        <LogOut aria-hidden className="size-4" /> Sign out
      </MenuItem>
    </Menu>
  );
}
