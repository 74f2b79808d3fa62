"use server";

import { createToken } from "@/lib/auth/create-token.ts";
import { revokeToken } from "@/lib/auth/revoke-token.ts";
import { CreateTokenInput, RevokeTokenInput } from "@/lib/contracts/me.ts";
import { action } from "@/lib/http/action.ts";

export const createTokenAction = action(CreateTokenInput, createToken);
export const revokeTokenAction = action(RevokeTokenInput, revokeToken);
