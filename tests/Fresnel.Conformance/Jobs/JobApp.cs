namespace Fresnel.Conformance.Jobs;

/// <summary>An app whose jobs leave a trace of every run: mutations, chains of mutations, actions, actions that schedule, and a cron.</summary>
internal static class JobApp
{
    /// <summary>How many links a chain has.</summary>
    public const int Links = 4;

    public static IReadOnlyList<(string Path, string Text)> Files { get; } = [("convex/jobs.ts", Jobs), ("convex/crons.ts", Crons)];

    private const string Crons = """
        import { cronJobs } from "convex/server";
        import { internal } from "./_generated/api";

        const crons = cronJobs();
        crons.interval("tick", { seconds: 1 }, internal.jobs.tick, { from: "cron" });
        crons.interval("minutes", { minutes: 5 }, internal.jobs.tick, { from: "minutes" });
        crons.interval("hours", { hours: 2 }, internal.jobs.tick, { from: "hours" });
        crons.hourly("hourly", { minuteUTC: 7 }, internal.jobs.tick, { from: "hourly" });
        crons.hourly("some minute", {} as any, internal.jobs.tick, { from: "hourly" });
        crons.daily("daily", { hourUTC: 3, minuteUTC: 30 }, internal.jobs.tick, { from: "daily" });
        crons.weekly("weekly", { dayOfWeek: "tuesday", hourUTC: 3, minuteUTC: 30 }, internal.jobs.tick, { from: "weekly" });
        crons.monthly("monthly", { day: 31, hourUTC: 3, minuteUTC: 30 }, internal.jobs.tick, { from: "monthly" });
        crons.cron("expression", "0 16 1 * *", internal.jobs.tick, { from: "expression" });
        export default crons;
        """;

    private const string Jobs = """
        import { internalAction, internalMutation, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";

        export const plan = mutation({
          handler: async (ctx, { round, count }: any) => {
            for (let i = 0; i < count; i++) {
              const after = Math.random() < 0.3 ? 0 : Math.random() * 2500;
              const kind = ["add", "link", "act", "spawn"][i % 4];
              await ctx.scheduler.runAfter(after, (internal.jobs as any)[kind], { key: `${round}/${kind}/${i}`, left: 3 });
            }
          },
        });

        const note = async (ctx: any, key: string) => {
          await ctx.db.insert("runs", { key });
          const counter = await ctx.db.query("counter").first();
          if (counter) await ctx.db.patch(counter._id, { runs: counter.runs + 1 });
          else await ctx.db.insert("counter", { runs: 1 });
        };

        export const add = internalMutation({ handler: (ctx, { key }: any) => note(ctx, key) });

        export const link = internalMutation({
          handler: async (ctx, { key, left }: any) => {
            await note(ctx, `${key}/${left}`);
            if (left > 0) await ctx.scheduler.runAfter(Math.random() * 400, internal.jobs.link, { key, left: left - 1 });
          },
        });

        export const act = internalAction({
          handler: async (ctx, { key }: any) => {
            await ctx.runMutation(internal.jobs.add, { key: `${key}/begun` });
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
            await ctx.runMutation(internal.jobs.add, { key: `${key}/ended` });
          },
        });

        export const spawn = internalAction({
          handler: async (ctx, { key }: any) => {
            await ctx.runMutation(internal.jobs.add, { key: `${key}/begun` });
            await ctx.scheduler.runAfter(Math.random() * 400, internal.jobs.add, { key: `${key}/child` });
            await ctx.runMutation(internal.jobs.add, { key: `${key}/ended` });
          },
        });

        export const tick = internalMutation({ handler: (ctx, { from }: any) => ctx.db.insert("ticks", { from }) });

        export const report = query({
          handler: async (ctx) => ({
            runs: (await ctx.db.query("runs").collect()).map((run: any) => run.key),
            counted: ((await ctx.db.query("counter").first()) as any)?.runs ?? 0,
            jobs: (await ctx.db.system.query("_scheduled_functions").collect()).map((job: any) => ({ key: job.args[0].key, left: job.args[0].left, name: job.name, state: job.state })),
            ticks: (await ctx.db.query("ticks").collect()).filter((tick: any) => tick.from === "cron").map((tick: any) => tick._creationTime),
          }),
        });

        export const busy = query({
          handler: async (ctx) => {
            const jobs = await ctx.db.system.query("_scheduled_functions").collect();
            return jobs.filter((job) => job.state.kind === "pending" || job.state.kind === "inProgress").length;
          },
        });
        """;
}
