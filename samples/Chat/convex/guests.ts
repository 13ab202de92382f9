import { ConvexError } from "convex/values";
import { query, type MutationCtx, type QueryCtx } from "./_generated/server";

/** Somebody who writes: threads are shared, so every message says whose it is. */
export interface Guest {
  id: string;
  name: string;
}

/** Who is asking; null for somebody without a token. */
export async function guestOf(ctx: Pick<QueryCtx, "auth">): Promise<Guest | null> {
  const identity = await ctx.auth.getUserIdentity();
  return identity && { id: identity.subject, name: String(identity.name ?? "Guest") };
}

export async function requireGuest(ctx: Pick<MutationCtx, "auth">): Promise<Guest> {
  const guest = await guestOf(ctx);
  if (guest === null) throw new ConvexError("Only somebody with a name can write here.");
  return guest;
}

/** Who am I? */
export const me = query({ args: {}, handler: async (ctx) => await guestOf(ctx) });
