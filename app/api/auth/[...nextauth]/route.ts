import { nextAuthHandler } from "@/lib/http/next-auth.ts";

export { nextAuthHandler as GET, nextAuthHandler as POST };
