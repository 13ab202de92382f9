using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>Pattern 7: <c>process.env</c> in every kind of function, set by the official CLI; whoever read a variable hears of its change.</summary>
[Collection(TextCollection.Name)]
public sealed class VariableTests(SeedFixture<TextCollection.Text> fixture)
{
    [Fact]
    public async Task Every_kind_of_function_reads_them_and_a_change_reaches_the_live_queries_that_did()
    {
        var app = fixture.App;
        await using var script = app.Start("""
            // Two clients: one that reads variables, and one that does not and keeps what its socket was sent.
            const sent = [];
            class Socket extends WebSocket {
              constructor(...all) {
                super(...all);
                this.addEventListener("message", ({ data }) => sent.push(JSON.parse(data)));
              }
            }
            const client = open(), quiet = open({ webSocketConstructor: Socket });
            const variables = follow(client, api.variables.inQuery, {}), imported = follow(client, api.variables.imported, {}), other = follow(quiet, api.variables.elsewhere, {});
            const isQuiet = async () => {
              await quiet.mutation(api.variables.inMutation, {});
              const changes = sent.filter(({ type }) => type === "Transition").flatMap(({ modifications }) => modifications);
              assert.deepEqual(changes.map(({ type, value }) => [type, value]), [["QueryUpdated", "no variable"]]);
              assert.deepEqual(other.values, ["no variable"]);
            };
            const before = "key at https://service.test";
            for (const shown of [variables, imported]) assert.equal(await shown.until(() => true), before);
            assert.equal(await client.mutation(api.variables.inMutation, {}), before);
            assert.deepEqual(await client.action(api.variables.inAction, {}), [before, before]);
            assert.equal(await (await fetch(`${site}/variables`)).text(), before);
            await other.until(() => true);
            console.log("read");

            const changed = "changed at https://service.test";
            for (const shown of [variables, imported]) assert.equal(await shown.until((value) => value !== before), changed);
            assert.equal(await client.mutation(api.variables.inMutation, {}), changed);
            assert.deepEqual(await client.action(api.variables.inAction, {}), [changed, changed]);
            assert.equal(await (await fetch(`${site}/variables`)).text(), changed);
            await isQuiet();
            console.log("read again");

            assert.equal(await variables.until((value) => value !== changed), "changed at undefined");
            await isQuiet();
            await quiet.close();
            await client.close();
            """);
        await script.ExpectAsync("read");
        await app.Host.SucceedAsync(app.Project, "env", "set", "MY_API_KEY", "changed");
        await script.ExpectAsync("read again");
        Assert.Equal("changed", (await app.Host.SucceedAsync(app.Project, "env", "get", "MY_API_KEY")).Output.Trim());
        await app.Host.SucceedAsync(app.Project, "env", "remove", "MY_SERVICE_URL");
        await script.SucceedAsync();

        var listed = (await app.Host.SucceedAsync(app.Project, "env", "list", "--include-values")).Output;
        Assert.Contains("MY_API_KEY=changed", listed, StringComparison.Ordinal);
        Assert.DoesNotContain("MY_SERVICE_URL", listed, StringComparison.Ordinal);
    }
}
