// npm run prisma -- <arguments of the Prisma CLI>. DATABASE_URL names the database, for commands that need one.
import { prisma } from "./prisma/cli.ts";

process.exitCode = await prisma(process.argv.slice(2));
