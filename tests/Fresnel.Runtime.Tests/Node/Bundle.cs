using System.Security.Cryptography;
using System.Text;
using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Bundles written by hand: modules whose builders return what those of the client library return.</summary>
internal static class Bundle
{
    /// <summary>When everything was pushed.</summary>
    public const double PushedAt = 1_700_000_000_000;

    /// <summary>The builders, as a chunk that modules import from <c>./_deps/LIB.js</c>.</summary>
    public const string Library = """
        const build = (kind, visibility) => (definition) => {
          const handler = typeof definition === "function" ? definition : definition.handler;
          const own = { [`is${kind}`]: true, [`is${visibility}`]: true, _handler: handler };
          own[`invoke${kind}`] = async (...values) => {
            const args = JSON.parse(values.at(-1));
            const requestId = values.length === 2 ? values[0] : "";
            try {
              const result = await handler(contextOf(requestId), ...args);
              return JSON.stringify(result === undefined ? null : result);
            } catch (thrown) {
              if (typeof thrown === "object" && thrown !== null && Symbol.for("ConvexError") in thrown) thrown.data = JSON.stringify(thrown.data ?? null);
              throw thrown;
            }
          };
          own.exportArgs = () => JSON.stringify(definition.args ?? { type: "any" });
          own.exportReturns = () => JSON.stringify(definition.returns ?? null);
          return Object.assign((context, args) => handler(context, args), own);
        };
        const contextOf = (requestId) => ({
          requestId,
          call: async (operation, args) => {
            let answer;
            try {
              answer = await Convex.asyncSyscall(operation, JSON.stringify(args));
            } catch (error) {
              if (error.data !== undefined) throw new ConvexError(error.data);
              throw new Error(error.message);
            }
            return JSON.parse(answer);
          },
          ask: (operation, args) => JSON.parse(Convex.syscall(operation, JSON.stringify(args))),
        });
        export class ConvexError extends Error {
          name = "ConvexError";
          constructor(data) {
            super(typeof data === "string" ? data : JSON.stringify(data));
            this.data = data;
            this[Symbol.for("ConvexError")] = true;
          }
        }
        export const query = build("Query", "Public"), mutation = build("Mutation", "Public"), action = build("Action", "Public");
        export const internalQuery = build("Query", "Internal"), internalMutation = build("Mutation", "Internal"), internalAction = build("Action", "Internal");
        """;

    public static Module Module(string path, string source, string? map = null, ModuleEnvironment environment = ModuleEnvironment.Isolate) =>
        new(path, environment, Sha256(source + map), source, map);

    /// <summary>A module set of one module that imports the library, and the library.</summary>
    public static ModuleSet Of(string source) => Of(Module("m.js", "import { query, mutation, action, internalQuery, internalMutation, internalAction, ConvexError } from \"./_deps/LIB.js\";\n" + source));

    public static ModuleSet Of(params Module[] modules)
    {
        List<Module> all = [.. modules, Module("_deps/LIB.js", Library)];
        var seed = new byte[32];
        seed[0] = 7;
        return new ModuleSet(Sha256(string.Concat(all.Select(module => module.Path + module.Environment + module.Sha256))), all, new ImportPhase(seed, PushedAt));
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
