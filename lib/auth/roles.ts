import type { Role } from "../contracts/me.ts";

/** Which directory groups make which role; a role may come from several groups. Names are compared without regard to case. */
type RoleMapping = Readonly<Record<Role, readonly string[]>>;

/** The roles that these groups give. */
export function rolesOf(groups: readonly string[], mapping: RoleMapping): Role[] {
  const names = new Set(groups.map((group) => group.toLowerCase()));
  const roles: Role[] = ["developer", "sheriff", "admin"];
  return roles.filter((role) => mapping[role].some((group) => names.has(group.toLowerCase())));
}
