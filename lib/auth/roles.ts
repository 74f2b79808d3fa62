import type { Role } from "../contracts/me.ts";

/** Which directory groups make which role; a role may come from several groups. Names are compared without regard to case. */
export type RoleMapping = Readonly<Record<Role, readonly string[]>>;

/** The mapping where the server's configuration names none. */
export const DEFAULT_ROLES: RoleMapping = { developer: ["developers"], sheriff: ["sheriffs"], admin: ["admins"] };

/** The roles that these groups give. */
export function rolesOf(groups: readonly string[], mapping: RoleMapping): Role[] {
  const names = new Set(groups.map((group) => group.toLowerCase()));
  const roles: Role[] = ["developer", "sheriff", "admin"];
  return roles.filter((role) => mapping[role].some((group) => names.has(group.toLowerCase())));
}
