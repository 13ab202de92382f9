import { ConvexError } from "convex/values";
import { query, type MutationCtx, type QueryCtx } from "./_generated/server";
import { guestOf, type Guest } from "./guests";

/** How many replies a guest may ask for in a window, and how long a window is in milliseconds. */
const MOST = Number(process.env.REPLIES_PER_MINUTE ?? 20);
const WINDOW = 60_000;

/**
 * When this guest asked for replies lately. What that means changes with the clock, which a query does not watch: so the page is told the times,
 * and counts those of the last minute itself.
 */
export const mine = query({
  args: {},
  handler: async (ctx) => {
    const guest = await guestOf(ctx);
    const asked = guest === null ? [] : await newest(ctx, guest);
    return { most: MOST, window: WINDOW, times: asked.map(({ at }) => at) };
  },
});

/** Counts a reply in, or says when there may be another one. */
export async function take(ctx: MutationCtx, guest: Guest): Promise<void> {
  const now = Date.now();
  const asked = await newest(ctx, guest);
  const lately = asked.filter(({ at }) => at > now - WINDOW);
  const oldest = lately.at(-1);
  if (lately.length >= MOST && oldest !== undefined) {
    throw new ConvexError(`You have asked for ${MOST} replies in a minute. The next one may be asked for in ${Math.ceil((oldest.at + WINDOW - now) / 1_000)} s.`);
  }

  for (const { _id, at } of asked) if (at <= now - WINDOW) await ctx.db.delete(_id);
  await ctx.db.insert("asked", { guestId: guest.id, at: now });
}

async function newest(ctx: Pick<QueryCtx, "db">, guest: Guest) {
  return await ctx.db
    .query("asked")
    .withIndex("by_guest_and_time", (q) => q.eq("guestId", guest.id))
    .order("desc")
    .take(MOST);
}
