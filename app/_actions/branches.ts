"use server";

import { CloseBranchInput, OpenBranchInput } from "@/lib/contracts/control.ts";
import { action } from "@/lib/http/action.ts";
import { closeBranch } from "@/lib/scheduler/close-branch.ts";
import { openBranch } from "@/lib/scheduler/open-branch.ts";

export const closeBranchAction = action(CloseBranchInput, closeBranch);
export const openBranchAction = action(OpenBranchInput, openBranch);
